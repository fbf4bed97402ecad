"""Retries of the parser on a busy machine.

If the machine is too busy for the parser, the file may be sound, so the step is tried again. But
the file itself may be the cause, so after a few tries it is refused as unreadable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from docflow.contracts import Activity
from docflow.errors import ErrorCode, TransientError
from docflow.ports import FileRefusal
from docflow.work.artefacts import STARVED_TRIES
from docflow.work.folder import WorkFolder

MOST_TRIES = 3

FoundT = TypeVar("FoundT")


def parse_or_defer(
    work: WorkFolder, step: Activity, parse: Callable[[], FoundT]
) -> FoundT | FileRefusal:
    """Parse a file; refuse it if the machine was too busy in `MOST_TRIES` tries.

    Args:
        work: the folder of the document, where the tries are counted.
        step: the activity, whose tries are counted separately.
        parse: the call of the parser.

    Raises:
        TransientError: code `PARSER_STARVED`, the machine was too busy and there are tries left.
    """
    try:
        return parse()
    except TransientError as error:
        if (
            error.code != ErrorCode.PARSER_STARVED
            or work.count(STARVED_TRIES, step=step.value) < MOST_TRIES
        ):
            raise
    return FileRefusal(
        ErrorCode.UNREADABLE,
        f"The file could not be read in {MOST_TRIES} tries because the machine was too busy. Send "
        "it again later, or save it with another program and send that file.",
    )
