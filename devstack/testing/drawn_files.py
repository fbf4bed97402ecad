"""Pages on which text is drawn without characters, and pages whose drawings say nothing."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import pikepdf
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from devstack.testing.document_files import A4, Draw, both, pdf, text
from samples.builders.curves import curves, outline_of

FOOTER = "City Power Ltd, Main Street 1, Oldtown, telephone 555 0100, page 1 of 1"
NOTICE = (
    "FINAL NOTICE",
    "Your account 4711 is overdue. Pay 1,240.50 EUR",
    "within 48 hours or the electricity supply will be",
    "disconnected and legal action will be taken.",
)


def footer(canvas: Canvas) -> None:
    """Draw a line of text at the bottom."""
    canvas.setFont("Helvetica", 9)
    canvas.drawString(60, 60, FOOTER)


def with_content(content: bytes, added: str) -> bytes:
    """Return a PDF with operators added to its first page."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        page = document.pages[0]
        page.contents_add(document.make_stream(f"q {added} Q".encode()))
        document.save(output)
    return output.getvalue()


def in_curves(lines: Sequence[str] = NOTICE, *, size: float = 12) -> bytes:
    """Return a page whose body is drawn as curves, over a footer that is text."""
    return with_content(pdf(footer), curves(lines, size=size))


def in_a_pattern(lines: Sequence[str] = NOTICE) -> bytes:
    """Return a page whose body is the pattern that fills an area, over a footer that is text."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(footer))) as document:
        page = document.pages[0]
        pattern = document.make_stream(
            curves(lines).encode(),
            Type=pikepdf.Name.Pattern,
            PatternType=1,
            PaintType=1,
            TilingType=1,
            BBox=pikepdf.Array([0, 0, *A4]),
            XStep=A4[0],
            YStep=A4[1],
            Resources=pikepdf.Dictionary(),
        )
        page.Resources.Pattern = pikepdf.Dictionary(P=pattern)
        operators = b"q /Pattern cs /P scn 0 0 595 842 re f Q"
        page.contents_add(document.make_stream(operators))
        document.save(output)
    return output.getvalue()


def in_a_drawing(lines: Sequence[str] = NOTICE, *, levels: int = 1) -> bytes:
    """Return a page whose body is curves within drawings within drawings, over a text footer."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(footer))) as document:
        page = document.pages[0]
        operators, resources = curves(lines).encode(), pikepdf.Dictionary()
        for _ in range(levels):
            inner = document.make_stream(
                operators,
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Form,
                BBox=pikepdf.Array([0, 0, *A4]),
                Resources=resources,
            )
            operators, resources = b"/D Do", pikepdf.Dictionary(XObject=pikepdf.Dictionary(D=inner))
        page.Resources.XObject = resources.XObject
        page.contents_add(document.make_stream(operators))
        document.save(output)
    return output.getvalue()


def in_a_font_of_drawings(lines: Sequence[str] = NOTICE, *, size: float = 12) -> bytes:
    """Return a page whose body is in a font of drawings without names, over a text footer."""
    letters = sorted({letter for line in lines for letter in line})
    codes = {letter: code for code, letter in enumerate(letters, 128)}
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(footer))) as document:
        page = document.pages[0]
        procedures, names, widths = pikepdf.Dictionary(), pikepdf.Array([128]), pikepdf.Array()
        for letter in letters:
            path, advance = outline_of(letter)
            drawn = "\n".join(
                "h" if operator == "h" else f"{1000 * x:.0f} {1000 * y:.0f} {operator}"
                for x, y, operator in path
            )
            name = f"/g{codes[letter]}"
            procedures[name] = document.make_stream(f"{advance * 1000:.0f} 0 d0 {drawn} f".encode())
            names.append(pikepdf.Name(name))
            widths.append(round(advance * 1000))
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type3,
            FontBBox=pikepdf.Array([0, -300, 1000, 1000]),
            FontMatrix=pikepdf.Array([0.001, 0, 0, 0.001, 0, 0]),
            CharProcs=procedures,
            Encoding=pikepdf.Dictionary(Differences=names),
            FirstChar=128,
            LastChar=127 + len(letters),
            Widths=widths,
        )
        page.Resources.Font["/T3"] = document.make_indirect(font)
        shown = [
            f"BT /T3 {size} Tf 60 {700 - 1.4 * size * row} Td "
            f"<{''.join(f'{codes[letter]:02x}' for letter in line)}> Tj ET"
            for row, line in enumerate(lines)
        ]
        page.contents_add(document.make_stream("\n".join(shown).encode()))
        document.save(output)
    return output.getvalue()


def picture_of(
    lines: Sequence[str] = NOTICE, *, ink: int = 0, paper: int = 255, turned: int = 0
) -> Image.Image:
    """Return a picture of lines of text, three pixels for a point at 12 points."""
    font = ImageFont.load_default(36)
    width = max(round(font.getlength(line)) for line in lines) + 40
    picture = Image.new("L", (width, 50 * len(lines) + 40), paper)
    drawing = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        drawing.text((20, 20 + 50 * row), line, fill=ink, font=font)
    return picture.rotate(turned, expand=True, fillcolor=paper)


