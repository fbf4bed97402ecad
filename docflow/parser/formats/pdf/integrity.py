"""Whether a PDF is complete, as qpdf sees it.

qpdf repairs a file without an error and reports by warnings what it had to do. A file is refused
where the repair lost something.
"""

from __future__ import annotations

import mmap
from pathlib import Path

import pikepdf

from docflow.parser.content_types import PDF
from docflow.parser.formats.pdf.opened import encrypted, open_entries
from docflow.parser.limits import Limits
from docflow.parser.refusals import check_page_count, damaged, not_taken

NOTHING_NAMED = "Resources is missing or invalid"
CONTENT_LOST = "unable to recover stream data"
RECONSTRUCTED = "Attempting to reconstruct"
FOR_CERTIFICATES = "unsupported encryption filter"


def check_integrity(file: Path, limits: Limits) -> int:
    """Return the page count that qpdf finds.

    Raises:
        Refusal: the file is encrypted, could only be repaired with a loss, has too many pages, or
            needs another program to be shown.
    """
    try:
        with open_entries(file) as document:
            pages = check_page_count(len(document.pages), limits, PDF)
            # The warnings can be taken once; objects read later add new ones.
            warnings = list(map(str, document.get_warnings()))
            if any(map(_may_be_a_loss, warnings)) and _lost_content(document, file, warnings):
                raise damaged(PDF)
            _check_shows_itself(document, pages)
            return pages
    except pikepdf.PasswordError as error:
        raise encrypted() from error
    except (pikepdf.PdfError, RecursionError) as error:
        raise (encrypted() if FOR_CERTIFICATES in str(error) else damaged(PDF)) from error


def _check_shows_itself(document: pikepdf.Pdf, pages: int) -> None:
    """Refuse a PDF whose only page says that another program is needed."""
    form = document.Root.get("/AcroForm")
    of_xfa = isinstance(form, pikepdf.Dictionary) and "/XFA" in form
    if of_xfa and document.Root.get("/NeedsRendering", False):
        raise not_taken("a form that only Adobe's programs show (XFA)")
    if "/Collection" in document.Root and pages == 1:
        raise not_taken("a PDF portfolio, several files under one cover")


def _may_be_a_loss(warning: str) -> bool:
    """Return whether a repair may have lost something; a page may well need no resources."""
    return NOTHING_NAMED not in warning


def _lost_content(document: pikepdf.Pdf, file: Path, warnings: list[str]) -> bool:
    """Return whether a repaired file lacks something.

    Other bytes after the end and wrong offsets are harmless. Signs of a file that was cut off are
    streams without an end, pages without content, and objects after the last end mark, where an
    earlier version of the file ends.
    """
    if _objects_after_the_end(file):
        return True
    # A page without content is blank, unless qpdf had to search the file for its objects.
    searched = any(RECONSTRUCTED in warning for warning in warnings)
    if searched and any("/Contents" not in page.obj for page in document.pages):
        return True
    for _ in document.objects:
        pass  # reading each object adds its warnings
    return any(CONTENT_LOST in str(warning) for warning in [*warnings, *document.get_warnings()])


def _objects_after_the_end(file: Path) -> bool:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = max(data.rfind(mark) for mark in (b"%%EOF", b"startxref", b"trailer"))
        return end >= 0 and data.find(b"endobj", end) >= 0
