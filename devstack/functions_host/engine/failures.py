"""The texts and shapes in which failures of Python functions reach an orchestration.

Tests of error handling compare these, so they follow what the real host was seen to write.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import importlib
import json
import re
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from devstack.functions_host.engine.events import compact

OUT_OF_PROC_MARKER = "$OutOfProcData$:"

_HOST = Path(__file__).parents[1]
_PYTHON = [Path(module.__path__[0]) for module in (asyncio, concurrent.futures, importlib)]
_IMPORT_MACHINERY = "<frozen importlib"
#: The text of a failed task goes on with pages of JSON.
_LONGEST_LINE = 500
_HIDDEN = "[Hidden Credential]"
_SECRET = re.compile(
    r"(?:Token=|DefaultEndpointsProtocol=http|AccountKey=|Data Source=|Server=|Password=|pwd="
    r"|[?&]sig=|[?&]code=|SharedAccessKey=|[?&\s;]key=)[^<\"']*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """What the worker says about a function that raised."""

    message: str
    """``<TypeName>: <text of the exception>``"""
    stack: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Describe an exception as the worker does."""
        stack = "".join(traceback.format_tb(own_traceback(error)))
        return cls(f"{type(error).__name__}: {error}", stack)

    @property
    def rpc_message(self) -> str:
        """Return the message of the host's RpcException, secrets masked."""
        return sanitize(f"Result: Failure\nType: \nException: {self.message}\nStack: {self.stack}")


def own_traceback(error: BaseException) -> TracebackType | None:
    """Return the traceback of an error without the frames of this host that led to the app."""
    found = error.__traceback__
    while found is not None and _is_plumbing(found.tb_frame.f_code.co_filename):
        found = found.tb_next
    return found or error.__traceback__


def app_traceback(error: BaseException) -> str:
    """Return the traceback for the console: the app's own frames, down to where it was raised.

    The SDK wraps what an orchestrator raises in an exception whose text holds the whole state of
    the orchestration; the cause of that one is what a developer looks for.
    """
    cause = error.__cause__
    if cause is not None and OUT_OF_PROC_MARKER in str(error):
        error = cause
    described = traceback.TracebackException.from_exception(error)
    pending: list[traceback.TracebackException | None] = [described]
    while pending:
        part = pending.pop()
        if part is None:
            continue
        part.stack = _from_app_on(part.stack)
        pending += [part.__cause__, part.__context__, *(part.exceptions or ())]
    lines = "".join(described.format()).rstrip().split("\n")
    return "\n".join(
        line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} ..." for line in lines
    )


def _from_app_on(stack: traceback.StackSummary) -> traceback.StackSummary:
    """Leave out the frames that led to the app, and those of imports."""
    found = (place for place, frame in enumerate(stack) if not _leads_to_app(frame.filename))
    shown = stack[next(found, len(stack)) :]
    return traceback.StackSummary.from_list(
        [frame for frame in shown if not frame.filename.startswith(_IMPORT_MACHINERY)]
    )


def _leads_to_app(filename: str) -> bool:
    """Return whether code of a file stands between the host and the app: theirs, or Python's."""
    folders = Path(filename).parents
    if filename.startswith(_IMPORT_MACHINERY) or _HOST in folders or folders[0] in _PYTHON:
        return True
    return any(sdk in folders for sdk in _sdk_folders())


def _sdk_folders() -> list[Path]:
    packages = ("azure.functions", "azure.durable_functions")
    files = [getattr(sys.modules.get(name), "__file__", None) for name in packages]
    return [Path(file).parent for file in files if file]


def _is_plumbing(filename: str) -> bool:
    return _HOST in Path(filename).parents[:2] or filename == concurrent.futures.thread.__file__


def sanitize(text: str) -> str:
    """Mask what looks like a credential, as the real host does with everything it reports."""
    return _SECRET.sub(_HIDDEN, text)


def activity_reason(name: str, failure: Failure) -> str:
    """Return ``TaskFailed.Reason``."""
    return f"Activity function '{name}' failed: {sanitize(failure.message)}"


def activity_details(failure: Failure) -> str:
    """Return ``TaskFailed.Details``: the JSON text of the .NET exception."""
    message = sanitize(failure.message)
    inner = {
        "$type": "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, "
        "Microsoft.Azure.WebJobs.Script",
        "IsUserException": False,
        "RemoteStackTrace": sanitize(failure.stack),
        "RemoteMessage": message,
        "RemoteTypeName": None,
        "Message": failure.rpc_message,
        "Data": {},
        "InnerException": None,
        "HelpLink": None,
        "Source": "System.Private.CoreLib",
        "HResult": -2146233088,
        "StackTrace": None,
    }
    return compact(
        {
            "$type": "System.Exception, System.Private.CoreLib",
            "ClassName": "System.Exception",
            "Message": message,
            "Data": None,
            "InnerException": inner,
            "HelpURL": None,
            "StackTraceString": None,
            "RemoteStackTraceString": None,
            "RemoteStackIndex": 0,
            "ExceptionMethod": None,
            "HResult": -2146233088,
            "Source": None,
            "WatsonBuckets": None,
        }
    )


def orchestrator_output(name: str, error: str) -> str:
    """Return the output of an instance whose orchestrator raised."""
    return f"Orchestrator function '{name}' failed: {error}"


def out_of_proc_state(failure: Failure) -> dict[str, Any] | None:
    """Find the orchestrator's state in the text of its failure; None if there is none to read."""
    text = failure.rpc_message.partition("\nException:")[2].partition("\nStack:")[0]
    _, marker, rest = text.partition(OUT_OF_PROC_MARKER)
    if not marker:
        return None
    try:
        state = json.loads(rest)
    except ValueError:
        return None
    return state if isinstance(state, dict) else None
