"""PDF: what a page shows without characters goes to OCR, whatever draws it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.testing import drawn_files
from devstack.testing.document_files import Draw, both, pdf, text
from devstack.testing.drawn_files import NOTICE, inline, page_with, picture_of, placed
from docflow.models.states import OcrMode, PageMethod
from docflow.ports import PageSplit

SplitOf = Callable[..., PageSplit]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(drawn_files.in_curves(), id="curves"),
        pytest.param(drawn_files.in_curves(size=7), id="small curves"),
        pytest.param(drawn_files.in_curves(size=24), id="large curves"),
        pytest.param(drawn_files.in_a_drawing(), id="drawing"),
        pytest.param(drawn_files.in_a_drawing(levels=5), id="nested drawings"),
        pytest.param(drawn_files.in_a_pattern(), id="pattern"),
        pytest.param(page_with(placed(picture_of())), id="picture"),
        pytest.param(page_with(placed(picture_of(), scale=1 / 5)), id="small picture"),
        pytest.param(page_with(placed(picture_of(NOTICE[1:3]))), id="picture of two lines"),
        pytest.param(
            page_with(placed(picture_of(["FINAL NOTICE", "pay within 48 hours"]))), id="stamp"
        ),
        pytest.param(page_with(placed(picture_of(turned=4))), id="crooked picture"),
        pytest.param(page_with(inline(picture_of())), id="inline picture"),
        pytest.param(page_with(placed(picture_of(ink=255, paper=40))), id="white on dark"),
        pytest.param(page_with(placed(picture_of(ink=110, paper=235))), id="grey"),
        pytest.param(page_with(placed(picture_of(turned=90), y=100)), id="turned picture"),
        pytest.param(
            pdf(both(text(40), placed(picture_of(), x=400, y=300, scale=1 / 6))), id="beside text"
        ),
    ],
)
def test_writing_that_is_no_text_goes_to_ocr(file: Path, split_of: SplitOf, content: bytes) -> None:
    file.write_bytes(content)

    (page,) = split_of(file, "application/pdf").ocr

    assert page.reason == "page shows more than its text layer says"
    assert page.layer is not None
    assert page.layer.text


def test_letters_that_are_drawings_go_to_ocr_beside_sane_text(
    file: Path, split_of: SplitOf
) -> None:
    file.write_bytes(drawn_files.in_a_font_of_drawings())

    (page,) = split_of(file, "application/pdf").ocr

    assert page.reason == "text layer is not readable"


@pytest.mark.parametrize(
    "draw",
    [
        drawn_files.logo,
        drawn_files.ruled_table,
        drawn_files.bar_chart,
        drawn_files.line_chart,
        drawn_files.photo,
        drawn_files.signature,
        drawn_files.watermark,
        drawn_files.city_map,
        drawn_files.dots,
        placed(picture_of(["Paid"]), 60, 300),
    ],
)
def test_what_is_no_writing_stays_out_of_ocr(file: Path, split_of: SplitOf, draw: Draw) -> None:
    file.write_bytes(page_with(draw))

    (page,) = split_of(file, "application/pdf").texts

    assert page.method == PageMethod.TEXT_LAYER
    assert not page.unread


def test_without_ocr_a_page_that_shows_more_is_partly_unread(file: Path, split_of: SplitOf) -> None:
    file.write_bytes(drawn_files.in_curves())

    (page,) = split_of(file, "application/pdf", mode=OcrMode.NEVER).texts

    assert (page.text, page.unread) == (drawn_files.FOOTER, True)
    assert page.reason == "page shows more than its text layer says; OCR_MODE is never"
