"""Read a picture of a page with Tesseract: words with boxes and confidence, in reading order.

Set `OMP_THREAD_LIMIT=1` before importing this module: with the default, Tesseract is six times
slower on a small machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import tesserocr
from PIL import Image
from PIL.Image import Transpose

from devstack.services.ocr.page_images import RenderedPage
from devstack.services.ocr.reading_order import Line, Word, in_rows

LEVEL_FROM_DEGREES = 1.5
"""Tesseract reads lines that lean less than this; above, the page is levelled and read again."""

STEEPEST_LEAN_DEGREES = 45.0
"""A steeper line runs along the side of the page and says nothing about how the page leans."""

MIN_TELLING_LETTERS = 3
"""Shorter words may be higher than wide although they are upright."""

UPRIGHT_CONFIDENCE = 0.8
"""Text that is read upside down comes out at about 0.55 and hardly ever above 0.7, and the right
way up above 0.9 unless the scan is poor; below this the other way up is tried as well."""

BETTER_BY = 1.3
"""How much more must be read well the other way up: in doubt, a page stays as it is."""

WELL_READ_CONFIDENCE = 0.6

MIN_CONFIDENCE = 0.2
MIN_MARK_CONFIDENCE = 0.5
"""Words below these are dropped; those without a letter or digit must be the surer."""

Box = tuple[int, int, int, int]
Place = Callable[[float, float], tuple[float, float]]


class PageReader:
    """Tesseract, loaded once for one set of languages.

    Args:
        tessdata: The folder of `*.traineddata` files.
        languages: Tesseract's language string, such as `eng+deu`.
    """

    def __init__(self, tessdata: Path, languages: str) -> None:
        # Automatic page segmentation keeps columns apart; Sauvola's local threshold (method 2)
        # reads photographs with uneven light and noisy tables, where the global one reads nothing.
        self._api = tesserocr.PyTessBaseAPI(
            path=str(tessdata),
            lang=languages,
            psm=tesserocr.PSM.AUTO,
            variables={"thresholding_method": "2", "debug_file": "/dev/null"},
        )

    def read(self, page: RenderedPage) -> dict[str, Any]:
        """Return size, angle, and the lines of words, with boxes in the page's unit.

        The angle is how far the text is turned clockwise, in degrees above -180 and up to 180.
        The text is read upright; the boxes lie where it stands on the page.
        """
        quarters, found = self._upright(page)
        levelled, turn = _turned(page.picture, quarters), 90.0 * quarters
        if abs(found.angle) >= LEVEL_FROM_DEGREES:
            turn += found.angle
            levelled = levelled.rotate(
                found.angle, Image.Resampling.BICUBIC, expand=True, fillcolor="white"
            )
            found = self._recognize(levelled, page.dpi)
        place = _placer(levelled, page, turn)
        return {
            "angle": round(180 - (180 - turn - found.angle) % 360, 2),
            "width": round(page.width, 4),
            "height": round(page.height, 4),
            "unit": page.unit,
            "lines": [_shaped(line, place) for line in in_rows(found.lines)],
        }

    def _upright(self, page: RenderedPage) -> tuple[int, _Recognized]:
        """Read the page the right way up; return by how many quarters it is turned clockwise."""
        quarters, found = 0, self._recognize(page.picture, page.dpi)
        if found.is_sideways:
            quarters = 1
            found = self._recognize(_turned(page.picture, quarters), page.dpi)
        if found.lines and found.confidence < UPRIGHT_CONFIDENCE:
            other = (quarters + 2) % 4
            overturned = self._recognize(_turned(page.picture, other), page.dpi)
            if overturned.well_read > BETTER_BY * found.well_read:
                return other, overturned
        return quarters, found

    def _recognize(self, picture: Image.Image, dpi: int) -> _Recognized:
        self._api.SetImage(picture)
        self._api.SetSourceResolution(dpi)
        self._api.Recognize()
        found = _Recognized()
        iterator = self._api.GetIterator()
        if iterator is not None:
            for at_word in tesserocr.iterate_level(iterator, tesserocr.RIL.WORD):
                found.add(at_word)
        self._api.Clear()
        return found


@dataclass(slots=True)
class _Recognized:
    """The lines that Tesseract found, and how much each leans."""

    lines: list[Line] = field(default_factory=list)
    slopes: list[float] = field(default_factory=list)
    _blocks: int = 0

    @property
    def angle(self) -> float:
        """Return the lean of the page in degrees, clockwise."""
        return median(self.slopes) if self.slopes else 0.0

    @property
    def is_sideways(self) -> bool:
        """Return whether the text runs up or down the page: its words are higher than wide."""
        upright = sideways = 0
        for word in self._words():
            left, top, right, bottom = word.box
            if len(word.text) >= MIN_TELLING_LETTERS:
                upright += len(word.text) * (right - left > bottom - top)
                sideways += len(word.text) * (right - left < bottom - top)
        return sideways > upright

    @property
    def confidence(self) -> float:
        """Return the mean confidence of the characters."""
        total = sum(len(word.text) for word in self._words())
        weighted = sum(word.confidence * len(word.text) for word in self._words())
        return weighted / total if total else 0.0

    @property
    def well_read(self) -> float:
        """Return how many characters were read well, each weighted by its confidence."""
        words = (word for word in self._words() if word.confidence >= WELL_READ_CONFIDENCE)
        return sum(word.confidence * len(word.text) for word in words)

    def _words(self) -> Iterator[Word]:
        return (word for line in self.lines for word in line.words)

    def add(self, at_word: Any) -> None:  # noqa: ANN401
        """Take the iterator's word, opening a line, paragraph or block where one begins."""
        level = tesserocr.RIL
        box = at_word.BoundingBox(level.WORD)
        text = _text_of(at_word)
        self._blocks += bool(at_word.IsAtBeginningOf(level.BLOCK))
        confidence = round(at_word.Confidence(level.WORD) / 100, 3)
        if box is None or not _is_plausible(text, confidence):
            return
        if at_word.IsAtBeginningOf(level.TEXTLINE) or not self.lines:
            opens = bool(at_word.IsAtBeginningOf(level.PARA)) or not self.lines
            self.lines.append(Line(self._blocks, opens))
            baseline = at_word.Baseline(level.TEXTLINE)
            slope = 90.0 if baseline is None else _slope(*baseline)
            if abs(slope) < STEEPEST_LEAN_DEGREES:
                self.slopes.append(slope)
        self.lines[-1].words.append(Word(text, box, confidence))


