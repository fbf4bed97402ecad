"""Open documents and render their pages as grey pictures: PDF through PDFium, images by Pillow.

Runs in a worker process (`ocr_worker`), because PDFium is not thread-safe and a hostile file can
abort the process that opens it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

RENDER_DPI = 200
"""Dots per inch at which PDF pages are rendered: below 150 the error rate doubles."""

MAX_PIXELS = 16_000_000
"""Larger pages are scaled down to this (A4 at 200 DPI has 3.9 million)."""

MIN_IMAGE_SIDE = 50
MAX_IMAGE_SIDE = 10_000
"""The side lengths, in pixels, that Document Intelligence accepts for images."""

DEEP_MODES = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")
BRIGHTEST = (2**12 - 1, 2**16 - 1, 2**32 - 1)
"""White in the depths that scanners and cameras have: 12, 16 and 32 bits."""

PHOTOMETRIC = 262
"""The tag of a TIFF that says whether 0 is black."""

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
    """Return how many pages the document has, or raise `ContentError` where it is unreadable."""
    if _is_pdf(path):
        with _open_pdf(path) as pdf:
            return len(pdf)
    with _open_image(path) as image:
        _check_dimensions(image)
        return int(getattr(image, "n_frames", 1))


def render_page(path: Path, number: int) -> RenderedPage:
    """Return page `number` (from 1) as a grey picture of at most `MAX_PIXELS`."""
    if _is_pdf(path):
        return _render_pdf_page(path, number)
    return _render_image_page(path, number)


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
        white_is_zero = getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == 0
        upright = ImageOps.exif_transpose(image)
        shallow = _with_eight_bits(upright, white_is_zero=white_is_zero)
        picture = _on_white(shallow).convert("L")
    width, height = picture.size
    factor = min(1.0, math.sqrt(MAX_PIXELS / (width * height)))
    if factor < 1.0:
        picture = picture.resize((round(width * factor), round(height * factor)))
    return RenderedPage(picture, float(width), float(height), "pixel", RENDER_DPI)


def _with_eight_bits(image: Image.Image, *, white_is_zero: bool) -> Image.Image:
    """Return the picture with 8 bits a channel: of more, Pillow cuts off what is above 255."""
    if image.mode not in DEEP_MODES:
        return image
    # Of a picture with one channel the extrema are two numbers.
    low, high = map(float, image.convert("F").getextrema())  # type: ignore[arg-type]
    if image.mode != "F":
        low, high = 0.0, next(float(top) for top in BRIGHTEST if high <= top)
    factor = 255 / (high - low or 1.0)
    shallow = image.convert("F").point(lambda value: value * factor - low * factor).convert("L")
    return ImageOps.invert(shallow) if white_is_zero else shallow


def _on_white(image: Image.Image) -> Image.Image:
    """Return the picture without transparency: a see-through background would turn black."""
    if not image.has_transparency_data:
        return image
    layered = image.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered)
