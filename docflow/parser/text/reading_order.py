"""Puts what lies over a page into the lines of its text; it works on values, not on a PDF."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

SAME_ROW = 0.5
"""Share of the lower of two heights that they share where they are in one row."""
BESIDE = 40.0
"""Most points between a check box and its text."""

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in points, from the lower left corner."""


class Line(NamedTuple):
    """A line of a page: its characters, and the box of each; blanks may have none."""

    text: str
    boxes: Sequence[Box | None]

    @property
    def box(self) -> Box | None:
        """Return the box around the characters."""
        return around(box for box in self.boxes if box is not None)


class Mark(NamedTuple):
    """What lies over a page at some place, as text."""

    kind: str
    """`value`: belongs behind its label; `check`: before its label; `comment`: a line of its own;
    `drawn`: as a value."""
    text: str
    box: Box
    label: str = ""
    """For a check that has no text beside it."""


def around(boxes: Iterable[Box]) -> Box | None:
    """Return the box around some boxes, None where there are none."""
    sides = list(zip(*boxes, strict=True))
    if not sides:
        return None
    return min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])


def with_marks(lines: Sequence[Line], marks: Iterable[Mark]) -> str:
    """Return the text of a page with the marks where a reader comes upon them."""
    rows = _Rows(lines)
    within: dict[int, list[tuple[int, float, str]]] = defaultdict(list)
    after: dict[int, list[str]] = defaultdict(list)
    for mark in sorted(marks, key=lambda mark: (-mark.box[3], mark.box[0])):
        number = rows.beside(mark)
        if number is None or mark.kind == "comment" or "\n" in mark.text:
            above = rows.above(mark) if number is None else number
            named = mark.label and mark.kind == "check"
            after[above].append(f"{mark.text} {mark.label}" if named else mark.text)
        else:
            place = rows.position(number, mark)
            within[number].append((place, mark.box[0], mark.text))
    written = [*after[-1]]
    for number, line in enumerate(lines):
        written += [_inserted(line.text, within[number]), *after[number]]
    return "\n".join(written)


class _Rows:
    """The lines of a page by their places."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        placed = [(number, line.box) for number, line in enumerate(lines)]
        self._placed = [(number, box) for number, box in placed if box is not None]
        self._placed.sort(key=lambda each: each[1][1])
        self._bottoms = [box[1] for _, box in self._placed]
        self._tallest = max((box[3] - box[1] for _, box in self._placed), default=0.0)

    def beside(self, mark: Mark) -> int | None:
        """Return the line that a mark continues: its label, or what comes next in the row."""
        left, bottom, right, top = mark.box
        in_row = [
            (number, box)
            for number, box in self._between(bottom - self._tallest, top)
            if _share_a_row(box, mark.box)
        ]
        if mark.kind == "check":
            near = [each for each in in_row if -1 <= self._gap_behind(each[0], right) <= BESIDE]
            if near:
                return min(near, key=lambda each: self._gap_behind(each[0], right))[0]
        before = [each for each in in_row if each[1][0] < left + 1]
        if before:
            return max(before, key=lambda each: (min(each[1][2], left), each[1][1]))[0]
        return min(in_row, key=lambda each: each[1][0])[0] if in_row else None

    def above(self, mark: Mark) -> int:
        """Return the nearest line above a mark, and before all others one over it; -1 for none."""
        left, bottom, right, top = mark.box
        height = (bottom + top) / 2
        higher = self._placed[bisect_left(self._bottoms, height) :]
        over = next((n for n, box in higher if box[0] < right and box[2] > left), None)
        if over is not None:
            return over
        return higher[0][0] if higher else -1

    def position(self, number: int, mark: Mark) -> int:
        """Return the place in the line's text where a mark belongs."""
        left, _, right, _ = mark.box
        if mark.kind == "check":
            edge = right - 1
            following = (at for at, box in self._boxes(number) if box[0] >= edge)
            found = next(following, None)
            if found is not None:
                return found
        preceding = (at for at, box in self._boxes(number) if (box[0] + box[2]) / 2 < left + 1)
        return max(preceding, default=-1) + 1

    def _gap_behind(self, number: int, right: float) -> float:
        starts = (box[0] - right for _, box in self._boxes(number) if box[0] >= right - 1)
        return min(starts, default=BESIDE + 1)

    def _boxes(self, number: int) -> Iterable[tuple[int, Box]]:
        return ((at, box) for at, box in enumerate(self._lines[number].boxes) if box is not None)

    def _between(self, low: float, high: float) -> Iterable[tuple[int, Box]]:
        first = bisect_left(self._bottoms, low)
        return self._placed[first : bisect_left(self._bottoms, high)]


def _share_a_row(one: Box, other: Box) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared >= SAME_ROW * min(one[3] - one[1], other[3] - other[1]) > 0


def _inserted(text: str, pieces: Iterable[tuple[int, float, str]]) -> str:
    """Insert pieces at places of a line, those of one place from left to right."""
    written, begin = "", 0
    for at, _, piece in sorted(pieces):
        written = _joined(written, text[begin:at].strip(" "))
        written = _joined(written, piece)
        begin = at
    rest = text[begin:]
    return _joined(written, rest.lstrip(" ")) if written else rest


def _joined(one: str, other: str) -> str:
    return f"{one} {other}" if one and other else one or other
