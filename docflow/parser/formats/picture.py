"""Pictures: TIFF with any number of pages, PNG, JPEG and BMP."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from docflow.parser.content_types import BMP, JPEG, PNG, TIFF
from docflow.parser.limits import Limits
from docflow.parser.pages import PageFile, TextPage, page_file, unread_page
from docflow.parser.refusals import PageMissingError, Refusal, check_page_count, damaged
from docflow.parser.requests import NEVER, RenderRequest, SplitRequest

FORMATS = {TIFF: "TIFF", PNG: "PNG", JPEG: "JPEG", BMP: "BMP"}
SMALLEST_SIDE, LARGEST_SIDE = 50, 10_000
"""Sides of a picture that Document Intelligence accepts."""
NEW_SUBFILE_TYPE, REDUCED = 254, 1
"""The tag of a TIFF that says what a frame is for, and its bit for a smaller copy."""
BROKEN = (
    *(UnidentifiedImageError, OSError, EOFError, SyntaxError, ValueError, TypeError, KeyError),
    *(IndexError, AttributeError, OverflowError, ZeroDivisionError, struct.error, Warning),
)
"""What Pillow raises on broken pictures; it documents nothing narrower."""


def count_pages(file: Path, content_type: str, limits: Limits) -> int:
    """Count the pages, and decode each of them: a picture that was cut off can still be opened.

    Raises:
        Refusal: the picture is damaged, too large, or has too many pages.
    """
    with _opened(file, content_type, limits) as picture:
        picture.verify()
    with _opened(file, content_type, limits) as picture:
        frames = _frames(picture, content_type)
        check_page_count(len(frames), limits, content_type)
        for frame in frames:
            picture.seek(frame)
            _check_size(picture, content_type, limits)
            picture.load()
    return len(frames)


def split(request: SplitRequest) -> Iterator[TextPage | PageFile]:
    """Return every page as a file for OCR.

    A single picture is sent as it is, or as PNG where OCR does not accept its size. Frames of a
    TIFF become PNG.
    """
    if request.ocr_mode == NEVER:
        pages = count_pages(request.file, request.content_type, request.limits)
        yield from (unread_page(number, "a picture") for number in range(1, pages + 1))
        return
    content_type, limits = request.content_type, request.limits
    with _opened(request.file, content_type, limits) as picture:
        if content_type != TIFF and _is_accepted(picture, limits):
            yield PageFile(1, request.file, "a picture")
            return
        frames = _frames(picture, content_type)
        for number in request.page_numbers(len(frames)):
            picture.seek(frames[number - 1])
            _check_size(picture, content_type, limits)
            target = page_file(request.into, number, ".png")
            _for_ocr(picture, limits.pixels).save(target, format="PNG", compress_level=1)
            yield PageFile(number, target, "a picture")


def render(request: RenderRequest) -> None:
    """Write a page as PNG."""
    with _opened(request.file, request.content_type, request.limits) as picture:
        frames = _frames(picture, request.content_type)
        if not 1 <= request.page <= len(frames):
            raise PageMissingError(request.page)
        picture.seek(frames[request.page - 1])
        _check_size(picture, request.content_type, request.limits)
        within = _within(picture, request.max_pixels)
        within.save(request.target, format="PNG", compress_level=1)


@contextmanager
def _opened(file: Path, content_type: str, limits: Limits) -> Iterator[Image.Image]:
    """Open a picture as the format it was recognized as, and turn damage into a refusal."""
    Image.MAX_IMAGE_PIXELS = limits.decoded_pixels
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="(?i).*truncated")
            with Image.open(file, formats=[FORMATS[content_type]]) as picture:
                yield picture
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(content_type, limits) from error
    except BROKEN as error:
        raise damaged(content_type) from error


def _frames(picture: Image.Image, content_type: str) -> list[int]:
    """Return the frames of a TIFF that are pages, not smaller copies of one.

    Frames of an animated PNG or of a camera's JPEG are no pages.
    """
    if content_type != TIFF or not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return [0]
    frames = [0]
    for frame in range(1, picture.n_frames):
        picture.seek(frame)
        if not int(picture.tag_v2.get(NEW_SUBFILE_TYPE, 0)) & REDUCED:
            frames.append(frame)
    picture.seek(0)
    return frames


def _pixels(picture: Image.Image) -> int:
    return picture.width * picture.height


def _check_size(picture: Image.Image, content_type: str, limits: Limits) -> None:
    if _pixels(picture) > limits.decoded_pixels:
        raise _too_large(content_type, limits)


def _too_large(content_type: str, limits: Limits) -> Refusal:
    megapixels = limits.decoded_pixels // 1_000_000
    return Refusal(
        "UNREADABLE",
        f"The picture has more than {megapixels} million pixels: send it in a lower resolution.",
        content_type,
    )


def _is_accepted(picture: Image.Image, limits: Limits) -> bool:
    """Return whether OCR accepts a picture as it is."""
    sides = sorted(picture.size)
    fits = sides[0] >= SMALLEST_SIDE and sides[1] <= LARGEST_SIDE
    return fits and _pixels(picture) <= limits.pixels


def _for_ocr(picture: Image.Image, max_pixels: int) -> Image.Image:
    """Return a picture of a size that OCR accepts: scaled down, or with a white border."""
    within = _within(picture, max_pixels)
    if max(within.size) > LARGEST_SIDE:
        within = within.convert("L") if within.mode == "1" else within
        within.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    if min(within.size) >= SMALLEST_SIDE:
        return within
    width, height = (max(side, SMALLEST_SIDE) for side in within.size)
    paper = Image.new("RGB", (width, height), "white")
    paper.paste(within, (0, 0))
    return paper


def _within(picture: Image.Image, max_pixels: int) -> Image.Image:
    """Return a picture upright, in a common mode, with at most so many pixels."""
    upright = _upright(_plain(picture))
    scale = (max_pixels / _pixels(upright)) ** 0.5
    if scale < 1:
        width, height = (max(1, int(side * scale)) for side in upright.size)
        upright = upright.convert("L") if upright.mode == "1" else upright
        upright.thumbnail((width, height))
    return upright


def _upright(picture: Image.Image) -> Image.Image:
    """Rotate a picture as its metadata says; where only the metadata is broken, leave it."""
    try:
        return ImageOps.exif_transpose(picture)
    except BROKEN:
        return picture


def _plain(picture: Image.Image) -> Image.Image:
    """Convert the rarer modes of pictures to those that PNG and every OCR engine know."""
    if picture.mode in {"1", "L", "RGB"}:
        return picture.copy()
    if picture.mode.startswith("I;16") or picture.mode in {"I", "F"}:
        return _scaled_to_8_bits(picture)
    if picture.mode in {"La", "RGBa"}:
        picture = picture.convert(picture.mode.upper())
    if picture.mode in {"LA", "PA", "RGBA", "P"}:
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return picture.convert("RGB")


def _scaled_to_8_bits(picture: Image.Image) -> Image.Image:
    wide = picture.convert("F")
    low, high = wide.getextrema()
    if not isinstance(low, float) or not isinstance(high, float):
        return picture.convert("L")
    factor = 255 / (high - low) if high > low else 1
    return wide.point(lambda value: value * factor - low * factor).convert("L")
