"""How much of a page its pictures cover, and whether its text layer says what the page shows."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence

import pypdfium2 as pdfium
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from pypdfium2 import raw

from docflow.parser.formats.pdf.raster import POINTS_PER_INCH, scale_for
from docflow.parser.text.strokes import WrittenLine, written_lines

COLUMNS, ROWS = 60, 80
"""Cells that a page is divided into; a line of text is about one cell high."""
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

DPI = 90
"""Resolution at which the letters of small print are still apart."""
SEEN_PIXELS = 1_000_000
"""Largest picture of a page that is examined: A4 and Letter have less at that resolution."""
SURROUNDINGS = 7
"""Pixels around a stroke that it is compared with; more than the thickness of a letter."""
BESIDE_LETTERS = 2
"""Pixels around the text of the layer that are its own: accents, and the blur of its edges."""
LARGE_SIDE = 48.0
"""Shorter side, in points, from which the edge of a picture is left out, since it is no stroke."""
FEWEST_STROKES = 150
"""Fewest pixels of strokes that may be writing."""

PICTURES = {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING}
RULE_LENGTH = 24.0
"""Least length, in points, of a straight line or a plain area; shorter ones may be parts of
letters."""
FRAME_PARTS = 5
"""Most segments of a line, a frame or a plain area."""
LETTER_PARTS = 4
"""Fewest segments of a drawn letter."""
PATTERN_COLORS = {(191, 191, 191), None}
"""What PDFium gives as the colour of a pattern, in which anything may be drawn."""
SMALL_PICTURES, SMALL_POINTS = 10, 1_000.0
"""Most number, and most points squared together, of pictures that say nothing, as of bullets."""

WRITTEN_LETTERS = 22
"""Fewest letters, over all lines of writing, that a page must say; logos and labels have fewer."""
HEAD_SHARE, HEAD_LETTERS = 0.14, 120
"""Share of the page at its top that is its letterhead, and the fewest letters that count there."""

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
    """Return whether a page shows more than its text layer says, whatever draws it.

    That is either lines of writing, drawn as a picture, as curves, or by fonts that name no
    characters; or a large picture with much that the text over it leaves out.
    """
    drawn = _drawn_besides(page, layer)
    if drawn is None or (seen := _seen(page)) is None:
        return False
    texts = [layer.get_rect(number) for number in range(layer.count_rects())]
    pictures, said = _mask(page, drawn), _mask(page, texts)
    said_around = said.filter(ImageFilter.MaxFilter(AROUND_TEXT))
    head = HEAD_SHARE * seen.height
    darker = _strokes(seen, darker=True)
    own = _marked(page, texts, seen.size, beside=BESIDE_LETTERS)
    large = [box for box in drawn if min(box[2] - box[0], box[3] - box[1]) >= LARGE_SIDE]
    edges = ImageChops.subtract(
        _marked(page, large, seen.size, beside=SURROUNDINGS),
        _marked(page, large, seen.size, beside=-SURROUNDINGS),
    )
    own = ImageChops.lighter(own, edges)
    if _overlap(pictures, said):
        # Text over a picture is the text layer of a scan, which is not exact.
        own = ImageChops.lighter(own, ImageChops.multiply(pictures, said_around).resize(seen.size))
    if _is_written(_lines(darker, own), head):
        return True
    lighter = _strokes(seen, darker=False)
    return _is_written(_lines(lighter, own, seen), head) or _leaves_out_much(
        pictures, said_around, ImageChops.lighter(darker, lighter)
    )


def _drawn_besides(page: pdfium.PdfPage, layer: pdfium.PdfTextPage) -> list[Box] | None:
    """Return the places of a page's pictures; None where it has nothing but text and rules.

    It is answered object by object, without drawing: most pages are text, with rules and plain
    areas, and so is what has too few parts to be letters.
    """
    pictures: list[Box] = []
    texts: list[pdfium.PdfObject] = []
    parts = 0
    patterns = False
    for count, item in enumerate(page.get_objects(max_depth=DEEPEST)):
        if count >= MAX_OBJECTS:
            patterns = True
            break
        if item.type == raw.FPDF_PAGEOBJ_TEXT:
            texts.append(item)
        elif item.type == raw.FPDF_PAGEOBJ_PATH:
            parts += _letter_parts(item)
            patterns = patterns or _has_pattern(item)
        elif item.type in PICTURES:
            pictures.append(place_of(item))
        else:
            patterns = patterns or item.level >= DEEPEST - 1  # what it holds is not examined
    area = sum((right - left) * (top - bottom) for left, bottom, right, top in pictures)
    plain = not patterns and parts < LETTER_PARTS * WRITTEN_LETTERS
    few = len(pictures) <= SMALL_PICTURES and area <= SMALL_POINTS
    return None if plain and few and _all_said(texts, layer) else pictures


def _letter_parts(path: pdfium.PdfObject) -> int:
    """Return the segments of a path that may be letters: not those of lines and plain areas."""
    parts = int(raw.FPDFPath_CountSegments(path))
    if parts > FRAME_PARTS:
        return parts
    left, bottom, right, top = path.get_bounds()
    return parts if max(right - left, top - bottom) < RULE_LENGTH else 0


def _has_pattern(path: pdfium.PdfObject) -> bool:
    """Return whether a path may be filled with a pattern."""
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, filled, stroked)
    if filled.value == raw.FPDF_FILLMODE_NONE:
        return False
    color = [ctypes.c_uint() for _ in range(4)]
    known = raw.FPDFPageObj_GetFillColor(path, *color)
    return (tuple(each.value for each in color[:3]) if known else None) in PATTERN_COLORS


def _all_said(texts: Sequence[pdfium.PdfObject], layer: pdfium.PdfTextPage) -> bool:
    """Return whether all text gave characters; fonts that are drawings may name none."""
    fonts: dict[int, bool] = {}
    drawn = [text for text in texts if _is_in_drawings(text, fonts)]
    if not drawn:
        return True
    said = {
        ctypes.addressof(text.contents)
        for at in range(layer.count_chars())
        if (text := raw.FPDFText_GetTextObject(layer, at))
    }
    return said.issuperset(ctypes.addressof(text.raw.contents) for text in drawn)


def _is_in_drawings(text: pdfium.PdfObject, fonts: dict[int, bool]) -> bool:
    """Return whether the font of a text has no file, as one whose letters are drawings (Type 3)."""
    font = raw.FPDFTextObj_GetFont(text)
    if not font:
        return True
    key = ctypes.addressof(font.contents)
    if key not in fonts:
        size = ctypes.c_size_t()
        known = raw.FPDFFont_GetFontData(font, None, 0, size)
        fonts[key] = not known or size.value == 0
    return fonts[key]


def _leaves_out_much(pictures: Image.Image, said: Image.Image, strokes: Image.Image) -> bool:
    """Return whether the text over a large picture leaves out much, as over a scan with a stamp."""
    if _share(pictures) < LARGE_SHARE:
        return False
    cells = strokes.resize((COLUMNS, ROWS), Image.Resampling.BOX).point(_is_taken)
    shown = ImageChops.multiply(pictures, cells)
    unsaid = _share(ImageChops.subtract(shown, said))
    return unsaid > max(SHOWN_SHARE, UNSAID_SHARE * _share(shown))


def _lines(
    strokes: Image.Image, own: Image.Image, ground: Image.Image | None = None
) -> list[WrittenLine]:
    """Return the lines of writing in strokes that are not the text's own."""
    unsaid = ImageChops.subtract(strokes, own)
    if sum(unsaid.histogram()[128:]) < FEWEST_STROKES:
        return []
    return written_lines(unsaid, enough=WRITTEN_LETTERS, ground=ground)


