"""Scanned pages for tests that must not meet what an earlier test has paid for."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def stamped(tiff: bytes, mark: str) -> bytes:
    """Give a TIFF with a mark in small print on each of its pages."""
    pages = []
    with Image.open(io.BytesIO(tiff)) as picture:
        for frame in range(int(getattr(picture, "n_frames", 1))):
            picture.seek(frame)
            page = picture.convert("L")
            ImageDraw.Draw(page).text((4, 4), mark, fill=0)
            pages.append(page)
    output = io.BytesIO()
    pages[0].save(
        output, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate"
    )
    return output.getvalue()
