"""Page layout for the PDF samples: faces, styles and a build that gives the same bytes each time.

PDFs with a text layer use the standard PDF fonts. Pages that become a picture use the Type 1
faces that reportlab ships, embedded, so that no font of the machine can change the picture.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import reportlab
from reportlab.lib.colors import Color, HexColor, black
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    HRFlowable,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

FONT_FOLDER = Path(reportlab.__file__).parent / "fonts"
GREY = HexColor("#555555")

# Family: the shipped files of its regular, bold, italic and bold italic face.
TYPE_1_FAMILIES = {
    "serif": ("_er_____", "_eb_____", "_ei_____", "_ebi____"),
    "sans": ("_a______", "_ab_____", "_ai_____", "_abi____"),
    "mono": ("com_____", "cob_____", "coo_____", "cobo____"),
    "script": ("callig15",) * 4,
}


@dataclass(frozen=True, slots=True)
class Faces:
    """The font names that one document is set in."""

    regular: str
    bold: str
    italic: str
    mono: str = "Courier"
    # The calligraphic face has no blank: a signature is one word.
    script: str = "Times-Italic"


SERIF = Faces("Times-Roman", "Times-Bold", "Times-Italic")
SANS = Faces("Helvetica", "Helvetica-Bold", "Helvetica-Oblique")


@cache
def embedded_faces(family: str) -> Faces:
    """Registers the faces that reportlab ships and names those of a family.

    Args:
        family: `serif` or `sans`.

    Returns:
        Faces whose outlines travel inside the PDF.
    """
    regular, bold, italic, _ = _register_family(family)
    return Faces(regular, bold, italic, _register_family("mono")[0], _register_family("script")[0])


@cache
def _register_family(family: str) -> list[str]:
    names: list[str] = []
    for stem in TYPE_1_FAMILIES[family]:
        path = FONT_FOLDER / stem
        face = pdfmetrics.EmbeddedType1Face(f"{path}.afm", f"{path}.pfb")
        # The calligraphic face has an encoding of its own, the others read as plain Latin text.
        encoding = face.requiredEncoding or "WinAnsiEncoding"
        names.append(f"embedded-{face.name}".lower())
        pdfmetrics.registerTypeFace(face)
        pdfmetrics.registerFont(pdfmetrics.Font(names[-1], face.name, encoding))
    pdfmetrics.registerFontFamily(names[0], *names)
    return names


@dataclass(frozen=True, slots=True)
class Styles:
    """The paragraph styles of one document, all in its faces."""

    body: ParagraphStyle
    heading: ParagraphStyle
    title: ParagraphStyle
    small: ParagraphStyle
    right: ParagraphStyle
    centred: ParagraphStyle
    signature: ParagraphStyle


def styles_for(faces: Faces, size: float = 10.5) -> Styles:
    """Makes the styles of a document.

    Args:
        faces: The fonts to set it in.
        size: The size of body text, in points; the other sizes follow from it.
    """

    def style(
        name: str,
        font: str,
        scale: float = 1.0,
        *,
        before: float = 0,
        after: float = 0,
        alignment: int = TA_LEFT,
        colour: Color = black,
    ) -> ParagraphStyle:
        return ParagraphStyle(
            name,
            fontName=font,
            fontSize=size * scale,
            leading=size * scale * 1.36,
            spaceBefore=size * before,
            spaceAfter=size * after,
            alignment=alignment,
            textColor=colour,
        )

    return Styles(
        body=style("body", faces.regular, after=0.75),
        heading=style("heading", faces.bold, 1.15, before=0.7, after=0.5),
        title=style("title", faces.bold, 1.8, after=1),
        small=style("small", faces.regular, 0.82, colour=GREY),
        right=style("right", faces.regular, alignment=TA_RIGHT),
        centred=style("centred", faces.bold, 1.3, alignment=TA_CENTER, after=1),
        signature=style("signature", faces.script, 2.0, before=0.4),
    )


PageMark = Callable[[Canvas, int], None]


def no_mark(_canvas: Canvas, _number: int) -> None:
    """Leaves the page as the story made it."""


def build_pdf(
    story: Sequence[Flowable],
    *,
    title: str,
    author: str,
    mark: PageMark = no_mark,
    language: str = "en-GB",
    lock: StandardEncryption | None = None,
) -> bytes:
    """Lays a story out on A4 pages.

    Args:
        story: What stands on the pages, in reading order.
        title: The document title in the PDF's properties.
        author: The author in the PDF's properties.
        mark: Draws on each page (a footer, say); gets the canvas and the page number from 1.
        language: The language tag in the PDF's catalogue.
        lock: The encryption to put on it, if any.

    Returns:
        The PDF. Dates and ids are fixed and streams are not compressed, so that neither the day
        nor the machine's zlib shows in the bytes.
    """
    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=A4,
        title=title,
        author=author,
        creator="docflow samples",
        invariant=1,
        pageCompression=0,
        lang=language,
        encrypt=lock,
    )
    frame = Frame(24 * mm, 20 * mm, A4[0] - 48 * mm, A4[1] - 38 * mm, 0, 0, 0, 0)
    template = PageTemplate(
        id="page", frames=[frame], onPage=lambda canvas, doc: mark(canvas, doc.page)
    )
    document.addPageTemplates([template])
    document.build(list(story))
    return buffer.getvalue()


def footer(text: str, faces: Faces, *, size: float = 8) -> PageMark:
    """A page mark with a line of text at the left and the page number at the right."""

    def draw(canvas: Canvas, number: int) -> None:
        canvas.saveState()
        canvas.setFont(faces.regular, size)
        canvas.setFillColor(GREY)
        canvas.drawString(24 * mm, 11 * mm, text)
        canvas.drawRightString(A4[0] - 24 * mm, 11 * mm, f"{number}")
        canvas.restoreState()

    return draw


def table(
    rows: Sequence[Sequence[str]], widths_mm: Sequence[float], faces: Faces, *, size: float = 9.5
) -> Table:
    """A ruled table with a bold first row; columns after the first are set to the right."""
    made = Table(
        [list(row) for row in rows], colWidths=[width * mm for width in widths_mm], hAlign="LEFT"
    )
    made.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), faces.regular, size),
                ("FONT", (0, 0), (-1, 0), faces.bold, size),
                ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.9, black),
                ("LINEBELOW", (0, 1), (-1, -1), 0.25, GREY),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return made


def rule(*, thickness: float = 0.8, after_mm: float = 4) -> HRFlowable:
    """A line across the text."""
    return HRFlowable(width="100%", thickness=thickness, color=black, spaceAfter=after_mm * mm)


def gap(height_mm: float) -> Spacer:
    """Empty space between two blocks."""
    return Spacer(1, height_mm * mm)


def lines(texts: Sequence[str], style: ParagraphStyle) -> Paragraph:
    """Several short lines as one block, such as a postal address."""
    return Paragraph("<br/>".join(texts), style)
