"""Put the lines of a page into reading order: columns of prose stay, columns of a table join.

Tesseract's segmentation reads a table column by column, which tears rows apart. A block of very
short lines is taken for such a column, and each of its lines joins the line beside it. A page
without columns of prose is read from top to bottom, row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

MAX_CELL_WORDS = 3
"""A block whose lines usually have no more words than this is taken for a column of cells."""

MIN_COLUMN_LINES = 8
"""With fewer lines of prose side by side, a page has rows, not columns of prose."""

SAME_ROW_OVERLAP = 0.5

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Word:
    """A word, its box (left, top, right, bottom) and its confidence from 0 to 1."""

    text: str
    box: Box
    confidence: float


@dataclass(slots=True)
class Line:
    """A line of words in one block of the page."""

    block: int
    opens_paragraph: bool
    words: list[Word] = field(default_factory=list)

    @property
    def box(self) -> Box:
        """Return the box around all words."""
        boxes = [word.box for word in self.words]
        return (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )


def in_rows(lines: Sequence[Line]) -> list[Line]:
    """Return the lines in reading order, with what stands beside each other in a row joined."""
    cell_blocks = _cell_blocks(lines)
    prose = [line for line in lines if line.block not in cell_blocks]
    if _lines_beside_others(prose) >= MIN_COLUMN_LINES:
        return _joined(lines, cell_blocks)
    rows = _joined(lines, {line.block for line in lines})
    return sorted(rows, key=lambda row: row.box[1] + row.box[3])


def _joined(lines: Sequence[Line], joinable: set[int]) -> list[Line]:
    """Join lines in one row where at least one of the two is of a joinable block."""
    rows: list[Line] = []
    for line in lines:
        host = next((row for row in rows if _joins(row, line, joinable)), None)
        if host is None:
            rows.append(Line(line.block, line.opens_paragraph, list(line.words)))
        else:
            host.words = sorted([*host.words, *line.words], key=lambda word: word.box[0])
    return rows


def _joins(row: Line, line: Line, joinable: set[int]) -> bool:
    return bool({row.block, line.block} & joinable) and _is_beside(row, line)


def _cell_blocks(lines: Sequence[Line]) -> set[int]:
    lengths: dict[int, list[int]] = {}
    for line in lines:
        lengths.setdefault(line.block, []).append(len(line.words))
    return {block for block, counts in lengths.items() if median(counts) <= MAX_CELL_WORDS}


def _lines_beside_others(lines: Sequence[Line]) -> int:
    return sum(any(_is_beside(other, line) for other in lines) for line in lines)


def _is_beside(first: Line, second: Line) -> bool:
    """Return whether two lines of different blocks stand side by side at the same height."""
    left, top, right, bottom = first.box
    other_left, other_top, other_right, other_bottom = second.box
    overlap = min(bottom, other_bottom) - max(top, other_top)
    apart = left >= other_right or right <= other_left
    lower = min(bottom - top, other_bottom - other_top)
    return first.block != second.block and apart and overlap > SAME_ROW_OVERLAP * lower
