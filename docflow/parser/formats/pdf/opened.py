"""A PDF, opened by PDFium, and by pikepdf where what it says of its annotations is needed.

A file may encrypt nothing but its attachments. A reader then asks for the password when somebody
opens an attachment, and shows the pages to everyone. Both libraries ask for it at once. So such a
file is opened as if it were not encrypted, which its pages are not.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
from pypdfium2 import raw

from docflow.parser.content_types import PDF
from docflow.parser.refusals import Refusal, damaged

LOCKED = {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}
"""Errors of PDFium for a file that only its owner, or the holder of a certificate, can open."""
ENCRYPT = re.compile(rb"/Encrypt(?=[\s<])")
SET_ASIDE = "/EncrypX"
"""The entry under a name that no reader knows; equally long, so that all offsets stay right."""
CRYPT_FILTERS = 4
"""Version of encryption from which streams, strings and attachments are encrypted separately."""


class OpenedPdf:
    """A PDF while it is read."""

    def __init__(self, source: Path | bytes, document: pdfium.PdfDocument) -> None:
        self._source = source
        self.document = document
        self._entries: pikepdf.Pdf | None = None
        self._tried = False

    @property
    def entries(self) -> pikepdf.Pdf | None:
        """Return the file as pikepdf opens it, on first use; None where it does not."""
        if not self._tried:
            self._tried = True
            try:
                self._entries = open_entries(self._source)
            except (pikepdf.PdfError, RecursionError):
                self._entries = None
        return self._entries

    def close(self) -> None:
        """Close the file."""
        self.document.close()
        if self._entries is not None:
            self._entries.close()


@contextmanager
def opened(file: Path) -> Iterator[OpenedPdf]:
    """Open a PDF for PDFium.

    Raises:
        PdfiumError: the file is damaged or encrypted.
    """
    source: Path | bytes = file
    try:
        document = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        shown = _without_lock(file) if error.err_code in LOCKED else None
        if shown is None:
            raise
        source, document = shown, pdfium.PdfDocument(shown)
    pdf = OpenedPdf(source, document)
    try:
        yield pdf
    finally:
        pdf.close()


def open_entries(source: Path | bytes) -> pikepdf.Pdf:
    """Open a PDF for pikepdf.

    Raises:
        PasswordError: the file is encrypted, and not its attachments alone.
        PdfError: the file is damaged.
    """
    if isinstance(source, bytes):
        return pikepdf.open(io.BytesIO(source))
    try:
        return pikepdf.open(source)
    except pikepdf.PasswordError:
        shown = _without_lock(source)
        if shown is None:
            raise
        return pikepdf.open(io.BytesIO(shown))


def refusal_of(error: pdfium.PdfiumError) -> Refusal:
    """Return why PDFium cannot open a file, as its sender is told."""
    return encrypted() if error.err_code in LOCKED else damaged(PDF)


def encrypted() -> Refusal:
    """Return the refusal of a protected PDF."""
    return Refusal(
        "ENCRYPTED",
        "The PDF can only be opened with a password or a certificate: save it without protection "
        "and send it again.",
        PDF,
    )


def _without_lock(file: Path) -> bytes | None:
    """Return a file without its lock where only attachments are encrypted, else None."""
    content = ENCRYPT.sub(SET_ASIDE.encode(), file.read_bytes())
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            lock = document.trailer.get(SET_ASIDE)
            return content if _is_for_attachments(lock) else None
    except (pikepdf.PdfError, RecursionError):
        return None


def _is_for_attachments(lock: object) -> bool:
    """Return whether neither the streams nor the strings of a file are encrypted."""
    if not isinstance(lock, pikepdf.Dictionary) or lock.get("/V", 0) < CRYPT_FILTERS:
        return False
    return all(str(lock.get(kind, "/Identity")) == "/Identity" for kind in ("/StmF", "/StrF"))
