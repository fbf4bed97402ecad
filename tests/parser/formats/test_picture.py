"""Pictures: their pages, brought to a size and a form that OCR takes."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from devstack.testing.document_files import picture, tiff, with_overview
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.models.states import OcrMode, PageMethod
from docflow.ports import PageSplit


def test_without_ocr_a_picture_stays_unread_page_by_page(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(tiff(2))

    split = split_of(file, "image/tiff", mode=OcrMode.NEVER)

    assert split.ocr == []
    assert [(page.number, page.method, page.unread) for page in split.texts] == [
        (1, PageMethod.EMPTY, True),
        (2, PageMethod.EMPTY, True),
    ]


def test_every_page_of_a_tiff_becomes_a_picture(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(tiff(3, mode="1"))

    split = split_of(file, "image/tiff")

    assert split.texts == []
    assert [page.number for page in split.ocr] == [1, 2, 3]
    for page in split.ocr:
        with Image.open(page.file) as frame:
            assert (frame.format, frame.size) == ("PNG", (90, 120))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_a_single_picture_is_its_own_page(
    file: Path,
    kind: str,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(picture(kind))

    split = split_of(file, f"image/{kind.lower()}")

    assert [(page.number, page.file) for page in split.ocr] == [(1, file)]


def test_a_large_picture_is_scaled_down(file: Path, split_of: Callable[..., PageSplit]) -> None:
    file.write_bytes(picture("PNG", size=(1_600, 1_200)))

    (page,) = split_of(file, "image/png").ocr

    assert page.file != file
    with Image.open(page.file) as scaled:
        assert scaled.width * scaled.height <= 1_000_000
        assert scaled.width > scaled.height


@pytest.mark.parametrize("mode", ["RGBA", "P", "RGB"])
def test_a_picture_is_rendered_in_its_size(
    parser: SandboxedFileParser, file: Path, mode: str
) -> None:
    file.write_bytes(picture("PNG", mode=mode))

    png = parser.render(file, content_type="image/png", page=1, max_pixels=1_000_000)

    with Image.open(io.BytesIO(png)) as rendered:
        assert rendered.size == (120, 160)


def premultiplied() -> bytes:
    """Return a TIFF of one grey channel that its transparency was worked into."""
    output = io.BytesIO()
    Image.effect_noise((120, 160), 80).convert("LA").save(output, "TIFF")
    extra_samples = struct.Struct("<HHII")
    worked_in = extra_samples.pack(338, 3, 1, 1)
    return output.getvalue().replace(extra_samples.pack(338, 3, 1, 2), worked_in)


def of_a_broken_camera() -> bytes:
    """Return a sound JPEG with a note on how it was taken that nobody can read."""
    output = io.BytesIO()
    noise = Image.effect_noise((120, 160), 80)
    noise.save(output, "JPEG", exif=b"Exif\0\0\xff\xff\xff\xff\0\0\0\x08")
    return output.getvalue()


def test_smaller_copies_in_a_tiff_are_no_pages(
    file: Path,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(with_overview())

    widths = []
    for page in split_of(file, "image/tiff").ocr:
        with Image.open(page.file) as sent:
            widths.append(sent.width)

    assert widths == [90, 80]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(premultiplied(), "image/tiff"), (of_a_broken_camera(), "image/jpeg")],
)
def test_an_odd_picture_is_split_and_rendered_as_any(
    parser: SandboxedFileParser,
    file: Path,
    content: bytes,
    content_type: str,
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(content)

    split = split_of(file, content_type)
    png = parser.render(file, content_type=content_type, page=1, max_pixels=1_000_000)

    assert [page.number for page in split.ocr] == [1]
    with Image.open(io.BytesIO(png)) as rendered:
        assert rendered.size == (120, 160)


@pytest.mark.parametrize(
    ("content", "content_type", "size"),
    [
        (picture("PNG", size=(30, 80)), "image/png", (50, 80)),
        (picture("JPEG", size=(30, 20)), "image/jpeg", (50, 50)),
        (picture("PNG", size=(60, 12_000), mode="1"), "image/png", (50, 10_000)),
        (picture("TIFF", size=(20_000, 4), mode="RGB"), "image/tiff", (10_000, 50)),
    ],
)
def test_a_picture_of_a_size_that_ocr_does_not_take_is_brought_to_one(
    file: Path,
    content: bytes,
    content_type: str,
    size: tuple[int, int],
    split_of: Callable[..., PageSplit],
) -> None:
    file.write_bytes(content)

    (page,) = split_of(file, content_type).ocr

    with Image.open(page.file) as sent:
        assert sent.size == size
