"""The table of formats: those that are taken, and those that are known and refused.

A file is compared with the lines from top to bottom, and the first that fits counts. To add a
format, add a line with a module of `docflow.parser.formats`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

from docflow.parser.content_types import (
    BMP,
    DOCX,
    HTML,
    JPEG,
    MAIL,
    PDF,
    PNG,
    PPTX,
    TEXT,
    TIFF,
    XLSX,
)

if TYPE_CHECKING:
    from docflow.parser.format import AmbiguousFormat, Format


class Taken(NamedTuple):
    """A format that is taken."""

    content_type: str
    name: str
    """As senders of other formats are told."""
    module: str
    """Module of `docflow.parser.formats`; it is imported when a file needs it."""
    signature: bytes
    """Pattern that the beginning of the file matches; a dot matches any byte."""
    ambiguous: bool = False
    """Whether other files may begin so too; then `recognize` of the module looks inside."""


class NotTaken(NamedTuple):
    """A format that is known and refused."""

    what: str
    """What such a file is, as its sender is told."""
    signature: bytes


ZIP_OR_COMPOUND_FILE = rb"PK\x03\x04|PK\x05\x06|\xd0\xcf\x11\xe0"
"""Office documents are ZIP archives; old ones, and those with a password, are compound files."""
PDF_LATER = rb".{1,1019}%PDF-|\s*+(?:%[^\r\n]*+\s*+)?\d+ \d+ obj\b"
"""Readers of PDF accept a header anywhere in the first 1,024 bytes, and scanners do write other
bytes before it; or the header is lost, and the file begins with the first object."""

FORMATS: tuple[Taken | NotTaken, ...] = (
    Taken(PDF, "PDF", "pdf", rb"%PDF-"),
    Taken(TIFF, "TIFF", "picture", rb"II[*+]\0|MM\0[*+]"),
    Taken(PNG, "PNG", "picture", rb"\x89PNG\r\n\x1a\n"),
    Taken(JPEG, "JPEG", "picture", rb"\xff\xd8\xff"),
    Taken(BMP, "BMP", "picture", rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0"),
    Taken(DOCX, "DOCX", "office", ZIP_OR_COMPOUND_FILE, ambiguous=True),
    Taken(XLSX, "XLSX", "office", ZIP_OR_COMPOUND_FILE, ambiguous=True),
    Taken(PPTX, "PPTX", "office", ZIP_OR_COMPOUND_FILE, ambiguous=True),
    NotTaken("a Rich Text document", rb"{\\rtf"),
    NotTaken("a PostScript document", rb"%!PS|\xc5\xd0\xd3\xc6"),
    NotTaken("an Outlook container (winmail.dat)", rb"\x78\x9f\x3e\x22"),
    NotTaken("a DjVu document", rb"AT&TFORM"),
    NotTaken("a GIF picture", rb"GIF8"),
    NotTaken("a WebP picture", rb"RIFF.{4}WEBP"),
    NotTaken("a HEIC or AVIF picture", rb".{4}ftyp(?:hei|hev|mif1|msf1|avi[fs])"),
    NotTaken("a Photoshop picture", rb"8BPS\0"),
    NotTaken("a JPEG 2000 picture", rb"\0\0\0\x0cjP  "),
    NotTaken("a drawing (EMF or WMF)", rb"\x01\0\0\0.{36} EMF|\xd7\xcd\xc6\x9a"),
    NotTaken(
        "a video or sound", rb".{4}ftyp|RIFF.{4}(?:AVI |WAVE)|ID3[\2-\4]|OggS\0|\x1aE\xdf\xa3"
    ),
    NotTaken(
        "an archive, a program or a database",
        rb"\x1f\x8b|7z\xbc\xaf|Rar!\x1a|BZh.1AY&SY|\xfd7zXZ\0|.{257}ustar[\0 ]"
        rb"|MZ\x90\0|\x7fELF|SQLite format 3\0",
    ),
    Taken(PDF, "PDF", "pdf", PDF_LATER, ambiguous=True),
    Taken(HTML, "HTML", "html", b"", ambiguous=True),
    Taken(MAIL, "mail (EML)", "mail", b"", ambiguous=True),
    Taken(TEXT, "plain text or Markdown", "plain_text", b""),
)

MOST_USED = ("pdf", "picture")
"""Modules that a process imports while it waits for a file."""


def names_of_formats() -> list[str]:
    """Return the names of the formats taken, each once, in the order of the table."""
    return list(dict.fromkeys(line.name for line in FORMATS if isinstance(line, Taken)))


def format_of(content_type: str) -> Format:
    """Return the module that reads files of a content type."""
    lines = (line for line in FORMATS if isinstance(line, Taken))
    return load(next(line.module for line in lines if line.content_type == content_type))


def load(module: str) -> AmbiguousFormat:
    """Return a module of `docflow.parser.formats`, imported on first use."""
    return cast("AmbiguousFormat", import_module(f"docflow.parser.formats.{module}"))
