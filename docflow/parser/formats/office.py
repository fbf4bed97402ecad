"""DOCX, XLSX and PPTX: told from other archives, and checked before anything is sent to OCR.

They are archives of XML. The archive may not unpack to more than a limit, and the XML may not
declare entities: both could harm the programs that read the document later.
"""

from __future__ import annotations

import mmap
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from xml.parsers import expat

from docflow.parser.content_types import DOCX, PPTX, XLSX
from docflow.parser.formats.office_extent import SHEETS, SLIDES, extent_of
from docflow.parser.formats.office_parts import LOCAL_HEADER_BYTES, strict_parser, unpack
from docflow.parser.limits import Limits
from docflow.parser.pages import CHARACTERS_PER_PAGE, PageFile, TextPage, whole_document
from docflow.parser.refusals import (
    PageMissingError,
    Refusal,
    check_page_count,
    damaged,
    not_taken,
)
from docflow.parser.requests import RenderRequest, SplitRequest

MAX_PARTS = 10_000
"""Files in one archive; a large presentation has a few hundred.

Not a setting: the time limit bounds their cost here, and no honest document has more.
"""
MAX_CONTENT_TYPES_BYTES = 4 * 1024**2
"""Size of the list of parts, which is read at once: little, even in the smallest memory."""
MAX_DEPTH = 1_000
"""Levels of nested elements; real documents have a few dozen.

Not a setting: depth costs nothing here, but may overflow the stack of programs that read the
document later.
"""

ARCHIVE = "an archive (ZIP, JAR or the like)"
CONTENT_TYPES = "[Content_Types].xml"
OFFICE_FOLDERS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"xl/", b"ppt/")
"""How the first name in an Office archive begins; it is there even where the end is cut off."""
ENCRYPTED_FLAG = 0x1
ZIP = b"PK"
ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")
"""Name of the part of a compound file that holds an Office document behind a password."""

_VENDOR = "application/vnd.openxmlformats-officedocument."
MAIN_PARTS = {
    f"{_VENDOR}wordprocessingml.document.main+xml": DOCX,
    f"{_VENDOR}spreadsheetml.sheet.main+xml": XLSX,
    f"{_VENDOR}presentationml.presentation.main+xml": PPTX,
    f"{_VENDOR}presentationml.slideshow.main+xml": PPTX,
}
OTHERS = (
    (re.compile(r"application/vnd\.ms-excel\.sheet\.binary.*"), "a binary Excel workbook (XLSB)"),
    (
        re.compile(r"application/vnd\.ms-(?:word|excel|powerpoint)\..*macroEnabled.*\+xml"),
        "an Office document with macros",
    ),
    (re.compile(re.escape(_VENDOR) + r".*\.template\.main\+xml"), "an Office template"),
    (re.compile(r"application/vnd\.ms-package\.xps-.*"), "an XPS document"),
)
"""Content types of parts that only other formats of Office have."""
MIMETYPE = b"mimetype"
NAMED = (
    (b"application/vnd.oasis.opendocument.", "an OpenDocument file (ODT, ODS or ODP)"),
    (b"application/epub+zip", "an e-book (EPUB)"),
)
"""Contents of the part `mimetype`, which is the first one in archives of other formats."""
RESOURCE_FORKS = "__MACOSX/"
"""Folder that macOS adds when it packs an archive again: no part of the document."""


def recognize(file: Path, head: bytes) -> str | None:
    """Return the content type of an Office document.

    Raises:
        Refusal: the file is another archive, an old document, protected, or has macros.
    """
    if not head.startswith(ZIP):
        raise _compound(file)
    try:
        with zipfile.ZipFile(file) as archive:
            types = _content_types(archive)
    except (zipfile.BadZipFile, KeyError, RuntimeError, *_BROKEN) as error:
        raise _not_office(file) from error
    for main, content_type in MAIN_PARTS.items():
        if main in types:
            return content_type
    for pattern, what in OTHERS:
        if any(map(pattern.fullmatch, types)):
            raise not_taken(what)
    raise not_taken(ARCHIVE)


