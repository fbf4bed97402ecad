"""PDF: which pages have text that can be trusted, and what goes to OCR."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from devstack.testing.document_files import (
    A4,
    SENTENCE,
    Draw,
    both,
    few_paths,
    letterhead,
    pdf,
    saved,
    scaled,
    scan,
    text,
    white_area,
)
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.errors import PermanentError
from docflow.models.states import OcrMode, PageMethod
from docflow.ports import PageSplit

TWO_BYTES = 0xFFFF


def of_glyphs(line: str, *, first: int) -> bytes:
    """Return a page whose font numbers its glyphs and has no map; a blank is the first of them."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=A4)
        descendant = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.CIDFontType2,
            BaseFont=pikepdf.Name.Some,
            DW=500,
            CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        )
        codes = document.make_stream(
            b"begincmap\n2 begincodespacerange\n<00> <80>\n<e00000> <efffff>\nendcodespacerange\n",
            pikepdf.Dictionary(Type=pikepdf.Name.CMap, CMapName=pikepdf.Name.Own),
        )
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type0,
            BaseFont=pikepdf.Name.Some,
            Encoding=codes if first > TWO_BYTES else pikepdf.Name("/Identity-H"),
            DescendantFonts=pikepdf.Array([document.make_indirect(descendant)]),
        )
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
        digits = 6 if first > TWO_BYTES else 4
        numbers = "".join(f"{ord(letter) - ord(' ') + first:0{digits}x}" for letter in line)
        page.Contents = document.make_stream(f"BT /F 12 Tf 50 800 Td <{numbers}> Tj ET".encode())
        output = io.BytesIO()
        document.save(output)
    return output.getvalue()


