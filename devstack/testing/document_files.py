"""Files of the formats taken, ordinary and odd ones, each made by one call."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

A4 = (595, 842)


SENTENCE = "The quarterly report shows that revenue grew by four percent."


DOCX, XLSX, PPTX = (
    f"application/vnd.openxmlformats-officedocument.{kind}"
    for kind in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)


HTML = "text/html"


Draw = Callable[[Canvas], object]


def pdf(*pages: Draw, compressed: bool = True) -> bytes:
    """Return a PDF, one page for each drawing."""
    output = io.BytesIO()
    canvas = Canvas(output, pagesize=A4, pageCompression=int(compressed))
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def text(lines: int = 10, content: str = SENTENCE) -> Draw:
    """Return a drawing of so many numbered lines of text."""

    def draw(canvas: Canvas) -> None:
        for line in range(lines):
            canvas.drawString(50, 800 - 14 * line, f"{line + 1} {content}")

    return draw


def scan(share: float = 1.0) -> Draw:
    """Draw a picture that covers this share of the page, from the bottom."""
    noise = ImageReader(Image.effect_noise((60, 80), 90))

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(noise, 0, 0, A4[0], A4[1] * share)

    return draw


def letterhead(canvas: Canvas) -> None:
    """Draw a picture of the whole page that shows a name at its top alone."""
    paper = Image.new("L", (600, 800), 250)
    ImageDraw.Draw(paper).text((20, 20), "Tulip Society", fill=60, font_size=30)
    canvas.drawImage(ImageReader(paper), 0, 0, *A4)


def scaled(draw: Draw) -> Draw:
    """Draw within a drawing that is small by itself, and enlarged where it is used."""

    def drawn(canvas: Canvas) -> None:
        canvas.beginForm("small")
        canvas.scale(0.001, 0.001)
        draw(canvas)
        canvas.endForm()
        canvas.saveState()
        canvas.scale(1000, 1000)
        canvas.doForm("small")
        canvas.restoreState()

    return drawn


def both(*draws: Draw) -> Draw:
    """Return a drawing that is several, one over the other."""
    return lambda canvas: [draw(canvas) for draw in draws]


def saved(
    content: bytes, *, linearize: bool = False, encryption: pikepdf.Encryption | None = None
) -> bytes:
    """Return a PDF saved anew: made for reading page by page, or encrypted."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        document.save(output, linearize=linearize, encryption=encryption)
    return output.getvalue()


def locked(user: str, owner: str = "owner") -> bytes:
    """Return a PDF with these passwords."""
    return saved(pdf(text()), encryption=pikepdf.Encryption(owner=owner, user=user))


def picture(kind: str, size: tuple[int, int] = (120, 160), mode: str = "L") -> bytes:
    """Return a picture of noise; its format and mode are named as Pillow names them."""
    output = io.BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(output, kind)
    return output.getvalue()


def tiff(
    frames: int, mode: str = "L", *, compression: str | None = None, big_tiff: bool = False
) -> bytes:
    """Return a TIFF of so many pages of noise."""
    output = io.BytesIO()
    pages = [Image.effect_noise((90, 120), 80).convert(mode) for _ in range(frames)]
    pages[0].save(
        output,
        "TIFF",
        save_all=True,
        append_images=pages[1:],
        compression=compression,
        big_tiff=big_tiff,
    )
    return output.getvalue()


def with_overview() -> bytes:
    """Return a TIFF of two pages with a smaller copy of the first between them."""
    output = io.BytesIO()
    first, small, second = (Image.effect_noise((side, 120), 80) for side in (90, 45, 80))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    first.save(output, "TIFF", save_all=True, append_images=[small, second])
    return output.getvalue()


def with_entry(name: str, value: object, form: dict[str, object] | None = None) -> bytes:
    """Return a PDF of one page with an entry in its catalog, and a form."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(text(1)))) as document:
        document.Root[name] = value
        document.Root.AcroForm = pikepdf.Dictionary(form or {"/Fields": []})
        document.save(output)
    return output.getvalue()


def few_paths(canvas: Canvas) -> None:
    """Draw a frame."""
    canvas.rect(100, 100, 200, 200, stroke=1, fill=0)


def white_area(canvas: Canvas) -> None:
    """Draw a white area over the whole page."""
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(0, 0, *A4, stroke=0, fill=1)
