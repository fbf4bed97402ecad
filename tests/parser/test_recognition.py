"""Formats are recognized by content; what cannot be read is refused with a reason."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from devstack.testing.document_files import (
    DOCX,
    HTML,
    PPTX,
    SENTENCE,
    XLSX,
    locked,
    pdf,
    picture,
    saved,
    scan,
    text,
    tiff,
    with_entry,
    with_overview,
)
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.ports import FileFacts, FileRefusal
from samples.builders.office import DOCX_MAIN, archive, docx, office, pptx, xlsx

WITH_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"


XLSB_MAIN = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"


TEMPLATE_MAIN = DOCX_MAIN.replace("document.main", "template.main")


NOT_TAKEN = "UNSUPPORTED_TYPE"


def locked_by_certificate() -> bytes:
    return locked(user="").replace(b"/Filter /Standard", b"/Filter /Adobe.PS")


def with_blank_page() -> bytes:
    """Return a file with a page without content, and with a slip that loses nothing."""
    with pikepdf.open(io.BytesIO(pdf(text()))) as document:
        document.add_blank_page()
        del document.pages[1].obj["/Contents"]
        output = io.BytesIO()
        document.save(output, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return output.getvalue().replace(b"/Type /Catalog", b"/Tipe /Catalog")


def animated(kind: str) -> bytes:
    """Return a picture with a second frame, as cameras and animations have, that is no page."""
    output = io.BytesIO()
    frames = [Image.effect_noise((90, 120), 80).convert("RGB") for _ in range(2)]
    frames[0].save(output, kind, save_all=True, append_images=frames[1:])
    return output.getvalue()


def stored(name: str, content: str) -> bytes:
    """Return an archive of one part that is not packed."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(name, content)
    return output.getvalue()


def overwritten(content: bytes, at: int) -> bytes:
    return content[:at] + b"\xff" * 20 + content[at + 20 :]