def placed(picture: Image.Image, x: float = 60, y: float = 200, scale: float = 1 / 3) -> Draw:
    """Return a drawing of a picture, with its lower left corner at a place."""

    def draw(canvas: Canvas) -> None:
        size = picture.width * scale, picture.height * scale
        canvas.drawImage(ImageReader(picture), x, y, *size)

    return draw


def inline(picture: Image.Image, x: float = 60, y: float = 200, scale: float = 1 / 3) -> Draw:
    """Return a drawing of a picture within the page's own content."""

    def draw(canvas: Canvas) -> None:
        size = picture.width * scale, picture.height * scale
        canvas.drawInlineImage(picture, x, y, *size)

    return draw


def logo(canvas: Canvas) -> None:
    """Draw the sign and the name of a company, as curves and as a picture."""
    canvas.circle(90, 790, 20, fill=1)
    placed(picture_of(["Tulip Society"]), 120, 775)(canvas)


def ruled_table(canvas: Canvas) -> None:
    """Draw a table with rules and shaded rows; its texts are characters."""
    for row in range(30):
        canvas.setFillGray(0.9 if row % 2 else 1)
        canvas.rect(50, 100 + 20 * row, 500, 20, fill=1)
        canvas.setFillGray(0)
        for column in range(6):
            canvas.rect(50 + 80 * column, 100 + 20 * row, 80, 20, fill=0)
            canvas.drawString(55 + 80 * column, 106 + 20 * row, f"item {row * column}")


def bar_chart(canvas: Canvas) -> None:
    """Draw a picture of a chart with bars, axes and three labels."""
    chart = Image.new("L", (900, 600), 255)
    drawing = ImageDraw.Draw(chart)
    for line in range(5):
        drawing.line((60, 60 + 110 * line, 880, 60 + 110 * line), fill=150, width=2)
    for bar in range(12):
        height = 60 + (bar * 137) % 380
        drawing.rectangle((80 + 65 * bar, 540 - height, 120 + 65 * bar, 540), fill=90)
    for at, label in ((100, "North"), (400, "South"), (700, "West")):
        drawing.text((at, 550), label, fill=0, font_size=32)
    placed(chart, 60, 120)(canvas)


def line_chart(canvas: Canvas) -> None:
    """Draw a chart of curves, with ticks and a grid."""
    for line in range(12):
        canvas.line(80, 120 + 20 * line, 500, 120 + 20 * line)
        canvas.line(80 + 35 * line, 116, 80 + 35 * line, 120)
    for phase in range(3):
        path = canvas.beginPath()
        path.moveTo(80, 200)
        for step in range(420):
            path.lineTo(80 + step, 230 + 90 * math.sin(step / 40 + phase))
        canvas.drawPath(path)


def photo(canvas: Canvas) -> None:
    """Draw a picture like a photo: areas that flow into each other, with much fine detail."""
    clouds = Image.effect_noise((24, 16), 120).resize((900, 600), Image.Resampling.BICUBIC)
    detail = Image.effect_noise((900, 600), 60)
    branches = Image.effect_mandelbrot((900, 600), (-1.5, -1, 0.5, 1), 40).convert("L")
    placed(Image.blend(Image.blend(clouds, detail, 0.3), branches, 0.4), 60, 120)(canvas)


def signature(canvas: Canvas) -> None:
    """Draw a signature as one long stroke."""
    path = canvas.beginPath()
    path.moveTo(60, 160)
    for step in range(200):
        at = step / 200
        path.lineTo(60 + 130 * at + 9 * math.sin(60 * at), 160 + 22 * math.sin(41 * at) * (1 - at))
    canvas.setLineWidth(1.2)
    canvas.drawPath(path)


def watermark(canvas: Canvas) -> None:
    """Draw a pale word across the page, as a picture."""
    placed(picture_of(["CONFIDENTIAL"], ink=215, turned=45), 60, 150, 1.6)(canvas)


def city_map(canvas: Canvas) -> None:
    """Draw a picture of crooked streets with three names."""
    paper = Image.new("L", (900, 900), 245)
    drawing = ImageDraw.Draw(paper)
    for street in range(24):
        points = [
            (x, 40 * street + 60 * math.sin(x / 90 + street) + 7 * (street * x % 5))
            for x in range(0, 901, 30)
        ]
        drawing.line(points, fill=120, width=3)
        drawing.line([(y, x) for x, y in points], fill=120, width=3)
    for at, name in (((100, 200), "Oldtown"), ((500, 420), "Castle"), ((300, 700), "Station")):
        drawing.text(at, name, fill=0, font_size=36)
    placed(paper, 60, 100)(canvas)


def dots(canvas: Canvas) -> None:
    """Draw a picture of dots in rows, as a decoration."""
    for row in range(20):
        for column in range(40):
            canvas.circle(60 + 12 * column, 120 + 12 * row, 2, fill=1)


def page_with(draw: Draw) -> bytes:
    """Return a page of text with a drawing below it."""
    return pdf(both(text(12), draw))
