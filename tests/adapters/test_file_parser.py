"""The file parser on files made here: real ones, odd ones and hostile ones."""

from __future__ import annotations

import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.errors import ErrorCode, NotFoundError, PermanentError, TransientError
from docflow.models.states import OcrMode, PageMethod
from docflow.ports import FileFacts, FileRefusal, PageSplit
from samples.builders.office import DOCX_MAIN, archive, docx, office, pptx, xlsx

A4 = (595, 842)
SENTENCE = "The quarterly report shows that revenue grew by four percent."
DOCX, XLSX, PPTX = (
    f"application/vnd.openxmlformats-officedocument.{kind}"
    for kind in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)
HTML = "text/html"
WITH_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
XLSB_MAIN = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
TEMPLATE_MAIN = DOCX_MAIN.replace("document.main", "template.main")
NOT_TAKEN = "UNSUPPORTED_TYPE"
TWO_BYTES = 0xFFFF
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


# Files.


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
    return lambda canvas: [draw(canvas) for draw in draws]


def saved(content: bytes, **options: Any) -> bytes:
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        document.save(output, **options)
    return output.getvalue()


def locked(user: str, owner: str = "owner") -> bytes:
    return saved(pdf(text()), encryption=pikepdf.Encryption(owner=owner, user=user))


def locked_by_certificate() -> bytes:
    return locked(user="").replace(b"/Filter /Standard", b"/Filter /Adobe.PS")