def _text_of(at_word: Any) -> str:  # noqa: ANN401
    try:
        return str(at_word.GetUTF8Text(tesserocr.RIL.WORD)).strip()
    except RuntimeError:
        return ""


def _is_plausible(text: str, confidence: float) -> bool:
    """Leave out the specks and rules that Tesseract takes for characters."""
    lowest = MIN_CONFIDENCE if any(char.isalnum() for char in text) else MIN_MARK_CONFIDENCE
    return bool(text) and confidence >= lowest


def _slope(start: tuple[int, int], end: tuple[int, int]) -> float:
    across, down = end[0] - start[0], end[1] - start[1]
    return math.degrees(math.atan2(down, across)) if across else 90.0


def _turned(picture: Image.Image, quarters: int) -> Image.Image:
    """Return a picture whose text is turned clockwise by some quarters, the right way up."""
    methods = (None, Transpose.ROTATE_90, Transpose.ROTATE_180, Transpose.ROTATE_270)
    method = methods[quarters]
    return picture if method is None else picture.transpose(method)


def _placer(picture: Image.Image, page: RenderedPage, angle: float) -> Place:
    """Return what maps a point of the levelled picture to a point of the page."""
    scale = page.width / page.picture.width
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))

    def place(x: float, y: float) -> tuple[float, float]:
        dx, dy = x - picture.width / 2, y - picture.height / 2
        on_page = (dx * cosine - dy * sine, dx * sine + dy * cosine)
        return (
            round((on_page[0] + page.picture.width / 2) * scale, 4),
            round((on_page[1] + page.picture.height / 2) * scale, 4),
        )

    return place


def _shaped(line: Line, place: Place) -> dict[str, Any]:
    return {
        "polygon": _polygon(line.box, place),
        "opensParagraph": line.opens_paragraph,
        "words": [
            {
                "content": word.text,
                "polygon": _polygon(word.box, place),
                "confidence": word.confidence,
            }
            for word in line.words
        ],
    }


def _polygon(box: Box, place: Place) -> list[float]:
    left, top, right, bottom = box
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return [side for corner in corners for side in place(*corner)]