def _is_written(lines: Iterable[WrittenLine], head: float) -> bool:
    """Return whether lines are more writing than a logo or the labels of a chart have."""
    total = below = 0.0
    for line in lines:
        total += line.letters
        below += line.letters if line.box[3] > head else 0
    return below >= WRITTEN_LETTERS or total >= HEAD_LETTERS


def _mask(page: pdfium.PdfPage, boxes: Iterable[Box]) -> Image.Image:
    """Mark the cells of the page that boxes touch."""
    return _marked(page, boxes, (COLUMNS, ROWS), beside=0)


def _marked(
    page: pdfium.PdfPage, boxes: Iterable[Box], size: tuple[int, int], *, beside: int
) -> Image.Image:
    """Mark boxes, and so many pixels beside them, in a picture of the page of a size."""
    left, bottom, right, top = page.get_bbox()
    across, down = size[0] / max(1.0, right - left), size[1] / max(1.0, top - bottom)
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    for x1, y1, x2, y2 in boxes:
        begin_x = _within((x1 - left) * across - beside, size[0])
        begin_y = _within((top - y2) * down - beside, size[1])
        end_x = _within((x2 - left) * across + beside, size[0])
        end_y = _within((top - y1) * down + beside, size[1])
        if begin_x < end_x and begin_y < end_y:
            draw.rectangle((begin_x, begin_y, end_x - 1, end_y - 1), fill=255)
    return mask


def _within(cells: float, most: int) -> int:
    return round(min(max(cells, 0), most))


def _seen(page: pdfium.PdfPage) -> Image.Image | None:
    """Draw a page in grey, as its coordinates lie; None where nothing of it is on its paper."""
    across = (360 - page.get_rotation()) % 360
    scale = scale_for(page.get_size(), DPI / POINTS_PER_INCH, SEEN_PIXELS)
    try:
        seen: Image.Image = page.render(scale=scale, rotation=across, grayscale=True).to_pil()
    except ValueError:
        return None
    return seen.convert("L")


def _strokes(seen: Image.Image, *, darker: bool) -> Image.Image:
    """Mark what is darker, or lighter, than its surroundings."""
    around = seen.filter(ImageFilter.BoxBlur(SURROUNDINGS))
    first, second = (around, seen) if darker else (seen, around)
    return ImageChops.subtract(first, second).point(_is_stroke)


def _is_stroke(contrast: int) -> int:
    return 255 if contrast > STROKE_CONTRAST else 0


def _is_taken(share: int) -> int:
    return 255 if share > STROKE_SHARE * 255 else 0


def _overlap(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.multiply(one, other).getbbox() is not None


def _share(mask: Image.Image) -> float:
    return float(mask.histogram()[255] / (COLUMNS * ROWS))
