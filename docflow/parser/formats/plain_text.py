"""Plain text and Markdown: decoded, cleaned and cut into pages."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from pathlib import Path
from typing import Any

from docflow.parser.findings import (
    TEXT,
    Limits,
    PageMissingError,
    Refusal,
    check_page_count,
    not_taken,
    text_page,
)
from docflow.parser.text import encodings

LINES_PER_PAGE = 60
CHARACTERS_PER_PAGE = 4_000

MAX_BYTES_PER_CHARACTER = 4

CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
"""Control characters but for those that lay out a text."""
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
"""Colours and the like in what a terminal showed."""
MOST_MARKS = 30
"""Marks on one letter that are taken for what they say; no language has more than some."""
WITHOUT_LATIN = re.compile(rf"[^\x00-\u02ff]{{{MOST_MARKS + 1},}}")
"""Where more marks than that may be; none of them is among the first characters."""
JOINER = "\u034f"
"""What parts marks without being seen (COMBINING GRAPHEME JOINER)."""
MAX_CONTROL_SHARE = 0.01
"""Share of control characters up to which a file counts as text."""
FONT_SIZE = 14
MARGIN = 40
COLUMNS = 110


def count_pages(file: Path, limits: Limits) -> int:
    """Count the pages of a text; one far beyond the limit is not even decoded."""
    fewest = file.stat().st_size // (CHARACTERS_PER_PAGE * MAX_BYTES_PER_CHARACTER)
    check_page_count(fewest, limits, TEXT)
    return check_page_count(len(_pages(file)), limits, TEXT)


def split(file: Path) -> list[dict[str, Any]]:
    """Give all pages of a text."""
    return [
        text_page(number, page, f"plain text of {len(page):,} characters" if page else "blank page")
        for number, page in enumerate(_pages(file), start=1)
    ]


def render(file: Path, page: int, max_pixels: int, target: Path) -> None:
    """Draw a page of a text as a picture."""
    draw(_pages(file), page, max_pixels, target)


def draw(pages: list[str], page: int, max_pixels: int, target: Path) -> None:
    """Draw one of these pages as a picture."""
    from PIL import Image, ImageDraw, ImageFont

    if not 1 <= page <= len(pages):
        raise PageMissingError(page)
    lines = [
        piece
        for line in pages[page - 1].expandtabs().split("\n")
        for piece in textwrap.wrap(line, COLUMNS, drop_whitespace=False) or [""]
    ]
    step = FONT_SIZE + 4
    size = (COLUMNS * FONT_SIZE * 6 // 10 + 2 * MARGIN, max(1, len(lines)) * step + 2 * MARGIN)
    picture = Image.new("L", size, 255)
    drawing = ImageDraw.Draw(picture)
    font = ImageFont.load_default(FONT_SIZE)
    for index, line in enumerate(lines):
        drawing.text((MARGIN, MARGIN + index * step), line, fill=0, font=font)
    scale = min(1.0, (max_pixels / (size[0] * size[1])) ** 0.5)
    picture.thumbnail((max(1, int(size[0] * scale)), max(1, int(size[1] * scale))))
    picture.save(target, format="PNG")


def _pages(file: Path) -> list[str]:
    text = decode(file.read_bytes())
    if not text.strip():
        raise Refusal(
            "EMPTY_FILE", "The file holds blank characters alone: check the original.", TEXT
        )
    return pages_of(text)


def pages_of(text: str) -> list[str]:
    """Cut a clean text into pages."""
    sheets = text.rstrip().split("\f")
    return [page for sheet in sheets for page in _cut(sheet)]


def decode(content: bytes) -> str:
    """Decode a text of unknown encoding and clean it.

    Raises:
        Refusal: the content is no text.
    """
    decoded = encodings.decode(content)
    text = None if decoded is None else TERMINAL_CODES.sub("", decoded)
    if text is None or "\0" in text or _control_share(text) > MAX_CONTROL_SHARE:
        raise not_taken()
    return clean(text)


def clean(text: str) -> str:
    """Compose characters (NFC), unify line ends, drop control characters."""
    unified = WITHOUT_LATIN.sub(_part_marks, text.replace("\r\n", "\n").replace("\r", "\n"))
    composed = unicodedata.normalize("NFC", unified)
    return CONTROLS.sub("", composed).replace("\v", "\n")


def _part_marks(run: re.Match[str]) -> str:
    """Part long rows of marks, as the Unicode standard has it for streams (UAX 15, section 13).

    To compose characters, each row is put in order one by one: a million marks take hours, and OCR
    gives texts to clean that no process of their own shields from.
    """
    pieces = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MOST_MARKS:
            pieces.append(JOINER)
            marks = 1
        pieces.append(character)
    return "".join(pieces)


def _control_share(text: str) -> float:
    return len(CONTROLS.findall(text)) / max(1, len(text))


def _cut(sheet: str) -> list[str]:
    """Cut the text between two form feeds at line ends into pages of bearable length."""
    pages: list[str] = []
    lines: list[str] = []
    used = 0
    for line in _short_lines(sheet):
        if lines and (len(lines) >= LINES_PER_PAGE or used + len(line) > CHARACTERS_PER_PAGE):
            pages.append("\n".join(lines))
            lines, used = [], 0
        lines.append(line)
        used += len(line) + 1
    pages.append("\n".join(lines))
    return [page.strip("\n") if page.strip() else "" for page in pages]


def _short_lines(sheet: str) -> list[str]:
    return [piece for line in sheet.split("\n") for piece in _pieces(line)]


def _pieces(line: str) -> list[str]:
    """Cut a line longer than a page, between words where there are any."""
    pieces = []
    while len(line) > CHARACTERS_PER_PAGE:
        blank = line.rfind(" ", 1, CHARACTERS_PER_PAGE)
        end = blank if blank > 0 else CHARACTERS_PER_PAGE
        pieces.append(line[:end])
        line = line[end:].lstrip(" ")
    return [*pieces, line]