def of_drawn_letters() -> bytes:
    """Return a page whose letters are drawings that stand for no characters."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=A4)
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type3,
            FontBBox=pikepdf.Array([0, 0, 750, 750]),
            FontMatrix=pikepdf.Array([0.001, 0, 0, 0.001, 0, 0]),
            CharProcs=pikepdf.Dictionary(box=document.make_stream(b"800 0 d0 0 0 750 750 re f")),
            Encoding=pikepdf.Dictionary(Differences=pikepdf.Array([4, pikepdf.Name.box])),
            FirstChar=4,
            LastChar=4,
            Widths=pikepdf.Array([1000]),
        )
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
        page.Contents = document.make_stream(b"BT /F 30 Tf 50 800 Td <040404> Tj ET")
        output = io.BytesIO()
        document.save(output)
    return output.getvalue()


def test_a_page_without_measure_is_scaled_down(parser: SandboxedFileParser, file: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page(page_size=(14_400, 14_400))
    document.save(file)

    png = parser.render(file, content_type="application/pdf", page=1, max_pixels=250_000)

    assert Image.open(io.BytesIO(png)).size == (500, 500)


@pytest.mark.parametrize(
    ("draw", "method", "reason"),
    [
        (text(), "text-layer", "text layer of"),
        (text(1, "Page 3"), "text-layer", "text layer of 8 characters"),
        (both(text(), few_paths), "text-layer", "text layer of"),
        (both(scan(), text(50)), "text-layer", "text layer of"),
        (both(scan(), text(10)), "ocr", "shows more"),
        (both(scan(0.5), text(20)), "ocr", "shows more"),
        (both(scaled(scan()), text(10)), "ocr", "shows more"),
        (both(letterhead, text(20)), "text-layer", "text layer of"),
        (both(scan(0.3), text(2)), "text-layer", "text layer of"),
        (scan(), "ocr", "no text layer"),
        (both(scan(), text(2)), "ocr", "picture covers the page"),
        (both(scan(0.2), text(1, "Seite")), "ocr", "characters only"),
        (few_paths, "ocr", "no text layer"),
        (text(9, "/ # % & * + = < > / # % & * + ="), "ocr", "not readable"),
        (lambda canvas: None, "empty", "nothing on the page"),
        (white_area, "empty", "nothing on the page"),
    ],
)
def test_a_pdf_page_is_read_the_cheapest_way_that_can_be_trusted(
    file: Path,
    draw: Draw,
    method: str,
    reason: str,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(pdf(draw))

    split = split_of(file, "application/pdf")

    if method == "ocr":
        assert split.texts == []
        assert [page.number for page in split.ocr] == [1]
    else:
        (page,) = split.texts
        assert page.method == PageMethod(method)
        assert reason in page.reason
        assert split.ocr == []


def test_without_ocr_scans_stay_unread_and_say_so(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(pdf(text(), scan(), lambda canvas: None))

    split = split_of(file, "application/pdf", mode=OcrMode.NEVER)

    assert split.ocr == []
    assert [(page.method, page.unread) for page in split.texts] == [
        (PageMethod.TEXT_LAYER, False),
        (PageMethod.EMPTY, True),
        (PageMethod.EMPTY, False),
    ]
    assert split.texts[1].reason == "no text layer; OCR_MODE is never"


def test_every_page_with_anything_on_it_goes_to_ocr_where_that_is_wanted(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(pdf(text(), scan(), lambda canvas: None))

    split = split_of(file, "application/pdf", mode=OcrMode.ALWAYS)

    assert [page.number for page in split.ocr] == [1, 2]
    assert [page.number for page in split.texts] == [3]


def test_the_text_of_a_page_comes_line_by_line(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(pdf(text(2)))

    (page,) = split_of(file, "application/pdf").texts

    assert page.text == f"1 {SENTENCE}\n2 {SENTENCE}"
    assert (page.width, page.height, page.unit) == (*A4, "point")


def test_what_was_filled_into_a_form_is_part_of_the_page(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    def form(canvas: Canvas) -> None:
        canvas.drawString(50, 700, "Name of the applicant:")
        canvas.acroForm.textfield(value="Erika Mustermann", x=300, y=690, width=200, height=20)

    file.write_bytes(pdf(form, both(scan(), form)))

    split = split_of(file, "application/pdf")

    assert "Erika Mustermann" in split.texts[0].text
    with pikepdf.open(split.ocr[0].file) as single:
        assert "/Annots" not in single.pages[0] or not len(single.pages[0].Annots)


def test_a_page_of_glyphs_without_names_is_read_where_they_say_something(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(of_glyphs(SENTENCE, first=ord(" ")))
    assert split_of(file, "application/pdf").texts[0].text == SENTENCE

    file.write_bytes(of_glyphs(SENTENCE, first=3))
    assert split_of(file, "application/pdf").ocr[0].reason == "text layer is not readable"

    file.write_bytes(of_glyphs(SENTENCE, first=0xE0E0E0))
    assert split_of(file, "application/pdf").ocr[0].reason == "text layer is not readable"

    file.write_bytes(of_drawn_letters())
    assert split_of(file, "application/pdf").ocr[0].reason == "no text layer"


def test_a_page_of_which_nothing_is_on_its_paper_is_empty(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    with pikepdf.open(io.BytesIO(pdf(text(), text()))) as document:
        document.pages[1].MediaBox = pikepdf.Array([0, 0, 100, 100])
        document.pages[1].CropBox = pikepdf.Array([200, 200, 300, 300])
        document.save(file)

    pages = split_of(file, "application/pdf").texts

    assert [page.method for page in pages] == [PageMethod.TEXT_LAYER, PageMethod.EMPTY]


def test_a_broken_page_costs_that_page_alone(
    parser: SandboxedFileParser,
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    sound = pdf(text(), text(), text())
    pages = re.search(rb"/Kids \[ \d+ 0 R (\d+) 0 R \d+ 0 R \]", sound)
    assert pages is not None
    second = b"\n%b 0 obj\n" % pages.group(1)
    file.write_bytes(sound.replace(second + b"<<", second + b"[]"))

    split = split_of(file, "application/pdf")

    methods = [page.method for page in split.texts]
    assert methods == [PageMethod.TEXT_LAYER, PageMethod.FAILED, PageMethod.TEXT_LAYER]
    assert split.texts[1].error is not None
    assert split.texts[1].error.startswith("PAGE_DAMAGED: ")
    with pytest.raises(PermanentError, match="DAMAGED"):
        parser.render(file, content_type="application/pdf", page=2, max_pixels=1_000_000)


def test_a_mixed_pdf_is_split_page_by_page(file: Path, split_of: Callable[..., PageSplit]) -> None:
    file.write_bytes(pdf(text(), scan(), lambda canvas: None, scan(), text()))

    split = split_of(file, "application/pdf")

    assert [(page.number, page.method) for page in split.texts] == [
        (1, PageMethod.TEXT_LAYER),
        (3, PageMethod.EMPTY),
        (5, PageMethod.TEXT_LAYER),
    ]
    assert [page.number for page in split.ocr] == [2, 4]
    for page in split.ocr:
        with pikepdf.open(page.file) as single:
            assert len(single.pages) == 1
            assert len(single.pages[0].get_images()) == 1


def test_a_page_that_is_split_off_again_has_the_same_bytes(
    file: Path,
    tmp_path: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(pdf(text(), scan()))
    pages = []
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        split = split_of(file, "application/pdf", into=tmp_path / run)
        pages.append(split.ocr[0].file)

    assert pages[0].read_bytes() == pages[1].read_bytes()
    with pikepdf.open(pages[0]) as page:
        assert "/Info" not in page.trailer  # it would hold the second in which it was written


def test_a_pdf_with_an_owner_password_is_split(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    original = saved(pdf(text(), scan()), encryption=pikepdf.Encryption(owner="owner", user=""))
    file.write_bytes(original)

    split = split_of(file, "application/pdf")

    assert [page.number for page in split.texts] == [1]
    with pikepdf.open(split.ocr[0].file) as single:
        assert len(single.pages) == 1


def lying(rotate: int, inherited: bool) -> bytes:
    """Return a scan that lies on its side; the turn to set it upright is on the page or above."""
    draft = pdf(lambda canvas: canvas.drawImage(LANDSCAPE, 0, 0, *A4))
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(draft)) as document:
        page = document.pages[0].obj
        (page.Parent if inherited else page)["/Rotate"] = rotate
        if inherited and "/Rotate" in page:
            del page["/Rotate"]
        document.save(output)
    return output.getvalue()


LANDSCAPE = ImageReader(Image.linear_gradient("L"))
"""Black above, white below."""


@pytest.mark.parametrize("inherited", [False, True])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_page_that_lies_on_its_side_reaches_ocr_as_it_is_shown(
    parser: SandboxedFileParser,
    file: Path,
    rotate: int,
    inherited: bool,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(lying(rotate, inherited))

    (page,) = split_of(file, "application/pdf").ocr

    png = parser.render(file, content_type="application/pdf", page=1, max_pixels=10_000)
    with (
        pypdfium2.PdfDocument(page.file) as single,
        Image.open(io.BytesIO(png)) as shown,
    ):
        assert single[0].get_rotation() == rotate
        sent = single[0].render(scale=0.2).to_pil().convert("L").resize(shown.size)
        assert ImageStat.Stat(ImageChops.difference(sent, shown.convert("L"))).mean[0] < 2
        brighter_below = sent.getpixel((sent.width // 2, sent.height - 2))
        assert (brighter_below > 200) is (rotate == 0)


def test_a_page_too_large_for_ocr_goes_there_as_a_picture(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    document = pikepdf.open(io.BytesIO(pdf(few_paths)))
    document.pages[0].MediaBox = pikepdf.Array([0, 0, 14_400, 7_200])
    document.save(file)

    (page,) = split_of(file, "application/pdf").ocr

    with Image.open(page.file) as picture:
        assert picture.format == "JPEG"
        assert picture.width * picture.height <= 1_000_000
        assert picture.width == pytest.approx(2 * picture.height, rel=0.01)
