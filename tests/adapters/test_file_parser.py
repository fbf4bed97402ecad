"""The file parser on files made here: real ones, odd ones and hostile ones."""

from __future__ import annotations

import io
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from docflow.adapters.file_parser import SandboxedFileParser
from docflow.errors import NotFoundError, PermanentError
from docflow.models import OcrMode, PageMethod
from docflow.ports import FileFacts, FileRefusal

A4 = (595, 842)
SENTENCE = "The quarterly report shows that revenue grew by four percent."
Draw = Callable[[Canvas], object]


@pytest.fixture
def parser() -> SandboxedFileParser:
    return SandboxedFileParser(
        timeout_seconds=30, memory_mb=1_024, max_pages=50, max_pixels=1_000_000
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file whose name says nothing of what is in it."""
    return tmp_path / "upload.bin"


# --- files --------------------------------------------------------------------------------------


def pdf(*pages: Draw, compressed: bool = True) -> bytes:
    output = io.BytesIO()
    canvas = Canvas(output, pagesize=A4, pageCompression=int(compressed))
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def text(lines: int = 10, content: str = SENTENCE) -> Draw:
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


def both(*draws: Draw) -> Draw:
    return lambda canvas: [draw(canvas) for draw in draws]


def saved(content: bytes, **options: Any) -> bytes:
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        document.save(output, **options)
    return output.getvalue()


def locked(user: str) -> bytes:
    return saved(pdf(text()), encryption=pikepdf.Encryption(owner="owner", user=user))


def picture(kind: str, size: tuple[int, int] = (120, 160), mode: str = "L") -> bytes:
    output = io.BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(output, kind)
    return output.getvalue()


def tiff(frames: int, mode: str = "L", **options: Any) -> bytes:
    output = io.BytesIO()
    pages = [Image.effect_noise((90, 120), 80).convert(mode) for _ in range(frames)]
    pages[0].save(output, "TIFF", save_all=True, append_images=pages[1:], **options)
    return output.getvalue()


def animated(kind: str) -> bytes:
    """Give a picture with a second frame, as cameras and animations have, that is no page."""
    output = io.BytesIO()
    frames = [Image.effect_noise((90, 120), 80).convert("RGB") for _ in range(2)]
    frames[0].save(output, kind, save_all=True, append_images=frames[1:])
    return output.getvalue()


# --- what is taken ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "content_type", "pages"),
    [
        (pdf(text(), text(), scan()), "application/pdf", 3),
        (saved(pdf(text(), text()), linearize=True), "application/pdf", 2),
        (b"junk from a scanner\n" * 20 + pdf(text()), "application/pdf", 1),
        (pdf(text()) + b"\0" * 3_000, "application/pdf", 1),
        (pdf(text()) + b"<html>appended by a proxy</html>" * 90, "application/pdf", 1),
        (pdf(text()).replace(b"startxref\n", b"startxref\n9"), "application/pdf", 1),
        (pdf(lambda canvas: None), "application/pdf", 1),
        (locked(user=""), "application/pdf", 1),
        (tiff(1), "image/tiff", 1),
        (tiff(3), "image/tiff", 3),
        (tiff(2, mode="1", compression="group4"), "image/tiff", 2),
        (tiff(2, big_tiff=True), "image/tiff", 2),
        (picture("PNG"), "image/png", 1),
        (picture("PNG", mode="P"), "image/png", 1),
        (picture("JPEG"), "image/jpeg", 1),
        (picture("JPEG", mode="CMYK"), "image/jpeg", 1),
        (picture("BMP", mode="RGB"), "image/bmp", 1),
        (animated("PNG"), "image/png", 1),
        (animated("MPO"), "image/jpeg", 1),
        (b"plain", "text/plain", 1),
        (b"# Notes on %PDF-1.7\n\nIt starts with %PDF-.", "text/plain", 1),
        (b"BM is also how a text may begin, after all.", "text/plain", 1),
        ("Grüße aus Zürich".encode(), "text/plain", 1),
        ("Grüße aus Zürich".encode("utf-8-sig"), "text/plain", 1),
        ("Grüße aus Zürich".encode("utf-16"), "text/plain", 1),
        ("Grüße aus Zürich".encode("cp1252"), "text/plain", 1),
        ("Grüße aus Zürich, cut ä".encode()[:-1], "text/plain", 1),
    ],
)
def test_a_format_is_recognized_by_its_content(
    parser: SandboxedFileParser, file: Path, content: bytes, content_type: str, pages: int
) -> None:
    file.write_bytes(content)

    assert parser.inspect(file) == FileFacts(content_type, pages)


LINEARIZED = saved(pdf(*(text() for _ in range(9)), compressed=False), linearize=True)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b" \n\t\r\n \f", "EMPTY_FILE"),
        (b"\xef\xbb\xbf", "EMPTY_FILE"),
        (b"PK\x03\x04" + b"word/document.xml", "UNSUPPORTED_TYPE"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "UNSUPPORTED_TYPE"),
        (b"{\\rtf1 text}", "UNSUPPORTED_TYPE"),
        (b"%!PS-Adobe-3.0", "UNSUPPORTED_TYPE"),
        (picture("GIF"), "UNSUPPORTED_TYPE"),
        (picture("WEBP", mode="RGB"), "UNSUPPORTED_TYPE"),
        (bytes(range(256)) * 8, "UNSUPPORTED_TYPE"),
        (b"text with\0a null", "UNSUPPORTED_TYPE"),
        (b"\x7fELF\x02\x01\x01\0", "UNSUPPORTED_TYPE"),
        (locked(user="secret"), "ENCRYPTED"),
        (b"%PDF-1.4\n", "DAMAGED"),
        (b"%PDF-1.4\n" + os.urandom(500), "DAMAGED"),
        (pdf(text())[: len(pdf(text())) // 2], "DAMAGED"),
        (pdf(text(), text(), scan())[:-1_024], "DAMAGED"),
        (LINEARIZED[: len(LINEARIZED) // 2], "DAMAGED"),
        (LINEARIZED[: len(LINEARIZED) * 9 // 10], "DAMAGED"),
        (picture("PNG")[:500], "DAMAGED"),
        (picture("JPEG")[:-200], "DAMAGED"),
        (picture("BMP")[:-200], "DAMAGED"),
        (tiff(1)[:-200], "DAMAGED"),
        (tiff(3)[: len(tiff(3)) // 2], "DAMAGED"),
        (b"\x89PNG\r\n\x1a\n", "DAMAGED"),
        (b"II*\0\x08\0\0\0", "DAMAGED"),
        (pdf(*(text(1) for _ in range(51))), "TOO_MANY_PAGES"),
        (tiff(51), "TOO_MANY_PAGES"),
        (b"page\f" * 51, "TOO_MANY_PAGES"),
        (picture("PNG", size=(2_100, 2_000), mode="1"), "UNREADABLE"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_reason(
    parser: SandboxedFileParser, file: Path, content: bytes, code: str
) -> None:
    file.write_bytes(content)

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == code
    assert refusal.message.endswith(".")


def test_a_refusal_names_what_is_taken(parser: SandboxedFileParser, file: Path) -> None:
    file.write_bytes(b"PK\x03\x04")

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert "PDF, TIFF, PNG, JPEG, BMP, plain text or Markdown" in refusal.message


# --- hostile files ------------------------------------------------------------------------------


def bomb() -> bytes:
    """Give a PDF of few bytes whose one page asks for gigabytes of content."""
    document = pikepdf.new()
    document.add_blank_page()
    deflate = zlib.compressobj(9)
    block = b"0 0 m 1 1 l S\n" * 75_000
    packed = b"".join(deflate.compress(block) for _ in range(1_000)) + deflate.flush()
    document.pages[0].Contents = pikepdf.Stream(document, packed, Filter=pikepdf.Name.FlateDecode)
    output = io.BytesIO()
    document.save(output, compress_streams=False)
    return output.getvalue()


def test_a_bomb_ends_its_own_process_only(file: Path, tmp_path: Path) -> None:
    parser = SandboxedFileParser(
        timeout_seconds=20, memory_mb=512, max_pages=50, max_pixels=1_000_000
    )
    file.write_bytes(bomb())

    with pytest.raises(PermanentError) as caught:
        parser.split(file, content_type="application/pdf", into=tmp_path)

    assert caught.value.code == "UNREADABLE"


def test_a_parser_that_takes_too_long_is_ended(file: Path) -> None:
    parser = SandboxedFileParser(
        timeout_seconds=0.01, memory_mb=512, max_pages=50, max_pixels=1_000_000
    )
    file.write_bytes(b"text")

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == "UNREADABLE"
    with pytest.raises(PermanentError, match="UNREADABLE"):
        parser.render(file, content_type="text/plain", page=1, max_pixels=1_000_000)


def test_a_page_without_measure_is_scaled_down(parser: SandboxedFileParser, file: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page(page_size=(14_400, 14_400))
    document.save(file)

    png = parser.render(file, content_type="application/pdf", page=1, max_pixels=250_000)

    assert Image.open(io.BytesIO(png)).size == (500, 500)


def test_the_parser_sees_none_of_the_settings(
    parser: SandboxedFileParser, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from docflow.adapters.file_parser import _environment

    monkeypatch.setenv("AZURE_OPENAI_KEY", "secret")

    assert "secret" not in str(_environment())
    assert "PYTHONPATH" in _environment()


# --- splitting ----------------------------------------------------------------------------------


def few_paths(canvas: Canvas) -> None:
    canvas.rect(100, 100, 200, 200, stroke=1, fill=0)


def white_area(canvas: Canvas) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(0, 0, *A4, stroke=0, fill=1)


@pytest.mark.parametrize(
    ("draw", "method", "reason"),
    [
        (text(), "text-layer", "text layer of"),
        (text(1, "Page 3"), "text-layer", "text layer of 8 characters"),
        (both(text(), few_paths), "text-layer", "text layer of"),
        (both(scan(), text(10)), "text-layer", "text layer of"),
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
    parser: SandboxedFileParser,
    file: Path,
    tmp_path: Path,
    draw: Draw,
    method: str,
    reason: str,
) -> None:
    file.write_bytes(pdf(draw))

    split = parser.split(file, content_type="application/pdf", into=tmp_path)

    if method == "ocr":
        assert split.texts == []
        assert [page.number for page in split.ocr] == [1]
    else:
        (page,) = split.texts
        assert page.method == PageMethod(method)
        assert reason in page.reason
        assert split.ocr == []


def test_without_ocr_scans_stay_unread_and_say_so(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(pdf(text(), scan(), lambda canvas: None))

    split = parser.split(file, content_type="application/pdf", into=tmp_path, mode=OcrMode.NEVER)

    assert split.ocr == []
    assert [(page.method, page.unread) for page in split.texts] == [
        (PageMethod.TEXT_LAYER, False),
        (PageMethod.EMPTY, True),
        (PageMethod.EMPTY, False),
    ]
    assert split.texts[1].reason == "no text layer; OCR_MODE is never"


def test_without_ocr_a_picture_stays_unread_page_by_page(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(tiff(2))

    split = parser.split(file, content_type="image/tiff", into=tmp_path, mode=OcrMode.NEVER)

    assert split.ocr == []
    assert [(page.number, page.method, page.unread) for page in split.texts] == [
        (1, PageMethod.EMPTY, True),
        (2, PageMethod.EMPTY, True),
    ]


def test_every_page_with_anything_on_it_goes_to_ocr_where_that_is_wanted(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(pdf(text(), scan(), lambda canvas: None))

    split = parser.split(file, content_type="application/pdf", into=tmp_path, mode=OcrMode.ALWAYS)

    assert [page.number for page in split.ocr] == [1, 2]
    assert [page.number for page in split.texts] == [3]


def test_the_text_of_a_page_comes_line_by_line(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(pdf(text(2)))

    (page,) = parser.split(file, content_type="application/pdf", into=tmp_path).texts

    assert page.text == f"1 {SENTENCE}\n2 {SENTENCE}"
    assert (page.width, page.height, page.unit) == (*A4, "point")


def test_what_was_filled_into_a_form_is_part_of_the_page(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    def form(canvas: Canvas) -> None:
        canvas.drawString(50, 700, "Name of the applicant:")
        canvas.acroForm.textfield(value="Erika Mustermann", x=300, y=690, width=200, height=20)

    file.write_bytes(pdf(form, both(scan(), form)))

    split = parser.split(file, content_type="application/pdf", into=tmp_path)

    assert "Erika Mustermann" in split.texts[0].text
    with pikepdf.open(split.ocr[0].file) as single:
        assert "/Annots" not in single.pages[0] or not len(single.pages[0].Annots)


def test_a_broken_page_costs_that_page_alone(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    sound = pdf(text(), text(), text())
    pages = re.search(rb"/Kids \[ \d+ 0 R (\d+) 0 R \d+ 0 R \]", sound)
    assert pages is not None
    second = b"\n%b 0 obj\n" % pages.group(1)
    file.write_bytes(sound.replace(second + b"<<", second + b"[]"))

    split = parser.split(file, content_type="application/pdf", into=tmp_path)

    methods = [page.method for page in split.texts]
    assert methods == [PageMethod.TEXT_LAYER, PageMethod.FAILED, PageMethod.TEXT_LAYER]
    assert split.texts[1].error is not None
    assert split.texts[1].error.startswith("PAGE_DAMAGED: ")


def test_a_mixed_pdf_is_split_page_by_page(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(pdf(text(), scan(), lambda canvas: None, scan(), text()))

    split = parser.split(file, content_type="application/pdf", into=tmp_path)

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
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(pdf(text(), scan()))
    pages = []
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        split = parser.split(file, content_type="application/pdf", into=tmp_path / run)
        pages.append(split.ocr[0].file)

    assert pages[0].read_bytes() == pages[1].read_bytes()
    with pikepdf.open(pages[0]) as page:
        assert "/Info" not in page.trailer  # it would hold the second in which it was written


def test_a_pdf_with_an_owner_password_is_split(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    original = saved(pdf(text(), scan()), encryption=pikepdf.Encryption(owner="owner", user=""))
    file.write_bytes(original)

    split = parser.split(file, content_type="application/pdf", into=tmp_path)

    assert [page.number for page in split.texts] == [1]
    with pikepdf.open(split.ocr[0].file) as single:
        assert len(single.pages) == 1


def test_every_page_of_a_tiff_becomes_a_picture(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(tiff(3, mode="1"))

    split = parser.split(file, content_type="image/tiff", into=tmp_path)

    assert split.texts == []
    assert [page.number for page in split.ocr] == [1, 2, 3]
    for page in split.ocr:
        with Image.open(page.file) as frame:
            assert (frame.format, frame.size) == ("PNG", (90, 120))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_a_single_picture_is_its_own_page(
    parser: SandboxedFileParser, file: Path, tmp_path: Path, kind: str
) -> None:
    file.write_bytes(picture(kind))

    split = parser.split(file, content_type=f"image/{kind.lower()}", into=tmp_path)

    assert [(page.number, page.file) for page in split.ocr] == [(1, file)]


def test_a_large_picture_is_scaled_down(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(picture("PNG", size=(1_600, 1_200)))

    (page,) = parser.split(file, content_type="image/png", into=tmp_path).ocr

    assert page.file != file
    with Image.open(page.file) as scaled:
        assert scaled.width * scaled.height <= 1_000_000
        assert scaled.width > scaled.height


def test_plain_text_is_cut_into_pages_at_line_ends(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    lines = [f"Zeile {number}: Grüße" for number in range(1, 131)]
    file.write_bytes("\r\n".join(lines).encode("cp1252"))

    pages = parser.split(file, content_type="text/plain", into=tmp_path).texts

    assert [page.number for page in pages] == [1, 2, 3]
    assert "\n".join(page.text for page in pages) == "\n".join(lines)
    assert parser.inspect(file) == FileFacts("text/plain", 3)


def test_form_feeds_and_long_lines_make_pages_of_text(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_text(f"first\f\f{'word ' * 1_500}\flast\n\f")

    pages = parser.split(file, content_type="text/plain", into=tmp_path).texts

    assert [page.method for page in pages] == [
        PageMethod.TEXT_LAYER,
        PageMethod.EMPTY,
        PageMethod.TEXT_LAYER,
        PageMethod.TEXT_LAYER,
        PageMethod.TEXT_LAYER,
    ]
    assert (pages[0].text, pages[-1].text) == ("first", "last")
    assert all(len(page.text) <= 4_000 for page in pages)
    assert f"{pages[2].text} {pages[3].text}".split() == ["word"] * 1_500


def test_text_is_composed_and_free_of_control_characters(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    content = f"Gru\u0308ße\r\nmit\x1b Escape\r{SENTENCE * 3}"
    file.write_bytes(content.encode())

    (page,) = parser.split(file, content_type="text/plain", into=tmp_path).texts

    assert page.text == f"Grüße\nmit Escape\n{SENTENCE * 3}"


# --- rendering ----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("mode", ["RGBA", "P", "RGB"])
def test_a_picture_is_rendered_in_its_size(
    parser: SandboxedFileParser, file: Path, mode: str
) -> None:
    file.write_bytes(picture("PNG", mode=mode))

    png = parser.render(file, content_type="image/png", page=1, max_pixels=1_000_000)

    with Image.open(io.BytesIO(png)) as rendered:
        assert rendered.size == (120, 160)


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
