"""Recognizing the format of a file by its content; its name says nothing reliable."""

from __future__ import annotations

import mmap
from pathlib import Path

from docflow.adapters.parsing.findings import (
    BMP,
    HTML,
    JPEG,
    MAIL,
    PDF,
    PNG,
    TEXT,
    TIFF,
    Refusal,
    not_taken,
)

PDF_HEADER_WITHIN = 1024
"""Readers of PDF take a header anywhere in here, and scanners do put junk before it."""

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

NOT_TAKEN = (
    (b"{\\rtf", "a Rich Text document"),
    (b"%!PS", "a PostScript document"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
)


def recognize(file: Path) -> str:
    """Give the content type of a file.

    Raises:
        Refusal: the file is empty or of no format that is taken.
    """
    with file.open("rb") as stream:
        head = stream.read(PDF_HEADER_WITHIN)
    if not head:
        raise Refusal("EMPTY_FILE", "The file is empty: check the original and send it again.")
    if head.startswith(ARCHIVES):
        from docflow.adapters.parsing import office

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
    for signature, what in NOT_TAKEN:
        if head.startswith(signature):
            raise not_taken(what)
    return None


def _by_beginning(head: bytes, file: Path) -> str:
    """Tell apart what is all text."""
    from docflow.adapters.parsing import html, mail

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
    if b"%PDF-" not in head:
        return None
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 2 * PDF_HEADER_WITHIN))
        tail = stream.read()
    return PDF if b"startxref" in tail and b"%%EOF" in tail else None
