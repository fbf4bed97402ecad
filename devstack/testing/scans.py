"""Scanned pages for tests that must not meet what an earlier test has paid for."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def stamped(tiff: bytes, mark: str) -> bytes:
    """Return a TIFF with a mark in small print on each of its pages."""
    pages: list[Image.Image] = []
    with Image.open(io.BytesIO(tiff)) as picture:
        for frame in range(int(getattr(picture, "n_frames", 1))):
            picture.seek(frame)
            page = picture.convert("L")
            ImageDraw.Draw(page).text((4, 4), mark, fill=0)
            pages.append(page)
    return _tiff(pages)


def numbered(count: int) -> bytes:
    """Make a TIFF whose pages say which sheet they are, in large print that OCR reads at once."""
    pages = []
    for number in range(1, count + 1):
        page = Image.new("L", (640, 160), 255)
        ImageDraw.Draw(page).text((30, 40), f"Sheet {number}", fill=0, font_size=72)
        pages.append(page)
    return _tiff(pages)


def _tiff(pages: list[Image.Image]) -> bytes:
    output = io.BytesIO()
    pages[0].save(
        output, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate"
    )
    return output.getvalue()