@pytest.mark.parametrize(
    ("content", "content_type", "pages"),
    [
        (pdf(text(), text(), scan()), "application/pdf", 3),
        (saved(pdf(text(), text()), linearize=True), "application/pdf", 2),
        (b"junk from a scanner\n" * 20 + pdf(text()), "application/pdf", 1),
        (pdf(text()) + b"\0" * 3_000, "application/pdf", 1),
        (with_blank_page(), "application/pdf", 2),
        (with_entry("/Lang", b"en", {"/XFA": []}), "application/pdf", 1),
        (pdf(text()) + b"<html>appended by a proxy</html>" * 90, "application/pdf", 1),
        (pdf(text()).replace(b"startxref\n", b"startxref\n9"), "application/pdf", 1),
        (pdf(lambda canvas: None), "application/pdf", 1),
        (locked(user=""), "application/pdf", 1),
        (tiff(1), "image/tiff", 1),
        (with_overview(), "image/tiff", 2),
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
        (docx(["Dear members,", "thank you."]), DOCX, 1),
        (docx([SENTENCE * 60]), DOCX, 2),
        (docx([]), DOCX, 1),
        (xlsx({"Costs": [["Paper", "40"]], "Income": [["Fees", "90"]]}), XLSX, 2),
        (pptx([["Title"], ["Second slide"], ["Third"]]), PPTX, 3),
        (b"<!DOCTYPE html><title>Report</title><p>Revenue grew.", HTML, 1),
        (b"\xef\xbb\xbf\n<!-- saved -->\n<HTML lang=en><body>Revenue grew.</body>", HTML, 1),
        ("<html><p>Umsätze".encode("utf-16"), HTML, 1),
        (b"<html>" + b"<div>" * 9_000 + SENTENCE.encode() * 60, HTML, 2),
        (b"<!--" + b" a licence" * 300 + b"-->\n<HTML><p>Text", HTML, 1),
        (b"<head><title>Report</title></head><p>Revenue grew.", HTML, 1),
        ("<html><meta charset=shift_jis><p>請求書".encode("cp932"), HTML, 1),
        (b"<p align=center>A page that is a paragraph</p>", HTML, 1),
        (b"<!-- a rule -->\n" * 99 + b"# A readme in Markdown", "text/plain", 2),
        (b"<!-- a rule -->\n" * 99 + b"<html><p>A page", HTML, 1),
        (b"The new WAVE of tulips, a RIFF on ID3 tags; MZ.", "text/plain", 1),
        (b"Objects begin so: 1 0 obj\n", "text/plain", 1),
        (
            office(
                "word/document.xml",
                DOCX_MAIN,
                {"word/document.xml": "<a/>", "__MACOSX/word/._document.xml": "\0\5\x16\7"},
            ),
            DOCX,
            1,
        ),
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
        (archive({}), "UNSUPPORTED_TYPE"),
        (archive({"notes.txt": "text"}), "UNSUPPORTED_TYPE"),
        (archive({"META-INF/MANIFEST.MF": "Main-Class: A"}), "UNSUPPORTED_TYPE"),
        (archive({"[Content_Types].xml": "<Types/>", "a.xml": "<a/>"}), "UNSUPPORTED_TYPE"),
        (office("word/document.xml", WITH_MACROS, {"word/document.xml": "<a/>"}), NOT_TAKEN),
        (docx(["text"])[:-40], "DAMAGED"),
        (overwritten(docx([SENTENCE]), at=600), "DAMAGED"),
        (office("word/document.xml", DOCX_MAIN, {"word/document.xml": "<a><b></a>"}), "DAMAGED"),
        (b"<html><script>run()</script><style>p {}</style></html>", "NO_TEXT"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "UNSUPPORTED_TYPE"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "ENCRYPTED"),
        (b"1 0 obj\n<< /Type /Catalog >>\nendobj\n", "DAMAGED"),
        (b"%\xe2\xe3\xcf\xd3\n1 0 obj \n<< /Type /Catalog >>\nendobj\n", "DAMAGED"),
        (b"from a scanner\n%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendo", "DAMAGED"),
        (b"{\\rtf1 text}", "UNSUPPORTED_TYPE"),
        (b"%!PS-Adobe-3.0", "UNSUPPORTED_TYPE"),
        (picture("GIF"), "UNSUPPORTED_TYPE"),
        (picture("WEBP", mode="RGB"), "UNSUPPORTED_TYPE"),
        (bytes(range(256)) * 8, "UNSUPPORTED_TYPE"),
        (b"text with\0a null", "UNSUPPORTED_TYPE"),
        (b"\x7fELF\x02\x01\x01\0", "UNSUPPORTED_TYPE"),
        (locked(user="secret"), "ENCRYPTED"),
        (locked(user="secret", owner=""), "ENCRYPTED"),
        (locked_by_certificate(), "ENCRYPTED"),
        (with_blank_page().replace(b"startxref\n", b"startxref\n9"), "DAMAGED"),
        (b"%PDF-1.4\n", "DAMAGED"),
        (b"%PDF-1.4\n" + random.Random(7).randbytes(500), "DAMAGED"),
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


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (picture("WEBP", mode="RGB"), "a WebP picture"),
        (b"\0\0\0\x18ftypheic", "a HEIC or AVIF picture"),
        (b"\0\0\0\x18ftypmp42", "a video or sound"),
        (b"\x78\x9f\x3e\x22\0\0", "an Outlook container (winmail.dat)"),
        (with_entry("/NeedsRendering", True, {"/XFA": []}), "a form that only Adobe's programs"),
        (with_entry("/Collection", pikepdf.Dictionary()), "a PDF portfolio"),
        (b"MZ\x90\0\3", "an archive, a program or a database"),
        (b'<?xml version="1.0"?>\n<svg xmlns="x"><text>No.</text></svg>', "a drawing (SVG)"),
        (stored("mimetype", "application/vnd.oasis.opendocument.text"), "an OpenDocument file"),
        (stored("mimetype", "application/epub+zip"), "an e-book (EPUB)"),
        (
            office("xl/workbook.bin", XLSB_MAIN, {"xl/workbook.bin": "x"}),
            "a binary Excel workbook (XLSB)",
        ),
        (
            office("word/document.xml", TEMPLATE_MAIN, {"word/document.xml": "<a/>"}),
            "an Office template",
        ),
    ],
)
def test_a_refusal_names_what_was_sent(
    parser: SandboxedFileParser, file: Path, content: bytes, what: str
) -> None:
    file.write_bytes(content)

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == "UNSUPPORTED_TYPE"
    assert refusal.message.startswith(f"The file is {what}")


def test_a_refusal_names_what_is_taken(parser: SandboxedFileParser, file: Path) -> None:
    file.write_bytes(b"PK\x03\x04")

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    taken = "PDF, TIFF, PNG, JPEG, BMP, DOCX, XLSX, PPTX, HTML, mail (EML), plain text or Markdown"
    assert taken in refusal.message
