"""PDF: values typed into forms, and comments, are part of a page's text."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops
from reportlab.pdfgen.canvas import Canvas

from devstack.testing.document_files import both, pdf, scan, text
from devstack.testing.form_files import (
    COMB,
    HIDDEN,
    MULTI_LINE,
    NO_VIEW,
    PASSWORD,
    Over,
    check,
    choice,
    form,
    inherited,
    note,
    radio,
    typed,
    with_locked_attachment,
)
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.errors import ErrorCode
from docflow.models.states import OcrMode, PageMethod
from docflow.ports import FileFacts, FileRefusal, PageSplit

SplitOf = Callable[..., PageSplit]
NAME_BOX = (150.0, 695.0, 350.0, 713.0)
ASIDE = (500.0, 698.0, 520.0, 718.0)
SUM_BOX = (150.0, 665.0, 350.0, 683.0)


def letter(canvas: Canvas) -> None:
    """Draw a form to fill in."""
    canvas.drawString(60, 760, "Application to the housing office of the town")
    canvas.drawString(60, 700, "Name:")
    canvas.drawString(60, 670, "Amount:")
    canvas.drawString(60, 640, "Please send this form back within four weeks.")


def lines_of(split_of: SplitOf, file: Path, content: bytes, **options: OcrMode) -> list[str]:
    file.write_bytes(content)
    split = split_of(file, "application/pdf", **options)
    assert split.ocr == []
    return split.texts[0].text.split("\n")


@pytest.mark.parametrize("drawn", [None, "", "Maria Example"])
@pytest.mark.parametrize("need_appearances", [False, True])
def test_a_typed_value_is_read_once_behind_its_label_whether_drawn_or_not(
    file: Path, split_of: SplitOf, drawn: str | None, need_appearances: bool
) -> None:
    typed_in = typed("Maria Example", NAME_BOX, drawn=drawn, DA=b"/Helv 11 Tf 0 g")
    content = form(letter, typed_in, need_appearances=need_appearances)

    assert lines_of(split_of, file, content) == [
        "Application to the housing office of the town",
        "Name: Maria Example",
        "Amount:",
        "Please send this form back within four weeks.",
    ]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_value_finds_its_label_on_a_page_that_is_turned(
    file: Path, split_of: SplitOf, rotate: int
) -> None:
    content = form(letter, typed("Maria Example", NAME_BOX), rotate=rotate)

    assert "Name: Maria Example" in lines_of(split_of, file, content)


@pytest.mark.parametrize(
    ("over", "line"),
    [
        (typed("Łukasz Żółć", NAME_BOX), "Name: Łukasz Żółć"),
        (typed("山田太郎", NAME_BOX), "Name: 山田太郎"),
        (typed("4711", NAME_BOX, drawn="4 7 1 1", Ff=COMB, MaxLen=4), "Name: 4711"),
        (typed("4711", NAME_BOX, drawn="4,711.00 EUR"), "Name: 4,711.00 EUR"),
        (typed("new", NAME_BOX, drawn="outdated"), "Name: outdated (new)"),
        (inherited("Maria", NAME_BOX, SUM_BOX), "Amount: Maria"),
        (choice(pikepdf.String("de"), NAME_BOX, [("de", "Germany")]), "Name: Germany"),
        (choice(pikepdf.String("other"), NAME_BOX, [("de", "Germany")]), "Name: other"),
        (
            choice(
                pikepdf.Array([pikepdf.String("a"), pikepdf.String("c")]),
                NAME_BOX,
                [("a", "Alpha"), ("b", "Beta"), ("c", "Gamma")],
            ),
            "Name: Alpha, Gamma",
        ),
        (check((40, 638, 52, 650), on=True), "[x] Please send this form back within four weeks."),
        (check((40, 638, 52, 650), on=False), "[ ] Please send this form back within four weeks."),
        (
            check((40, 638, 52, 650), on=True, drawn=False),
            "[x] Please send this form back within four weeks.",
        ),
        (check((400, 400, 412, 412), on=True, name="Pay at once"), "[x] Pay at once"),
        (
            radio("fast", fast=(40, 698, 52, 710), slow=(40, 668, 52, 680)),
            "[x] Name:",
        ),
        (
            radio("fast", fast=(40, 698, 52, 710), slow=(40, 668, 52, 680)),
            "[ ] Amount:",
        ),
        (
            note("Text", (500, 698, 520, 718), Contents="Call me", T="Ann"),
            "[Comment by Ann: Call me]",
        ),
        (note("Highlight", (60, 668, 100, 680), Contents="too\nmuch"), "[Comment: too much]"),
        (note("StrikeOut", (60, 668, 100, 680), Contents="no"), "[Comment: no]"),
        (
            note("FreeText", ASIDE, Contents="see overleaf"),
            "[Comment: see overleaf]",
        ),
        (
            note("Text", (9, 9, 20, 20), RC="<body><p>rich &amp; long</p></body>"),
            "[Comment: rich & long]",
        ),
        (note("Stamp", (400, 500, 500, 520), Name=pikepdf.Name.Approved), "[Stamp: Approved]"),
        (
            note(
                "FreeText",
                (150, 698, 350, 713),
                Contents="Maria",
                IT=pikepdf.Name.FreeTextTypeWriter,
            ),
            "Name: Maria",
        ),
    ],
)
def test_what_lies_over_a_page_is_read_where_it_lies(
    file: Path, split_of: SplitOf, over: Over, line: str
) -> None:
    assert line in lines_of(split_of, file, form(letter, over))


def test_a_value_of_several_lines_keeps_them(file: Path, split_of: SplitOf) -> None:
    over = typed("first\nsecond", (150, 600, 350, 713), Ff=MULTI_LINE)

    lines = lines_of(split_of, file, form(letter, over))

    assert lines[lines.index("first") + 1] == "second"


@pytest.mark.parametrize(
    "over",
    [
        typed("sesame", NAME_BOX, F=HIDDEN),
        typed("sesame", NAME_BOX, F=NO_VIEW, drawn="sesame"),
        typed("sesame", NAME_BOX, Ff=PASSWORD, DA=b"/Helv 11 Tf 0 g"),
        note("Text", NAME_BOX, Contents="sesame", F=HIDDEN),
        note("Popup", NAME_BOX, Contents="sesame"),
    ],
)
def test_what_nobody_may_see_is_not_read(
    file: Path, parser: SandboxedFileParser, split_of: SplitOf, over: Over
) -> None:
    content = form(letter, over, need_appearances=True)

    assert "sesame" not in "\n".join(lines_of(split_of, file, content))
    shown = parser.render(file, content_type="application/pdf", page=1, max_pixels=500_000)
    file.write_bytes(pdf(letter))
    assert shown == parser.render(file, content_type="application/pdf", page=1, max_pixels=500_000)


@pytest.mark.parametrize("need_appearances", [False, True])
@pytest.mark.parametrize(
    "over", [typed("Maria Example", NAME_BOX), check(NAME_BOX, on=True, drawn=False)]
)
def test_the_picture_of_a_page_and_its_page_for_ocr_show_values(
    file: Path, parser: SandboxedFileParser, split_of: SplitOf, over: Over, need_appearances: bool
) -> None:
    file.write_bytes(form(letter, over, need_appearances=need_appearances))
    with Image.open(
        io.BytesIO(parser.render(file, content_type="application/pdf", page=1, max_pixels=600_000))
    ) as picture:
        shown = picture.convert("L")
    (page,) = split_of(file, "application/pdf", mode=OcrMode.ALWAYS).ocr
    file.write_bytes(pdf(letter))
    with Image.open(
        io.BytesIO(parser.render(file, content_type="application/pdf", page=1, max_pixels=600_000))
    ) as picture:
        blank = picture.convert("L")

    assert ImageChops.difference(shown, blank).getbbox() is not None
    with pypdfium2.PdfDocument(page.file) as single:
        sent = single[0].render(scale=1).to_pil().convert("L")
    assert (
        ImageChops.difference(sent.resize(blank.size), blank)
        .point(lambda grey: 255 if grey > 120 else 0)
        .getbbox()
        is not None
    )


def test_comments_on_a_scan_go_along_with_it_to_ocr(file: Path, split_of: SplitOf) -> None:
    file.write_bytes(
        form(
            scan(),
            note("Text", (9, 9, 20, 20), Contents="Pay today", T="Ann"),
            typed("Žofie", NAME_BOX),
        )
    )

    (page,) = split_of(file, "application/pdf").ocr

    assert page.layer is not None
    assert page.layer.text == "Žofie\n[Comment by Ann: Pay today]"


def test_a_comment_on_an_empty_page_is_its_text(file: Path, split_of: SplitOf) -> None:
    file.write_bytes(form(lambda canvas: None, note("Text", (9, 9, 20, 20), Contents="Pay today")))

    (page,) = split_of(file, "application/pdf", mode=OcrMode.NEVER).texts

    assert (page.method, page.text) == (PageMethod.TEXT_LAYER, "[Comment: Pay today]")


def test_all_of_many_fields_are_read(file: Path, split_of: SplitOf) -> None:
    def box(number: int) -> tuple[float, float, float, float]:
        left, bottom = 50 + 60 * (number % 9), 20 + 8 * (number // 9)
        return left, bottom, left + 50, bottom + 7

    fields = [typed(f"item {number};", box(number)) for number in range(900)]

    whole = "\n".join(lines_of(split_of, file, form(both(letter, text(30)), *fields)))

    assert [n for n in range(900) if whole.count(f"item {n};") != 1] == []


def test_a_pdf_that_encrypts_its_attachments_alone_is_read(
    file: Path, parser: SandboxedFileParser, split_of: SplitOf
) -> None:
    file.write_bytes(with_locked_attachment(pdf(text(), scan())))

    assert parser.inspect(file) == FileFacts("application/pdf", 2)
    split = split_of(file, "application/pdf")
    assert "quarterly report" in split.texts[0].text
    assert [page.number for page in split.ocr] == [2]
    assert parser.render(file, content_type="application/pdf", page=1, max_pixels=10_000)


def test_a_pdf_that_encrypts_its_pages_too_is_refused(
    file: Path, parser: SandboxedFileParser
) -> None:
    file.write_bytes(with_locked_attachment(pdf(text()), streams_too=True))

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == ErrorCode.ENCRYPTED