def with_blank_page() -> bytes:
    """Give a file with a page without content, and with a slip that loses nothing."""
    with pikepdf.open(io.BytesIO(pdf(text()))) as document:
        document.add_blank_page()
        del document.pages[1].obj["/Contents"]
        output = io.BytesIO()
        document.save(output, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return output.getvalue().replace(b"/Type /Catalog", b"/Tipe /Catalog")


def of_glyphs(line: str, *, first: int) -> bytes:
    """Give a page whose font numbers its glyphs and has no map; a blank is the first of them."""
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
    """Give a page whose letters are drawings that stand for no characters."""
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


def picture(kind: str, size: tuple[int, int] = (120, 160), mode: str = "L") -> bytes:
    output = io.BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(output, kind)
    return output.getvalue()


def tiff(frames: int, mode: str = "L", **options: Any) -> bytes:
    output = io.BytesIO()
    pages = [Image.effect_noise((90, 120), 80).convert(mode) for _ in range(frames)]
    pages[0].save(output, "TIFF", save_all=True, append_images=pages[1:], **options)
    return output.getvalue()


def with_overview() -> bytes:
    """Give a TIFF of two pages with a smaller copy of the first between them."""
    output = io.BytesIO()
    first, small, second = (Image.effect_noise((side, 120), 80) for side in (90, 45, 80))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    first.save(output, "TIFF", save_all=True, append_images=[small, second])
    return output.getvalue()


def with_entry(name: str, value: object, form: dict[str, object] | None = None) -> bytes:
    """Give a PDF of one page with an entry in its catalog, and a form."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(text(1)))) as document:
        document.Root[name] = value
        document.Root.AcroForm = pikepdf.Dictionary(form or {"/Fields": []})
        document.save(output)
    return output.getvalue()


def animated(kind: str) -> bytes:
    """Give a picture with a second frame, as cameras and animations have, that is no page."""
    output = io.BytesIO()
    frames = [Image.effect_noise((90, 120), 80).convert("RGB") for _ in range(2)]
    frames[0].save(output, kind, save_all=True, append_images=frames[1:])
    return output.getvalue()


def stored(name: str, content: str) -> bytes:
    """Give an archive of one part that is not packed."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(name, content)
    return output.getvalue()


def overwritten(content: bytes, at: int) -> bytes:
    return content[:at] + b"\xff" * 20 + content[at + 20 :]


# What is taken.


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
        (b"<p align=center>A readme in Markdown</p>", "text/plain", 1),
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


# Hostile files.


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

    refusal = parser.split(file, content_type="application/pdf", into=tmp_path)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == "UNREADABLE"
    with pytest.raises(PermanentError, match="UNREADABLE"):
        parser.render(file, content_type="application/pdf", page=1, max_pixels=1_000_000)


def parser_that(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    does: str,
    seconds: float = 0.6,
    *,
    begins: bool = True,
) -> SandboxedFileParser:
    """Give a parser whose process does something else than to parse."""
    program = tmp_path / "python"
    begun = "echo '{\"begun\": true}'\n" if begins else ""
    program.write_text(f"#!/bin/sh\n{begun}{does}\n")
    program.chmod(0o755)
    monkeypatch.setattr("docflow.adapters.parser.process.sys.executable", str(program))
    return SandboxedFileParser(
        timeout_seconds=seconds, memory_mb=512, max_pages=50, max_pixels=1_000_000
    )


@pytest.mark.parametrize("does", ["sleep 30", "kill -9 $$"])
def test_a_parser_that_got_no_time_or_memory_says_nothing_about_its_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    parser = parser_that(tmp_path, monkeypatch, does)
    file.write_bytes(b"text")

    with pytest.raises(TransientError) as caught:
        parser.inspect(file)

    assert caught.value.code == "PARSER_STARVED"


def test_a_parser_that_cannot_even_start_says_nothing_either(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docflow.adapters.parser.process.sys.executable", str(tmp_path / "none"))
    parser = SandboxedFileParser(timeout_seconds=9, memory_mb=512, max_pages=5, max_pixels=10**6)

    with pytest.raises(TransientError, match="PARSER_STARVED"):
        parser.inspect(file)


def test_a_parser_that_ends_before_it_begins_says_nothing_either(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = parser_that(tmp_path, monkeypatch, "exit 1", begins=False)

    with pytest.raises(TransientError, match="PARSER_STARVED"):
        parser.inspect(file)


def test_a_disk_without_a_place_for_the_answer_says_nothing_either(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    parser = SandboxedFileParser(timeout_seconds=9, memory_mb=512, max_pages=5, max_pixels=10**6)

    with pytest.raises(TransientError, match="PARSER_STARVED"):
        parser.inspect(file)


@pytest.mark.parametrize("does", ["kill -ABRT $$", "exit 1"])
def test_a_parser_that_crashes_says_that_its_file_is_unreadable(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    parser = parser_that(tmp_path, monkeypatch, does)
    file.write_bytes(b"text")

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == "UNREADABLE"


def test_a_parser_that_computes_all_the_time_is_ended(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docflow.adapters.parser.process.BUSY_SHARE", 0.01)
    parser = parser_that(tmp_path, monkeypatch, "while :; do :; done")
    file.write_bytes(b"text")

    assert isinstance(parser.inspect(file), FileRefusal)


# Pages that end their process, which here is a script that says what a parser would.

NOTES = """
echo "$*" | sed 's/.*--pages-from \\([0-9]*\\).*/\\1/' >> "$0.starts"
from=$(tail -n 1 "$0.starts")
reading() { echo "{\\"reading\\": $1}"; }
read_() { reading $1; echo "{\\"text\\": {\\"number\\": $1, \\"method\\": \\"empty\\"}}"; }
done_() { echo '{"done": {}}'; }
"""


def split_by(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[PageSplit | FileRefusal, list[int]]:
    """Split a file by a script; gives what came of it, and the page where each process began."""
    parser = parser_that(tmp_path, monkeypatch, NOTES + script, seconds=30)
    split = parser.split(tmp_path / "file", content_type="application/pdf", into=tmp_path)
    return split, [int(start) for start in (tmp_path / "python.starts").read_text().split()]


def test_a_sound_file_takes_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split, starts = split_by("read_ 1; read_ 2; done_", tmp_path, monkeypatch)

    assert isinstance(split, PageSplit)
    assert [page.number for page in split.texts] == [1, 2]
    assert starts == [1]


@pytest.mark.parametrize(
    "death", ["kill -SEGV $$", "kill -ABRT $$", "exit 1", "printf '{\"text\": {'; exit 1"]
)
def test_after_a_page_that_ends_the_parser_it_goes_on_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, death: str
) -> None:
    script = f"if [ $from = 1 ]; then read_ 1; reading 2; {death}; fi; read_ 3; done_"

    split, starts = split_by(script, tmp_path, monkeypatch)

    assert isinstance(split, PageSplit)
    assert [(page.number, page.method) for page in split.texts] == [
        (1, PageMethod.EMPTY),
        (2, PageMethod.FAILED),
        (3, PageMethod.EMPTY),
    ]
    assert starts == [1, 3]


def test_the_last_page_may_end_the_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "if [ $from = 1 ]; then read_ 1; reading 2; exit 1; fi; done_"

    split, starts = split_by(script, tmp_path, monkeypatch)

    assert isinstance(split, PageSplit)
    assert [page.method for page in split.texts] == [PageMethod.EMPTY, PageMethod.FAILED]
    assert starts == [1, 3]


@pytest.mark.parametrize(
    ("script", "starts"),
    [
        ("exit 1", [1]),
        ("read_ 1; exit 1", [1]),
        ("if [ $from = 1 ]; then read_ 1; reading 2; exit 1; fi; exit 1", [1, 3]),
        ("if [ $from = 1 ]; then read_ 1; fi; reading $((from + 1)); exit 1", [1, 3, 5, 7]),
        ("if [ $from = 1 ]; then reading 1; exit 1; fi; done_", [1, 2]),
    ],
    ids=["before pages", "between pages", "in the second process", "too often", "nothing is left"],
)
def test_a_file_is_refused_where_its_pages_are_not_to_blame_or_too_many_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, starts: list[int]
) -> None:
    split, started = split_by(script, tmp_path, monkeypatch)

    assert isinstance(split, FileRefusal)
    assert split.code == "UNREADABLE"
    assert started == starts


def test_what_a_later_process_finds_wrong_counts_for_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = '{"refusal": {"code": "DAMAGED", "message": "Torn."}}'
    script = f"if [ $from = 1 ]; then reading 1; exit 1; fi; read_ 2; echo '{refusal}'"

    split, _ = split_by(script, tmp_path, monkeypatch)

    assert split == FileRefusal(ErrorCode.DAMAGED, "Torn.")


def test_the_processes_share_the_time_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "reading $from; sleep 1.4; exit 1"
    parser = parser_that(tmp_path, monkeypatch, NOTES + script, seconds=2.5)

    with pytest.raises(TransientError, match="PARSER_STARVED"):
        parser.split(tmp_path / "file", content_type="application/pdf", into=tmp_path)

    assert (tmp_path / "python.starts").read_text().split() == ["1", "2"]


def test_an_answer_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docflow.adapters.parser.sandbox.ANSWER_SHARE", 1e-7)  # 53 bytes

    split, _ = split_by("read_ 1; read_ 2; done_", tmp_path, monkeypatch)

    assert isinstance(split, FileRefusal)


def test_what_a_document_may_unpack_to_follows_from_the_memory(file: Path) -> None:
    file.write_bytes(docx([" " * 140_000_000]))
    parsers = [
        SandboxedFileParser(timeout_seconds=30, memory_mb=mb, max_pages=99_999, max_pixels=1)
        for mb in (256, 512)
    ]

    small, large = (parser.inspect(file) for parser in parsers)

    assert isinstance(small, FileRefusal)
    assert "128 MB" in small.message
    assert isinstance(large, FileFacts)


def test_a_page_without_measure_is_scaled_down(parser: SandboxedFileParser, file: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page(page_size=(14_400, 14_400))
    document.save(file)

    png = parser.render(file, content_type="application/pdf", page=1, max_pixels=250_000)

    assert Image.open(io.BytesIO(png)).size == (500, 500)


def test_the_parser_sees_none_of_the_settings(
    parser: SandboxedFileParser, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from docflow.adapters.parser.process import _environment

    monkeypatch.setenv("AZURE_OPENAI_KEY", "secret")

    assert "secret" not in str(_environment())
    assert "PYTHONPATH" in _environment()


# Splitting.


def split_of(
    parser: SandboxedFileParser,
    file: Path,
    content_type: str,
    *,
    into: Path | None = None,
    mode: OcrMode = OcrMode.AUTO,
) -> PageSplit:
    split = parser.split(file, content_type=content_type, into=into or file.parent, mode=mode)
    assert isinstance(split, PageSplit)
    return split


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
        (both(scan(), text(50)), "text-layer", "text layer of"),
        (both(scan(), text(10)), "ocr", "picture shows more"),
        (both(scan(0.5), text(20)), "ocr", "picture shows more"),
        (both(scaled(scan()), text(10)), "ocr", "picture shows more"),
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
    parser: SandboxedFileParser,
    file: Path,
    tmp_path: Path,
    draw: Draw,
    method: str,
    reason: str,
) -> None:
    file.write_bytes(pdf(draw))

    split = split_of(parser, file, "application/pdf")

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

    split = split_of(parser, file, "application/pdf", mode=OcrMode.NEVER)

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

    split = split_of(parser, file, "image/tiff", mode=OcrMode.NEVER)

    assert split.ocr == []
    assert [(page.number, page.method, page.unread) for page in split.texts] == [
        (1, PageMethod.EMPTY, True),
        (2, PageMethod.EMPTY, True),
    ]


def test_every_page_with_anything_on_it_goes_to_ocr_where_that_is_wanted(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(pdf(text(), scan(), lambda canvas: None))

    split = split_of(parser, file, "application/pdf", mode=OcrMode.ALWAYS)

    assert [page.number for page in split.ocr] == [1, 2]
    assert [page.number for page in split.texts] == [3]


def test_the_text_of_a_page_comes_line_by_line(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(pdf(text(2)))

    (page,) = split_of(parser, file, "application/pdf").texts

    assert page.text == f"1 {SENTENCE}\n2 {SENTENCE}"
    assert (page.width, page.height, page.unit) == (*A4, "point")


def test_what_was_filled_into_a_form_is_part_of_the_page(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    def form(canvas: Canvas) -> None:
        canvas.drawString(50, 700, "Name of the applicant:")
        canvas.acroForm.textfield(value="Erika Mustermann", x=300, y=690, width=200, height=20)

    file.write_bytes(pdf(form, both(scan(), form)))

    split = split_of(parser, file, "application/pdf")

    assert "Erika Mustermann" in split.texts[0].text
    with pikepdf.open(split.ocr[0].file) as single:
        assert "/Annots" not in single.pages[0] or not len(single.pages[0].Annots)


def test_a_page_of_glyphs_without_names_is_read_where_they_say_something(
    parser: SandboxedFileParser, file: Path
) -> None:
    file.write_bytes(of_glyphs(SENTENCE, first=ord(" ")))
    assert split_of(parser, file, "application/pdf").texts[0].text == SENTENCE

    file.write_bytes(of_glyphs(SENTENCE, first=3))
    assert split_of(parser, file, "application/pdf").ocr[0].reason == "text layer is not readable"

    file.write_bytes(of_glyphs(SENTENCE, first=0xE0E0E0))
    assert split_of(parser, file, "application/pdf").ocr[0].reason == "text layer is not readable"

    file.write_bytes(of_drawn_letters())
    assert split_of(parser, file, "application/pdf").ocr[0].reason == "no text layer"


def test_a_page_of_which_nothing_is_on_its_paper_is_empty(
    parser: SandboxedFileParser, file: Path
) -> None:
    with pikepdf.open(io.BytesIO(pdf(text(), text()))) as document:
        document.pages[1].MediaBox = pikepdf.Array([0, 0, 100, 100])
        document.pages[1].CropBox = pikepdf.Array([200, 200, 300, 300])
        document.save(file)

    pages = split_of(parser, file, "application/pdf").texts

    assert [page.method for page in pages] == [PageMethod.TEXT_LAYER, PageMethod.EMPTY]


def test_a_broken_page_costs_that_page_alone(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    sound = pdf(text(), text(), text())
    pages = re.search(rb"/Kids \[ \d+ 0 R (\d+) 0 R \d+ 0 R \]", sound)
    assert pages is not None
    second = b"\n%b 0 obj\n" % pages.group(1)
    file.write_bytes(sound.replace(second + b"<<", second + b"[]"))

    split = split_of(parser, file, "application/pdf")

    methods = [page.method for page in split.texts]
    assert methods == [PageMethod.TEXT_LAYER, PageMethod.FAILED, PageMethod.TEXT_LAYER]
    assert split.texts[1].error is not None
    assert split.texts[1].error.startswith("PAGE_DAMAGED: ")
    with pytest.raises(PermanentError, match="DAMAGED"):
        parser.render(file, content_type="application/pdf", page=2, max_pixels=1_000_000)


def test_a_mixed_pdf_is_split_page_by_page(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(pdf(text(), scan(), lambda canvas: None, scan(), text()))

    split = split_of(parser, file, "application/pdf")

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
        split = split_of(parser, file, "application/pdf", into=tmp_path / run)
        pages.append(split.ocr[0].file)

    assert pages[0].read_bytes() == pages[1].read_bytes()
    with pikepdf.open(pages[0]) as page:
        assert "/Info" not in page.trailer  # it would hold the second in which it was written


def test_a_pdf_with_an_owner_password_is_split(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    original = saved(pdf(text(), scan()), encryption=pikepdf.Encryption(owner="owner", user=""))
    file.write_bytes(original)

    split = split_of(parser, file, "application/pdf")

    assert [page.number for page in split.texts] == [1]
    with pikepdf.open(split.ocr[0].file) as single:
        assert len(single.pages) == 1


def test_every_page_of_a_tiff_becomes_a_picture(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(tiff(3, mode="1"))

    split = split_of(parser, file, "image/tiff")

    assert split.texts == []
    assert [page.number for page in split.ocr] == [1, 2, 3]
    for page in split.ocr:
        with Image.open(page.file) as frame:
            assert (frame.format, frame.size) == ("PNG", (90, 120))


def lying(rotate: int, inherited: bool) -> bytes:
    """Give a scan that lies on its side, and the turn that sets it upright on the page or above."""
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
    parser: SandboxedFileParser, file: Path, rotate: int, inherited: bool
) -> None:
    file.write_bytes(lying(rotate, inherited))

    (page,) = split_of(parser, file, "application/pdf").ocr

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
    parser: SandboxedFileParser, file: Path
) -> None:
    document = pikepdf.open(io.BytesIO(pdf(few_paths)))
    document.pages[0].MediaBox = pikepdf.Array([0, 0, 14_400, 7_200])
    document.save(file)

    (page,) = split_of(parser, file, "application/pdf").ocr

    with Image.open(page.file) as picture:
        assert picture.format == "JPEG"
        assert picture.width * picture.height <= 1_000_000
        assert picture.width == pytest.approx(2 * picture.height, rel=0.01)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_a_single_picture_is_its_own_page(
    parser: SandboxedFileParser, file: Path, tmp_path: Path, kind: str
) -> None:
    file.write_bytes(picture(kind))

    split = split_of(parser, file, f"image/{kind.lower()}")

    assert [(page.number, page.file) for page in split.ocr] == [(1, file)]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(docx(["text"]), DOCX), (xlsx({"A": [["1"]]}), XLSX), (b"<html>text", HTML)],
)
def test_a_document_without_pages_goes_to_ocr_as_a_whole(
    parser: SandboxedFileParser, file: Path, tmp_path: Path, content: bytes, content_type: str
) -> None:
    file.write_bytes(content)

    split = split_of(parser, file, content_type)

    assert split.texts == []
    assert [(page.number, page.file) for page in split.ocr] == [(1, file)]
    with pytest.raises(NotFoundError, match="no picture"):
        parser.render(file, content_type=content_type, page=1, max_pixels=1_000)


def test_a_large_picture_is_scaled_down(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(picture("PNG", size=(1_600, 1_200)))

    (page,) = split_of(parser, file, "image/png").ocr

    assert page.file != file
    with Image.open(page.file) as scaled:
        assert scaled.width * scaled.height <= 1_000_000
        assert scaled.width > scaled.height


def test_plain_text_is_cut_into_pages_at_line_ends(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    lines = [f"Zeile {number}: Grüße" for number in range(1, 131)]
    file.write_bytes("\r\n".join(lines).encode("cp1252"))

    pages = split_of(parser, file, "text/plain").texts

    assert [page.number for page in pages] == [1, 2, 3]
    assert "\n".join(page.text for page in pages) == "\n".join(lines)
    assert parser.inspect(file) == FileFacts("text/plain", 3)


def test_form_feeds_and_long_lines_make_pages_of_text(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_text(f"first\f\f{'word ' * 1_500}\flast\n\f")

    pages = split_of(parser, file, "text/plain").texts

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

    (page,) = split_of(parser, file, "text/plain").texts

    assert page.text == f"Grüße\nmit Escape\n{SENTENCE * 3}"


# Rendering.


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


def premultiplied() -> bytes:
    """Give a TIFF of one grey channel that its transparency was worked into."""
    output = io.BytesIO()
    Image.effect_noise((120, 160), 80).convert("LA").save(output, "TIFF")
    extra_samples = struct.Struct("<HHII")
    worked_in = extra_samples.pack(338, 3, 1, 1)
    return output.getvalue().replace(extra_samples.pack(338, 3, 1, 2), worked_in)


def of_a_broken_camera() -> bytes:
    """Give a sound JPEG with a note on how it was taken that nobody can read."""
    output = io.BytesIO()
    noise = Image.effect_noise((120, 160), 80)
    noise.save(output, "JPEG", exif=b"Exif\0\0\xff\xff\xff\xff\0\0\0\x08")
    return output.getvalue()


def test_smaller_copies_in_a_tiff_are_no_pages(parser: SandboxedFileParser, file: Path) -> None:
    file.write_bytes(with_overview())

    widths = []
    for page in split_of(parser, file, "image/tiff").ocr:
        with Image.open(page.file) as sent:
            widths.append(sent.width)

    assert widths == [90, 80]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(premultiplied(), "image/tiff"), (of_a_broken_camera(), "image/jpeg")],
)
def test_an_odd_picture_is_split_and_rendered_as_any(
    parser: SandboxedFileParser, file: Path, content: bytes, content_type: str
) -> None:
    file.write_bytes(content)

    split = split_of(parser, file, content_type)
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
    parser: SandboxedFileParser,
    file: Path,
    content: bytes,
    content_type: str,
    size: tuple[int, int],
) -> None:
    file.write_bytes(content)

    (page,) = split_of(parser, file, content_type).ocr

    with Image.open(page.file) as sent:
        assert sent.size == size


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
