"""Pages of a document that is all text: cut at form feeds and at a page's length."""

from __future__ import annotations

LINES_PER_PAGE = 60
CHARACTERS_PER_PAGE = 4_000


def pages_of(text: str) -> list[str]:
    """Cut a clean text into pages."""
    sheets = text.rstrip().split("\f")
    return [page for sheet in sheets for page in _cut(sheet)]


def _cut(sheet: str) -> list[str]:
    """Cut the text between two form feeds into pages, at line ends."""
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