def count_pages(file: Path, content_type: str, limits: Limits) -> int:
    """Count the pages that Document Intelligence bills: slides, sheets, or 3,000 characters each.

    On the way every part is unpacked and parsed once.

    Raises:
        Refusal: the document is damaged, encrypted, too long, or an attack.
    """
    with _damage(content_type), zipfile.ZipFile(file) as archive, file.open("rb") as stream:
        parts = archive.infolist()
        _check_declared(parts, content_type, limits)
        characters = 0
        for part in parts:
            found = _check_part(stream, part, content_type)
            characters += found if part.filename == "word/document.xml" else 0
    pages = {
        DOCX: -(-characters // CHARACTERS_PER_PAGE),
        XLSX: sum(1 for part in parts if SHEETS.fullmatch(part.filename)),
        PPTX: sum(1 for part in parts if SLIDES.fullmatch(part.filename)),
    }[content_type]
    return check_page_count(max(1, pages), limits, content_type)


def split(request: SplitRequest) -> list[TextPage | PageFile]:
    """Return the document as one page for OCR."""
    with _damage(request.content_type):
        return [whole_document(request, extent_of(request.file, request.content_type))]


def render(request: RenderRequest) -> None:
    """Draw nothing: the pages of an Office document have no pictures."""
    raise PageMissingError(request.page)


def _compound(file: Path) -> Refusal:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data.find(ENCRYPTED_PART) < 0:
            return not_taken("an old Office document or mail (DOC, XLS, PPT, MSG)")
    return Refusal(
        "ENCRYPTED",
        "The Office document can only be opened with a password: remove the password and send it "
        "again.",
    )


def _content_types(archive: zipfile.ZipFile) -> set[str]:
    """Return the content types of the parts, from the archive's own list."""
    found: set[str] = set()
    part = archive.getinfo(CONTENT_TYPES)
    if part.file_size > MAX_CONTENT_TYPES_BYTES:
        raise zipfile.BadZipFile("the list of parts is too long")
    parser = strict_parser()
    parser.StartElementHandler = lambda _, attributes: found.add(attributes.get("ContentType", ""))
    parser.Parse(archive.read(part), True)
    return found


def _not_office(file: Path) -> Refusal:
    with file.open("rb") as stream:
        name = stream.read(LOCAL_HEADER_BYTES + 64)[LOCAL_HEADER_BYTES:]
    if name.startswith(OFFICE_FOLDERS):
        return damaged("application/zip")
    for beginning, what in NAMED:
        if name.startswith(MIMETYPE + beginning):
            return not_taken(what)
    return not_taken(ARCHIVE)


def _check_declared(parts: list[zipfile.ZipInfo], content_type: str, limits: Limits) -> None:
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > limits.unpacked_bytes:
        raise _bomb(content_type, limits)
    if any(part.flag_bits & ENCRYPTED_FLAG for part in parts):
        raise Refusal(
            "ENCRYPTED",
            "Parts of the document are encrypted: remove the password and send it again.",
            content_type,
        )


def _check_part(stream: IO[bytes], part: zipfile.ZipInfo, content_type: str) -> int:
    """Unpack a part, parse it where it is XML, and return the number of characters of its text."""
    unpacked = 0
    own = not part.filename.startswith(RESOURCE_FORKS)
    text = _Text() if own and part.filename.endswith((".xml", ".rels")) else None
    for piece in unpack(stream, part):
        unpacked += len(piece)
        if unpacked > part.file_size:
            break
        if text is not None:
            text.feed(piece)
    if unpacked != part.file_size:
        raise damaged(content_type)
    return text.end() if text is not None else 0


class _Text:
    """Counts the characters of an XML document that is passed in pieces."""

    def __init__(self) -> None:
        self._characters = 0
        self._depth = 0
        self._parser = strict_parser()
        self._parser.buffer_text = True
        self._parser.CharacterDataHandler = self._count
        self._parser.StartElementHandler = self._enter
        self._parser.EndElementHandler = self._leave

    def feed(self, piece: bytes) -> None:
        self._parser.Parse(piece, False)

    def end(self) -> int:
        self._parser.Parse(b"", True)
        return self._characters

    def _count(self, text: str) -> None:
        self._characters += len(text)

    def _enter(self, _name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError("elements are nested too deep")

    def _leave(self, _name: str) -> None:
        self._depth -= 1


_BROKEN = (expat.ExpatError, ValueError, zlib.error, OSError, EOFError, NotImplementedError)


@contextmanager
def _damage(content_type: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, *_BROKEN) as error:
        raise damaged(content_type) from error


def _bomb(content_type: str, limits: Limits) -> Refusal:
    return Refusal(
        "UNREADABLE",
        f"The document unpacks to more than {MAX_PARTS:,} parts or "
        f"{limits.unpacked_bytes // 1024**2:,} MB: split it, or print it to PDF.",
        content_type,
    )
