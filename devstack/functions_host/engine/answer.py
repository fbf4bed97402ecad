"""What an orchestrator function answered, whichever way it said so."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from devstack.functions_host.engine import failures
from devstack.functions_host.engine.events import (
    compact,
)
from devstack.functions_host.engine.failures import Failure

#: The host refuses a custom status above this size (UTF-16).
CUSTOM_STATUS_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the orchestrator function said, in whichever way it said it."""

    actions: list[dict[str, Any]]
    done: bool = False
    output: str | None = None
    custom_status: str | None = None
    error: str | None = None
    details: str | None = None
    immediate: bool = False


def read_answer(reply: str | Failure) -> Answer:
    """Read an answer, or the state in the text of a failure."""
    if isinstance(reply, str):
        return _answer_of(json.loads(reply))
    state = failures.out_of_proc_state(reply)
    if state is None:
        error = f"One or more errors occurred. ({reply.rpc_message})"
        return Answer(actions=[], error=error, details=reply.rpc_message, immediate=True)
    error = state.get("error") or reply.message
    return replace(_answer_of(state), error=error, details=f"Message: {error}, StackTrace: ")


def _answer_of(state: dict[str, Any]) -> Answer:
    actions = state["actions"]
    status = state.get("customStatus")
    output = state.get("output")
    answer = Answer(
        actions=actions[0] if actions else [],
        done=bool(state.get("isDone")),
        output=None if output is None else compact(output),
        custom_status=None if status is None else compact(status),
    )
    # The size that .NET counts: characters are not escaped there.
    plain = json.dumps(status, ensure_ascii=False, separators=(",", ":"))
    size = 0 if status is None else len(plain.encode("utf-16-le", "surrogatepass"))
    if size > CUSTOM_STATUS_BYTES:
        error = (
            "The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. "
            f"The current payload size is {size / 1024:.2f} KB."
        )
        return Answer(actions=[], error=error, details=error, immediate=True)
    return answer
