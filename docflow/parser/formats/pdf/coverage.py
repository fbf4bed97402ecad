"""How much of a page its pictures cover, and whether its text layer says what they show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pypdfium2 as pdfium
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from pypdfium2 import raw

COLUMNS, ROWS = 60, 80
"""Cells that a page is divided into; a line of text is about one cell high."""
CELL_PIXELS = 10
STROKE_CONTRAST = 48
"""Difference of grey, of 255, between a stroke and its surroundings; noise differs less."""
STROKE_SHARE = 0.03
"""Share of a cell that strokes cover where the cell shows something."""
LARGE_SHARE = 0.35
"""Share of the page above which a picture may be its content."""
SHOWN_SHARE = 0.02
"""Share of the page where a picture must show something; an empty letterhead shows less."""
UNSAID_SHARE = 0.6
"""Share of a picture's strokes that the text may leave out: borders, stamps, signatures."""
AROUND_TEXT = 5
"""Size, in cells, of the area around text that it covers: text layers of scans are not exact."""
MAX_OBJECTS = 5_000
"""Most objects of a page that are examined; drawings may have millions."""
DEEPEST = 3
"""Levels of nested drawings that are examined."""

Box = tuple[float, float, float, float]


def objects_of(page: pdfium.PdfPage) -> Iterator[pdfium.PdfObject]:
    """Return the objects of a page, at most `MAX_OBJECTS`."""
    for count, item in enumerate(page.get_objects(max_depth=DEEPEST)):
        if count >= MAX_OBJECTS:
            return
        yield item


def place_of(item: pdfium.PdfObject) -> Box:
    """Return the box of an object on its page, also inside drawings that are moved or scaled."""
    left, bottom, right, top = item.get_bounds()
    corners = [(x, y) for x in (left, right) for y in (bottom, top)]
    drawing = item.container
    while drawing is not None:
        matrix = drawing.get_matrix()
        corners = [matrix.on_point(x, y) for x, y in corners]
        drawing = drawing.container
    across, up = zip(*corners, strict=True)
    return min(across), min(up), max(across), max(up)


def covered_share(page: pdfium.PdfPage, pictures: Iterable[Box]) -> float:
    """Return the share of a page that pictures cover, 0 to 1."""
    return _share(_mask(page, pictures))


def shows_unsaid(page: pdfium.PdfPage, layer: pdfium.PdfTextPage) -> bool:
    """Return whether a large picture shows more than the text over it, as a scan with a stamp."""
    pictures = _mask(page, _pictures(page))
    if _share(pictures) < LARGE_SHARE:
        return False
    shown = ImageChops.multiply(pictures, _strokes(page))
    texts = (layer.get_rect(number) for number in range(layer.count_rects()))
    said = _mask(page, texts).filter(ImageFilter.MaxFilter(AROUND_TEXT))
    unsaid = _share(ImageChops.subtract(shown, said))
    return unsaid > max(SHOWN_SHARE, UNSAID_SHARE * _share(shown))


def _pictures(page: pdfium.PdfPage) -> Iterator[Box]:
    return (place_of(each) for each in objects_of(page) if each.type == raw.FPDF_PAGEOBJ_IMAGE)


def _mask(page: pdfium.PdfPage, boxes: Iterable[Box]) -> Image.Image:
    """Mark the cells of the page that boxes touch."""
    left, bottom, right, top = page.get_bbox()
    across, down = COLUMNS / max(1.0, right - left), ROWS / max(1.0, top - bottom)
    mask = Image.new("L", (COLUMNS, ROWS))
    draw = ImageDraw.Draw(mask)
    for x1, y1, x2, y2 in boxes:
        begin = _within((x1 - left) * across, COLUMNS), _within((top - y2) * down, ROWS)
        end = _within((x2 - left) * across, COLUMNS), _within((top - y1) * down, ROWS)
        if begin[0] < end[0] and begin[1] < end[1]:
            draw.rectangle((*begin, end[0] - 1, end[1] - 1), fill=255)
    return mask


def _within(cells: float, most: int) -> int:
    return round(min(max(cells, 0), most))


def _strokes(page: pdfium.PdfPage) -> Image.Image:
    """Mark the cells where something differs from its surroundings."""
    across = (360 - page.get_rotation()) % 360
    scale = (COLUMNS * CELL_PIXELS * ROWS * CELL_PIXELS / _area(page)) ** 0.5
    seen = page.render(scale=scale, rotation=across, grayscale=True).to_pil()
    seen = seen.resize((COLUMNS * CELL_PIXELS, ROWS * CELL_PIXELS))
    around = seen.filter(ImageFilter.BoxBlur(CELL_PIXELS))
    strokes = ImageChops.difference(seen, around).point(_is_stroke)
    return strokes.reduce(CELL_PIXELS).point(_is_taken)


def _area(page: pdfium.PdfPage) -> float:
    width, height = page.get_size()
    return float(max(1.0, width) * max(1.0, height))


def _is_stroke(contrast: int) -> int:
    return 255 if contrast > STROKE_CONTRAST else 0


def _is_taken(share: int) -> int:
    return 255 if share > STROKE_SHARE * 255 else 0


def _share(mask: Image.Image) -> float:
    return float(mask.histogram()[255] / (COLUMNS * ROWS))
