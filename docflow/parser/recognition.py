"""Finds the format of a file by its content; its name says nothing reliable."""

from __future__ import annotations

import re
from pathlib import Path

from docflow.parser.refusals import Refusal, not_taken
from docflow.parser.registry import FORMATS, NotTaken, load

HEAD_BYTES = 8 * 1024
"""What is read first; comments with a licence and the like may come before a page begins."""


def recognize(file: Path) -> str:
    """Return the content type of a file.

    Raises:
        Refusal: The file is empty or of no format that is taken.
    """
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise Refusal("EMPTY_FILE", "The file is empty: check the original and send it again.")
    for line in FORMATS:
        if not re.match(line.signature, head, re.DOTALL):
            continue
        if isinstance(line, NotTaken):
            raise not_taken(line.what)
        if not line.ambiguous:
            return line.content_type
        if found := load(line.module).recognize(file, head):
            return found
    raise not_taken()
