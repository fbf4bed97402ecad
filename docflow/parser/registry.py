"""Recognizing the format of a file by its content; its name says nothing reliable."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

from docflow.parser.findings import BMP, HTML, JPEG, MAIL, PDF, PNG, TEXT, TIFF, Refusal, not_taken

HEAD_BYTES = 8 * 1024
"""What is looked at first; licences and the like may come before a page begins."""
PDF_HEADER_WITHIN = 1024
"""Readers of PDF take a header anywhere in here, and scanners do put junk before it."""
PDF_OBJECT = re.compile(
    rb"(?:\A|[\r\n])(?:%PDF-\d[^\r\n]{0,20}[\r\n]+|\A)\s*(?:%[^\r\n]*[\r\n]+\s*)?\d+ \d+ obj\b"
)
"""How its objects begin, after the header or where that was lost."""

SIGNATURES = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"II+\x00", TIFF),
    (b"MM\x00+", TIFF),
)
BMP_HEADER_SIZES = {12, 40, 52, 56, 64, 108, 124}

ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")
"""How ZIP begins, an empty one too; Office documents are such archives."""
COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
"""How old Office documents begin, and new ones behind a password."""
ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")

ARCHIVE_OR_PROGRAM = (
    *(rb"\x1f\x8b", rb"7z\xbc\xaf", rb"Rar!\x1a", rb"BZh.1AY&SY", rb"\xfd7zXZ\0"),
    *(rb".{257}ustar[\0 ]", rb"MZ\x90\0", rb"\x7fELF", rb"SQLite format 3\0"),
)
NOT_TAKEN = [
    (re.compile(beginning, re.DOTALL), what)
    for beginning, what in (
        (rb"{\\rtf", "a Rich Text document"),
        (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript document"),
        (rb"\x78\x9f\x3e\x22", "an Outlook container (winmail.dat)"),
        (rb"AT&TFORM", "a DjVu document"),
        (rb"GIF8", "a GIF picture"),
        (rb"RIFF.{4}WEBP", "a WebP picture"),
        (rb".{4}ftyp(?:hei|hev|mif1|msf1|avi[fs])", "a HEIC or AVIF picture"),
        (rb"8BPS\0", "a Photoshop picture"),
        (rb"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
        (rb"\x01\0\0\0.{36} EMF|\xd7\xcd\xc6\x9a", "a drawing (EMF or WMF)"),
        (rb".{4}ftyp|RIFF.{4}(?:AVI |WAVE)|ID3[\2-\4]|OggS\0|\x1aE\xdf\xa3", "a video or sound"),
        (b"|".join(ARCHIVE_OR_PROGRAM), "an archive, a program or a database"),
    )
]
"""How other formats begin; the first that fits counts."""
DRAWING = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?><!--.{0,2000}?-->\s*)*(?:<!doctype\s+svg|<svg[\s>])",
    re.IGNORECASE | re.DOTALL,
)
"""How an SVG begins: all text, but nothing that a person reads."""


def recognize(file: Path) -> str:
    """Give the content type of a file.

    Raises:
        Refusal: the file is empty or of no format that is taken.
    """
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise Refusal("EMPTY_FILE", "The file is empty: check the original and send it again.")
    if head.startswith(ARCHIVES):
        from docflow.parser.formats import office

        return office.recognize(file)
    if head.startswith(COMPOUND_FILE):
        raise _compound(file)
    return _by_signature(head) or _pdf_after_junk(head, file) or _by_beginning(head, file)


def _by_signature(head: bytes) -> str | None:
    for signature, content_type in SIGNATURES:
        if head.startswith(signature):
            return content_type
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BMP_HEADER_SIZES:
        return BMP
    for beginning, what in NOT_TAKEN:
        if beginning.match(head):
            raise not_taken(what)
    return None


def _by_beginning(head: bytes, file: Path) -> str:
    """Tell apart what is all text."""
    from docflow.parser.formats import html, mail

    if DRAWING.match(head.decode("utf-8-sig", errors="replace")):
        raise not_taken("a drawing (SVG)")
    if html.begins(head):
        return HTML
    return MAIL if mail.begins(file) else TEXT


def _compound(file: Path) -> Refusal:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data.find(ENCRYPTED_PART) < 0:
            return not_taken("an old Office document or mail (DOC, XLS, PPT, MSG)")
    return Refusal(
        "ENCRYPTED",
        "The Office document can only be opened with a password: remove the password and send it "
        "again.",
    )


def _pdf_after_junk(head: bytes, file: Path) -> str | None:
    """A text that only speaks of PDF headers has no end of a PDF."""
    if PDF_OBJECT.search(head[:PDF_HEADER_WITHIN]):
        return PDF
    if b"%PDF-" not in head[:PDF_HEADER_WITHIN]:
        return None
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 2 * PDF_HEADER_WITHIN))
        tail = stream.read()
    return PDF if b"startxref" in tail and b"%%EOF" in tail else None
