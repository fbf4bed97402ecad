"""Read the text of DOCX, XLSX, PPTX and HTML, which Document Intelligence takes as a whole.

With the standard library alone, and with no trust in what is read: no declarations in XML, a
limit on what an archive unpacks to. Pages are counted as the service does: slides, sheets, and
3,000 characters of a text.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import ParseError

from devstack.services.ocr.office_parts import Page, text_pages, word_paragraphs
from devstack.services.ocr.page_images import INVALID_CONTENT, ContentError
from devstack.services.ocr.web_pages import html_paragraphs

CHARACTERS_PER_PAGE = 3_000
HEAD_BYTES = 1_024
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ParseError,
    ValueError,
    KeyError,
    RuntimeError,
)
HTML_BEGINS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])",
    re.IGNORECASE | re.DOTALL,
)


@lru_cache(maxsize=1)
def pages_of(path: Path) -> list[Page] | None:
    """Return the pages of a document that has no picture of them, None where it is another kind.

    Raises:
        ContentError: the document cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    try:
        if head.startswith(b"PK\x03\x04"):
            return _office_pages(path)
        if HTML_BEGINS.match(head) or head.startswith((b"\xff\xfe<", b"\xfe\xff\0<")):
            return _counted(html_paragraphs(path.read_bytes()))
    except UNREADABLE as error:
        raise ContentError("InvalidContent", INVALID_CONTENT) from error
    return None


def _office_pages(path: Path) -> list[Page]:
    with zipfile.ZipFile(path) as archive:
        pages = text_pages(archive)
        return _counted(list(word_paragraphs(archive))) if pages is None else pages


def _counted(paragraphs: Page) -> list[Page]:
    """Put paragraphs on pages of at most 3,000 characters, longer ones in pieces."""
    pages: list[Page] = [[]]
    used = 0
    for paragraph in paragraphs:
        for start in range(0, len(paragraph), CHARACTERS_PER_PAGE):
            piece = paragraph[start : start + CHARACTERS_PER_PAGE]
            if pages[-1] and used + len(piece) > CHARACTERS_PER_PAGE:
                pages.append([])
                used = 0
            pages[-1].append(piece)
            used += len(piece) + 1
    return pages
