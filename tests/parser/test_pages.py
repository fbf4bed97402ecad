"""What holds for the pages of every format."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from devstack.testing.document_files import DOCX, HTML, XLSX, pdf, scan, text, tiff
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.errors import NotFoundError
from docflow.ports import PageSplit
from samples.builders.office import docx, xlsx


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(docx(["text"]), DOCX), (xlsx({"A": [["1"]]}), XLSX), (b"<html>text", HTML)],
)
def test_a_document_without_pages_goes_to_ocr_as_a_whole(
    parser: SandboxedFileParser,
    file: Path,
    content: bytes,
    content_type: str,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(content)

    split = split_of(file, content_type)

    assert split.texts == []
    assert [(page.number, page.file) for page in split.ocr] == [(1, file)]
    with pytest.raises(NotFoundError, match="no picture"):
        parser.render(file, content_type=content_type, page=1, max_pixels=1_000)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (pdf(text(), scan()), "application/pdf"),
        (tiff(2), "image/tiff"),
        (tiff(2, mode="I;16"), "image/tiff"),
        (tiff(2, mode="CMYK"), "image/tiff"),
        ("Seite eins\fSeite zwei: größer".encode(), "text/plain"),
    ],
)
def test_a_page_is_rendered_within_bounds(
    parser: SandboxedFileParser, file: Path, content: bytes, content_type: str
) -> None:
    file.write_bytes(content)

    png = parser.render(file, content_type=content_type, page=2, max_pixels=5_000)

    with Image.open(io.BytesIO(png)) as rendered:
        assert rendered.format == "PNG"
        assert 1_000 < rendered.width * rendered.height <= 5_000
        low, high = rendered.convert("L").getextrema()
        assert low != high


@pytest.mark.parametrize("page", [0, 3])
@pytest.mark.parametrize(
    ("content", "content_type"),
    [(pdf(text(), text()), "application/pdf"), (tiff(2), "image/tiff"), (b"1\f2", "text/plain")],
)
def test_a_page_that_does_not_exist_is_not_found(
    parser: SandboxedFileParser, file: Path, content: bytes, content_type: str, page: int
) -> None:
    file.write_bytes(content)

    with pytest.raises(NotFoundError):
        parser.render(file, content_type=content_type, page=page, max_pixels=1_000_000)
