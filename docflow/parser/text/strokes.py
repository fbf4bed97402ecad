"""Finds lines of writing in a picture of strokes; it works on pixels, not on a PDF.

Writing is known by its rows: strokes of the height of a letter, in a row that is far longer than it
is high, with gaps between them, and with next to nothing above and below. Rules, frames and bars
have no gaps; photos, noise and maps have no empty rows; logos and labels are short.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from statistics import fmean, pstdev
from typing import NamedTuple

from PIL import Image, ImageFilter, ImageStat

RIGHT_ANGLE = 90.0
TURNS = {0.0: 1.0, RIGHT_ANGLE: 1.0, 3.5: 2.0, -3.5: 2.0}
"""Degrees by which writing may be turned, each with a factor: of what leans there must be more, as
photos have edges in every direction. A line is found where it leans by two degrees more."""
DARK_GROUND, EVEN_GROUND = 140, 30
"""Most grey, of 255, of a ground that is dark, and its most deviation; photos have more."""
REDUCTION = 4
APART = (2, 1)
"""Reduced pixels, across and down, around a stroke that belong to its block."""
MOST_BLOCKS = 200
"""Most blocks of strokes that are examined, the largest first."""
FEWEST_PIXELS = 12
"""Fewest pixels, reduced, of a block; a single word has more."""
LOWEST, HIGHEST = 3, 40
"""Height of a line's small letters in pixels: letters of 6 to 60 points at 90 dots an inch."""
BUSY = 0.5
"""Share of a block's mean ink above which a row of pixels belongs to a line."""
VALLEY = 0.2
"""Most ink of the emptiest row between two lines, as a share of the ink in the fullest of one."""
REACH, EMPTY = 2.0, 0.04
"""How far from a line an empty row must be, in heights of its small letters, and its most ink."""
WIDEST_GAP = 2.5
"""Widest gap within a line, in heights of its small letters; wider ones part labels."""
FEWEST_GROUPS = 4
"""Fewest groups of strokes in a line."""
GROUP_SHARE, WORD_SHARE = 0.3, 0.1
"""Fewest groups for each letter; and where they differ in length, as words of connected letters."""
DIFFERENT = 0.35
"""Least deviation of the lengths of words, as a share of their mean; cells of a grid are alike."""
MOST_FILLED = 0.8
"""Most ink in the small letters of a line; a bar is filled."""
MOST_TAKEN = 0.9
"""Most of a line's length that its groups take; between words there is more than a hairline."""
WRITTEN_SHARE = 0.4
"""Least share of a block's ink in its lines; in photos and noise there are lines by chance."""
FEWEST_LETTERS = 6
"""Fewest letters of a line: shorter ones are labels."""
TAKEN = re.compile(rb"[^\x00]+")
RUN = re.compile(rb"\xff+")

