"""Threads: those for routes that read, and how all of them share the interpreter.

The threads of `asyncio.to_thread` are few, and taking an upload on holds one for as long as the
file is parsed: a list would wait behind a burst of uploads.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial
from typing import ParamSpec, TypeVar

MOST_READS = 16
"""Reads at the same time; each waits for storage most of its time."""

TURN_SECONDS = 0.001
"""How long a thread that computes keeps the interpreter while others wait for it. A thread that
waits for storage asks for it again after each answer; with Python's 5 ms and several steps that
compute, a request of a few milliseconds took seconds."""

ArgumentsT = ParamSpec("ArgumentsT")
ResultT = TypeVar("ResultT")


def shorten_turns() -> None:
    """Have threads of this process take turns often, so that steps do not hold up requests."""
    sys.setswitchinterval(TURN_SECONDS)


async def read_in_thread(
    function: Callable[ArgumentsT, ResultT],
    *args: ArgumentsT.args,
    **kwargs: ArgumentsT.kwargs,
) -> ResultT:
    """Return the result of a function that waits for storage; it runs in a thread for reads."""
    call = partial(copy_context().run, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_threads(), call)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_READS, thread_name_prefix="reads")
