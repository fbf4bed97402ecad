"""Reading a file on a machine that may be too busy for it.

What a starved parser leaves undone says nothing about its file, so the step is tried again. But a
file may be what starves the machine: after a few tries it is refused like any other that cannot be
read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from docflow.contracts import Activity
from docflow.errors import ErrorCode, TransientError
from docflow.ports import FileRefusal
from docflow.work.folder import WorkFolder

MOST_TRIES = 3

FoundT = TypeVar("FoundT")


def parse_patiently(
    work: WorkFolder, step: Activity, parse: Callable[[], FoundT]
) -> FoundT | FileRefusal:
    """Parse; a file that found no time to be read in several tries is refused.

    Raises:
        TransientError: code `PARSER_STARVED`, and there are tries left.
    """
    try:
        return parse()
    except TransientError as error:
        if error.code != ErrorCode.PARSER_STARVED or work.count_starved(step.value) < MOST_TRIES:
            raise
    return FileRefusal(
        ErrorCode.UNREADABLE,
        f"The file could not be read in {MOST_TRIES} tries on a busy machine: send it again later, "
        "or save it anew with another program.",
    )