PixelBox = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels from the upper left corner."""


class WrittenLine(NamedTuple):
    """A line of writing."""

    box: PixelBox
    letters: float
    """About how many letters it has: its length over the height of its small letters."""


def written_lines(
    strokes: Image.Image, *, enough: float, ground: Image.Image | None = None
) -> list[WrittenLine]:
    """Return the lines of writing.

    Args:
        strokes: white strokes on black, about 90 pixels an inch.
        enough: letters with which it need not be asked whether the writing is turned, runs
            downwards, or leans.
        ground: for strokes that are lighter than what is around them, the picture itself: white
            letters lie on a dark and even ground, and white between black lines is no stroke.
    """
    lines: list[WrittenLine] = []
    for turn, factor in TURNS.items():
        turned = _turned(strokes, turn)
        found = list(_lines(turned))
        if ground is not None and found:
            below = _turned(ground, turn)
            found = [line for line in found if _is_on_dark(below.crop(line.box))]
        if letters_of(found) >= factor * enough:
            return found
        lines = lines or ([] if turn else found)
    return lines


def _turned(picture: Image.Image, turn: float) -> Image.Image:
    return picture.rotate(turn, expand=turn == RIGHT_ANGLE) if turn else picture


def _is_on_dark(line: Image.Image) -> bool:
    """Return whether the ground of a line is dark and even."""
    mean = ImageStat.Stat(line).mean[0]
    ground = ImageStat.Stat(line, line.point([255 * (grey <= mean) for grey in range(256)]))
    return bool(ground.mean[0] <= DARK_GROUND and ground.stddev[0] <= EVEN_GROUND)


def letters_of(lines: Iterable[WrittenLine]) -> float:
    """Return about how many letters some lines have."""
    return sum(line.letters for line in lines)


def _lines(strokes: Image.Image) -> Iterator[WrittenLine]:
    for block in _blocks(strokes):
        lines = list(_lines_of_block(strokes, block))
        written = sum(_ink(strokes.crop(line.box)) for line in lines)
        if lines and written >= WRITTEN_SHARE * _ink(strokes.crop(block)):
            yield from lines


def _lines_of_block(strokes: Image.Image, block: PixelBox) -> Iterator[WrittenLine]:
    inside = strokes.crop(block)
    x, y = block[:2]
    rows = inside.resize((1, inside.height), Image.Resampling.BOX).tobytes()
    for top, bottom in _bands(rows):
        if LOWEST <= bottom - top <= HIGHEST:
            band = inside.crop((0, top, inside.width, bottom))
            for left, right, letters in _pieces(band):
                line = WrittenLine((x + left, y + top, x + right, y + bottom), letters)
                if _is_set_apart(strokes, line.box):
                    yield line


def _ink(strokes: Image.Image) -> int:
    return sum(strokes.histogram()[128:])


def _is_set_apart(strokes: Image.Image, box: PixelBox) -> bool:
    """Return whether there is a nearly empty row of pixels close above and close below a line."""
    left, top, right, bottom = box
    reach = round(REACH * (bottom - top))
    for begin, end in ((max(0, top - reach), top), (bottom, min(strokes.height, bottom + reach))):
        if begin < end:
            beside = strokes.crop((left, begin, right, end))
            ink = beside.resize((1, end - begin), Image.Resampling.BOX).tobytes()
            if min(ink) > EMPTY * 255:
                return False
    return True


def _pieces(band: Image.Image) -> Iterator[tuple[int, int, float]]:
    """Yield where the pieces of a band that look like writing begin and end, with their letters."""
    height = band.height
    groups = [(g.start(), g.end()) for g in TAKEN.finditer(bytes(band.getprojection()[0]))]
    piece: list[tuple[int, int]] = []
    for group in [*groups, None]:
        if piece and (group is None or group[0] - piece[-1][1] > WIDEST_GAP * height):
            left, right = piece[0][0], piece[-1][1]
            ink = _ink(band.crop((left, 0, right, height)))
            if _looks_written(piece, ink / height, (right - left) / height):
                yield left, right, (right - left) / height
            piece = []
        if group is not None:
            piece.append(group)


def _looks_written(groups: Sequence[tuple[int, int]], columns: float, letters: float) -> bool:
    """Return whether groups of strokes may be letters or words.

    Args:
        groups: where each begins and ends.
        columns: how many columns of pixels their ink would fill.
        letters: how many letters the line would have.
    """
    widths = [end - begin for begin, end in groups]
    length, taken = groups[-1][1] - groups[0][0], sum(widths)
    if letters < FEWEST_LETTERS or len(groups) < FEWEST_GROUPS:
        return False
    if columns > MOST_FILLED * taken or taken > MOST_TAKEN * length:
        return False
    differ = pstdev(widths) >= DIFFERENT * fmean(widths)
    return len(groups) >= (WORD_SHARE if differ else GROUP_SHARE) * letters


def _bands(ink: bytes) -> Iterator[tuple[int, int]]:
    """Yield the rows of pixels that have much ink and are set apart from each other.

    Args:
        ink: mean ink of each row of pixels of a block.
    """
    taken = [value for value in ink if value]
    if not taken:
        return
    busy = BUSY * sum(taken) / len(taken)
    bands: list[tuple[int, int]] = []
    for is_busy, rows in groupby(range(len(ink)), key=lambda row: ink[row] >= busy):
        if is_busy:
            numbers = list(rows)
            bands.append((numbers[0], numbers[-1] + 1))
    peaks = [max(ink[top:bottom]) for top, bottom in bands]
    for at, (top, bottom) in enumerate(bands):
        before = ink[bands[at - 1][1] : top] if at else b"\0"
        after = ink[bottom : bands[at + 1][0]] if at + 1 < len(bands) else b"\0"
        if max(min(before), min(after)) <= VALLEY * peaks[at]:
            yield top, bottom


def _blocks(strokes: Image.Image) -> list[PixelBox]:
    """Return the boxes of strokes that are near each other, the largest first."""
    small = strokes.reduce(REDUCTION).point(_is_any).filter(ImageFilter.BoxBlur(APART))
    small = small.point(_is_any)
    boxes = [(pixels, box) for pixels, box in _components(small) if pixels >= FEWEST_PIXELS]
    boxes.sort(key=lambda each: (-each[0], each[1]))
    return [
        (
            left * REDUCTION,
            top * REDUCTION,
            min(right * REDUCTION, strokes.width),
            min(bottom * REDUCTION, strokes.height),
        )
        for _, (left, top, right, bottom) in boxes[:MOST_BLOCKS]
    ]


def _components(mask: Image.Image) -> Iterator[tuple[int, PixelBox]]:
    """Yield the number of pixels and the box of each connected area, joined run by run."""
    content, width = mask.tobytes(), mask.width
    runs: list[tuple[int, int, int]] = []
    joined = _Joined()
    above: range = range(0)
    for row in range(mask.height):
        begin, first = row * width, len(runs)
        for found in RUN.finditer(content, begin, begin + width):
            runs.append((found.start() - begin, found.end() - begin, row))
            joined.add()
        current = range(first, len(runs))
        for one, other in _touching(runs, above, current):
            joined.join(one, other)
        above = current
    areas: dict[int, tuple[int, PixelBox]] = {}
    for number, (left, right, row) in enumerate(runs):
        key = joined.root(number)
        pixels, (x1, y1, x2, y2) = areas.get(key, (0, (left, row, right, row + 1)))
        box = min(x1, left), min(y1, row), max(x2, right), max(y2, row + 1)
        areas[key] = pixels + right - left, box
    yield from areas.values()


def _touching(
    runs: Sequence[tuple[int, int, int]], above: range, current: range
) -> Iterator[tuple[int, int]]:
    """Yield the runs of two neighbouring rows that touch; each row is sorted."""
    at = above.start
    for number in current:
        left, right, _ = runs[number]
        while at < above.stop and runs[at][1] < left:
            at += 1
        for other in range(at, above.stop):
            if runs[other][0] > right:
                break
            yield other, number


class _Joined:
    """Sets of numbers that are joined step by step."""

    def __init__(self) -> None:
        self._parents: list[int] = []

    def add(self) -> None:
        self._parents.append(len(self._parents))

    def join(self, one: int, other: int) -> None:
        self._parents[self.root(one)] = self.root(other)

    def root(self, number: int) -> int:
        while self._parents[number] != number:
            self._parents[number] = self._parents[self._parents[number]]
            number = self._parents[number]
        return number


def _is_any(value: int) -> int:
    return 255 if value else 0
