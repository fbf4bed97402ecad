"""What Office documents and web pages say they hold, so that a short answer of OCR is noticed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.testing.document_files import DOCX, HTML, PPTX, XLSX
from docflow.models.pages import Extent
from docflow.ports import PageSplit
from samples.builders.office import archive, docx, pptx, xlsx


def changed(content: bytes, *changes: tuple[str, str, str]) -> bytes:
    """Return an archive with words of some parts replaced by others."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = {name: packed.read(name).decode() for name in packed.namelist()}
    for name, old, new in changes:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new)
    return archive(dict(parts))


FIVE_SLIDES = pptx([[f"Slide {number}"] for number in range(1, 6)])
THREE_SHEETS = xlsx({name: [["Sum", "4711"]] for name in ("First", "Second", "Third")})
FALLBACK = "<mc:Fallback><w:t>again</w:t></mc:Fallback>"
PAGE = b"<html><body>A few <b>words</b><script>no</script></body></html>"
SLIDE = "ppt/slides/slide2.xml"


@pytest.mark.parametrize(
    ("content_type", "content", "extent"),
    [
        (PPTX, FIVE_SLIDES, Extent(pages=5)),
        (PPTX, changed(FIVE_SLIDES, (SLIDE, "<p:sld ", '<p:sld show="0" ')), Extent(pages=4)),
        (PPTX, changed(FIVE_SLIDES, (SLIDE, "Slide 2", " ")), Extent(pages=4)),
        (PPTX, changed(FIVE_SLIDES, (SLIDE, "Slide 2</a:t>", "</a:t><a:blip/>")), Extent(pages=5)),
        (
            PPTX,
            changed(FIVE_SLIDES, ("ppt/_rels/presentation.xml.rels", "slides/slide2.xml", "x.xml")),
            Extent(pages=4),
        ),
        (XLSX, THREE_SHEETS, Extent(pages=3)),
        (XLSX, xlsx({"First": [["Sum"]], "Empty": []}), Extent(pages=1)),
        (
            XLSX,
            changed(
                THREE_SHEETS,
                ("xl/workbook.xml", 'sheet name="Second"', 'sheet state="hidden" name="Second"'),
            ),
            Extent(pages=2),
        ),
        (DOCX, docx(["# Title", "A few words."]), Extent(characters=15)),
        (
            DOCX,
            changed(
                docx(["seen"]),
                (
                    "word/document.xml",
                    "</w:body>",
                    f"{FALLBACK}</w:body>",
                ),
            ),
            Extent(characters=4),
        ),
        (
            HTML,
            b"<html><body>A few <b>words</b><script>no</script></body></html>",
            Extent(characters=9),
        ),
    ],
)
def test_a_file_sent_as_a_whole_says_what_it_holds(
    file: Path,
    split_of: Callable[..., PageSplit],
    content_type: str,
    content: bytes,
    extent: Extent,
) -> None:
    file.write_bytes(content)

    (page,) = split_of(file, content_type).ocr

    assert page.extent == extent
