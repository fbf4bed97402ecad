"""Size of a page as a picture."""

from __future__ import annotations

POINTS_PER_INCH = 72


def scale_for(size: tuple[float, float], wanted: float, max_pixels: int) -> float:
    """Return the wanted scale, or the largest one at which the picture has at most `max_pixels`.

    PDFium rounds both sides up.

    Args:
        size: width and height of the page in points.
        wanted: pixels per point.
        max_pixels: most pixels of the picture.
    """
    width, height = (max(1.0, side) for side in size)
    largest = (max_pixels / (width * height)) ** 0.5
    if wanted <= largest:
        return wanted
    return min(max(1, int(side * largest)) / side for side in (width, height))
