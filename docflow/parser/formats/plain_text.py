"""Plain text and Markdown: decoded, cleaned and cut into pages."""

from __future__ import annotations

import re
from pathlib import Path

from docflow.parser.content_types import TEXT
from docflow.parser.limits import Limits
from docflow.parser.pages import TextPage, text_page
from docflow.parser.refusals import Refusal, check_page_count, not_taken
from docflow.parser.requests import RenderRequest, SplitRequest
from docflow.parser.text import encodings
from docflow.parser.text.characters import clean
from docflow.parser.text.pages import CHARACTERS_PER_PAGE, pages_of
from docflow.parser.text.picture import draw

MAX_BYTES_PER_CHARACTER = 4
TERMINAL_CODES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, places
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[(-/#%][ -~]|\x1b[=>78cDEHM]"  # sets of characters, modes
)
"""Codes in the recorded output of a terminal."""
OVERSTRUCK = re.compile(r"[^\n\x08]\x08(?=[^\s\x08])")
"""A letter that the next one was printed over, for bold or underlined text."""
END_MARK, PADDING = b"\x1a", b"\x1a\0 \t\r\n"
"""The end of a text for CP/M and DOS, and what may fill the rest of its last block."""
NOT_OF_TEXTS = re.compile(r"[\x00-\x06\x0e-\x19\x1c-\x1f\x80-\x84\x86-\x9f]")
"""Control characters that programs write into texts by mistake only. Bell, backspace, end mark,
escape, delete and the line end of mainframes (NEL) are not among them."""
MAX_CONTROL_SHARE = 0.01
"""Share of such characters up to which a file counts as text."""


def count_pages(file: Path, content_type: str, limits: Limits) -> int:
    """Count the pages of a text; a file far beyond the limit is not even decoded."""
    fewest = file.stat().st_size // (CHARACTERS_PER_PAGE * MAX_BYTES_PER_CHARACTER)
    check_page_count(fewest, limits, content_type)
    return check_page_count(len(_pages(file)), limits, content_type)


def split(request: SplitRequest) -> list[TextPage]:
    """Return all pages of a text."""
    return [
        text_page(number, page, f"plain text of {len(page):,} characters" if page else "blank page")
        for number, page in enumerate(_pages(request.file), start=1)
    ]


def render(request: RenderRequest) -> None:
    """Draw a page of a text as a picture."""
    draw(_pages(request.file), request)


def decode(content: bytes) -> str:
    """Return a text of unknown encoding, decoded and cleaned.

    Raises:
        Refusal: the content is no text.
    """
    decoded = encodings.decode(_up_to_end_mark(content))
    text = None if decoded is None else OVERSTRUCK.sub("", TERMINAL_CODES.sub("", decoded))
    if text is None or "\0" in text or _control_share(text) > MAX_CONTROL_SHARE:
        raise not_taken()
    return clean(text)


def _up_to_end_mark(content: bytes) -> bytes:
    """Return a text without the mark at its end; what follows a mark inside stays."""
    if encodings.wide_encoding(content):
        return content
    end = len(content.rstrip(PADDING))
    mark = content.find(END_MARK, end)
    return content if mark < 0 else content[:mark]


def _pages(file: Path) -> list[str]:
    text = decode(file.read_bytes())
    if not text.strip():
        raise Refusal(
            "EMPTY_FILE", "The file holds blank characters alone: check the original.", TEXT
        )
    return pages_of(text)


def _control_share(text: str) -> float:
    return len(NOT_OF_TEXTS.findall(text)) / max(1, len(text))
