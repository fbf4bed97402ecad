"""Pictures: TIFF with any number of pages, PNG, JPEG and BMP."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from docflow.parser.findings import (
    BMP,
    JPEG,
    PNG,
    TIFF,
    InTurn,
    Limits,
    PageFile,
    PageMissingError,
    Refusal,
    check_page_count,
    damaged,
    page_file,
)

FORMATS = {TIFF: "TIFF", PNG: "PNG", JPEG: "JPEG", BMP: "BMP"}
SMALLEST_SIDE, LARGEST_SIDE = 50, 10_000
"""Sides of a picture that Document Intelligence takes."""
NEW_SUBFILE_TYPE, REDUCED = 254, 1
"""The tag of a TIFF that tells what a frame is for, and its bit for a smaller copy."""
BROKEN = (
    *(UnidentifiedImageError, OSError, EOFError, SyntaxError, ValueError, TypeError, KeyError),
    *(IndexError, AttributeError, OverflowError, ZeroDivisionError, struct.error, Warning),
)
"""What Pillow raises on broken pictures; it promises nothing narrower."""


def count_pages(file: Path, content_type: str, limits: Limits) -> int:
    """Count the pages, after every one of them was decoded: a cut-off picture opens all the same.

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


def split(
    file: Path, content_type: str, into: Path, limits: Limits, in_turn: InTurn
) -> Iterator[PageFile]:
    """Give every page as a file for OCR: a single picture is its own, frames of a TIFF become PNG.

    Single pictures of a size that is not taken become PNG too.
    """
    with _opened(file, content_type, limits) as picture:
        if content_type != TIFF and _is_taken(picture, limits):
            yield PageFile(1, file, "a picture")
            return
        frames = _frames(picture, content_type)
        for number in in_turn(len(frames)):
            picture.seek(frames[number - 1])
            _check_size(picture, content_type, limits)
            target = page_file(into, number, ".png")
            _for_ocr(picture, limits.pixels).save(target, format="PNG", compress_level=1)
            yield PageFile(number, target, "a picture")


def render(
    file: Path, content_type: str, page: int, max_pixels: int, target: Path, limits: Limits
) -> None:
    """Give a page as PNG."""
    with _opened(file, content_type, limits) as picture:
        frames = _frames(picture, content_type)
        if not 1 <= page <= len(frames):
            raise PageMissingError(page)
        picture.seek(frames[page - 1])
        _check_size(picture, content_type, limits)
        within = _within(picture, max_pixels)
        within.save(target, format="PNG", compress_level=1)


@contextmanager
def _opened(file: Path, content_type: str, limits: Limits) -> Iterator[Image.Image]:
    """Open a picture as the one format it was recognized as; damage shows as a refusal."""
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
    """Give the frames of a TIFF that are pages, not smaller copies of one.

    Those of an animated PNG or a camera's JPEG are no pages.
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


def _is_taken(picture: Image.Image, limits: Limits) -> bool:
    """Whether OCR takes a picture as it is."""
    sides = sorted(picture.size)
    fits = sides[0] >= SMALLEST_SIDE and sides[1] <= LARGEST_SIDE
    return fits and _pixels(picture) <= limits.pixels


def _for_ocr(picture: Image.Image, max_pixels: int) -> Image.Image:
    """Bring a picture to a size that OCR takes: scaled down, or laid on larger paper."""
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
    """Give a picture upright and in a plain form, with at most so many pixels."""
    upright = _upright(_plain(picture))
    scale = (max_pixels / _pixels(upright)) ** 0.5
    if scale < 1:
        width, height = (max(1, int(side * scale)) for side in upright.size)
        upright = upright.convert("L") if upright.mode == "1" else upright
        upright.thumbnail((width, height))
    return upright


def _upright(picture: Image.Image) -> Image.Image:
    """Turn a picture as its camera says; what it says may be broken where the picture is not."""
    try:
        return ImageOps.exif_transpose(picture)
    except BROKEN:
        return picture


def _plain(picture: Image.Image) -> Image.Image:
    """Convert the rarer kinds of pictures to what PNG and every OCR engine know."""
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
