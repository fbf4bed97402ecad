"""Reads one page of a document with Tesseract: opens the file, renders the page, recognizes it.

Runs in a worker process (`ocr_worker`), because PDFium is not thread-safe and a hostile file can
abort the process that opens it. Set `OMP_THREAD_LIMIT=1` before importing this module: with the
default, Tesseract is six times slower on a small machine.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Literal, NamedTuple

import pypdfium2
import tesserocr
from PIL import Image, ImageOps, UnidentifiedImageError

RENDER_DPI = 200
"""Dots per inch at which PDF pages are rendered: below 150 the error rate doubles."""

MAX_PIXELS = 16_000_000
"""Larger pages are scaled down to this (A4 at 200 DPI has 3.9 million)."""

MIN_IMAGE_SIDE = 50
MAX_IMAGE_SIDE = 10_000
"""The side lengths, in pixels, that Document Intelligence accepts for images."""

IMAGE_FORMATS = ("JPEG", "PNG", "TIFF", "BMP")
POINTS_PER_INCH = 72

Image.MAX_IMAGE_PIXELS = MAX_IMAGE_SIDE * MAX_IMAGE_SIDE

PageUnit = Literal["pixel", "inch"]


class ContentError(Exception):
    """The bytes are no readable document; `code` is Document Intelligence's inner error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RenderedPage(NamedTuple):
    """A page as a grey picture, with the size it is reported in."""

    picture: Image.Image
    width: float
    height: float
    unit: PageUnit
    dpi: int


INVALID_CONTENT = (
    "The file is corrupted or format is unsupported. "
    "Refer to documentation for the list of supported formats."
)
INVALID_DIMENSIONS = (
    "The input image dimensions are out of range. "
    "Refer to documentation for supported image dimensions."
)
ENCRYPTED_CONTENT = "Content is not supported: The file is password protected."


def count_pages(path: Path) -> int:
    """Returns how many pages the document has, or raises `ContentError` where it is unreadable."""
    if _is_pdf(path):
        with _open_pdf(path) as pdf:
            return len(pdf)
    with _open_image(path) as image:
        _check_dimensions(image)
        return int(getattr(image, "n_frames", 1))


def render_page(path: Path, number: int) -> RenderedPage:
    """Returns page `number` (from 1) as a grey picture of at most `MAX_PIXELS`."""
    if _is_pdf(path):
        return _render_pdf_page(path, number)
    return _render_image_page(path, number)


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
        """Returns size, angle, and the lines of words, with boxes in the page's unit."""
        self._api.SetImage(page.picture)
        self._api.SetSourceResolution(page.dpi)
        self._api.Recognize()
        scale = page.width / page.picture.width
        lines: list[dict[str, Any]] = []
        slopes: list[float] = []
        iterator = self._api.GetIterator()
        if iterator is not None:
            for word in tesserocr.iterate_level(iterator, tesserocr.RIL.WORD):
                _add_word(word, lines, slopes, scale)
        self._api.Clear()
        return {
            "angle": round(median(slopes), 2) if slopes else 0.0,
            "width": round(page.width, 4),
            "height": round(page.height, 4),
            "unit": page.unit,
            "lines": lines,
        }


def _add_word(word: Any, lines: list[dict[str, Any]], slopes: list[float], scale: float) -> None:  # noqa: ANN401
    """Appends the iterator's word to `lines`, opening a line or paragraph where one begins."""
    level = tesserocr.RIL
    try:
        text = word.GetUTF8Text(level.WORD).strip()
    except RuntimeError:
        return
    box = word.BoundingBox(level.WORD)
    if not text or box is None:
        return
    if word.IsAtBeginningOf(level.TEXTLINE) or not lines:
        line_box = word.BoundingBox(level.TEXTLINE) or box
        baseline = word.Baseline(level.TEXTLINE)
        if baseline is not None:
            slopes.append(_slope(baseline))
        lines.append(
            {
                "polygon": _polygon(line_box, scale),
                "opensParagraph": bool(word.IsAtBeginningOf(level.PARA)) or not lines,
                "words": [],
            }
        )
    lines[-1]["words"].append(
        {
            "content": text,
            "polygon": _polygon(box, scale),
            "confidence": round(word.Confidence(level.WORD) / 100, 3),
        }
    )


def _slope(baseline: Any) -> float:  # noqa: ANN401
    (x1, y1), (x2, y2) = baseline
    return math.degrees(math.atan2(y2 - y1, x2 - x1)) if x2 != x1 else 0.0


def _polygon(box: tuple[int, int, int, int], scale: float) -> list[float]:
    left, top, right, bottom = (round(side * scale, 4) for side in box)
    return [left, top, right, top, right, bottom, left, bottom]


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return b"%PDF-" in file.read(1024)


@contextlib.contextmanager
def _open_pdf(path: Path) -> Iterator[Any]:
    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ContentError("UnsupportedContent", ENCRYPTED_CONTENT) from error
        raise ContentError("InvalidContent", INVALID_CONTENT) from error
    try:
        if len(pdf) == 0:
            raise ContentError("InvalidContent", INVALID_CONTENT)
        yield pdf
    finally:
        pdf.close()


@contextlib.contextmanager
def _open_image(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=IMAGE_FORMATS) as image:
            yield image
    except Image.DecompressionBombError as error:
        raise ContentError("InvalidContentDimensions", INVALID_DIMENSIONS) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise ContentError("InvalidContent", INVALID_CONTENT) from error


def _check_dimensions(image: Image.Image) -> None:
    if min(image.size) < MIN_IMAGE_SIDE or max(image.size) > MAX_IMAGE_SIDE:
        raise ContentError("InvalidContentDimensions", INVALID_DIMENSIONS)


def _render_pdf_page(path: Path, number: int) -> RenderedPage:
    with _open_pdf(path) as pdf:
        width, height = (side / POINTS_PER_INCH for side in pdf.get_page_size(number - 1))
        dpi = min(RENDER_DPI, math.sqrt(MAX_PIXELS / max(width * height, 1e-6)))
        try:
            page = pdf[number - 1]
            bitmap = page.render(scale=dpi / POINTS_PER_INCH, grayscale=True)
        except pypdfium2.PdfiumError as error:
            raise ContentError("InvalidContent", INVALID_CONTENT) from error
        picture = bitmap.to_pil().convert("L")
        picture.load()
    return RenderedPage(picture, width, height, "inch", max(70, round(dpi)))


def _render_image_page(path: Path, number: int) -> RenderedPage:
    with _open_image(path) as image:
        image.seek(number - 1)
        _check_dimensions(image)
        upright = ImageOps.exif_transpose(image)
        picture = _on_white(upright).convert("L")
    width, height = picture.size
    factor = min(1.0, math.sqrt(MAX_PIXELS / (width * height)))
    if factor < 1.0:
        picture = picture.resize((round(width * factor), round(height * factor)))
    return RenderedPage(picture, float(width), float(height), "pixel", RENDER_DPI)


def _on_white(image: Image.Image) -> Image.Image:
    """Returns the picture without transparency: a see-through background would turn black."""
    if not image.has_transparency_data:
        return image
    layered = image.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered)
