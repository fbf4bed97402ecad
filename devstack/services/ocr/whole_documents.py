"""Read the text of DOCX, XLSX, PPTX and HTML, which Document Intelligence takes as a whole.

With the standard library alone, and with no trust in what is read: no declarations in XML, a
limit on what an archive unpacks to. Pages are counted as the service does: slides, sheets, and
3,000 characters of a text.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from devstack.services.ocr.page_images import INVALID_CONTENT, ContentError

CHARACTERS_PER_PAGE = 3_000
MAX_UNPACKED_BYTES = 512 * 1024 * 1024
HEAD_BYTES = 1_024
HTML_BEGINS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])",
    re.IGNORECASE | re.DOTALL,
)
WORD_PARTS = re.compile(r"word/(?:document|footnotes|endnotes)\.xml")
SLIDES = re.compile(r"ppt/slides/slide(\d+)\.xml")
SHEETS = re.compile(r"xl/worksheets/sheet(\d+)\.xml")

NOT_SHOWN = {"script", "style", "template", "noscript"}
INLINE = {"a", "abbr", "b", "code", "em", "font", "i", "mark", "q", "s", "small", "span", "strong",
          "sub", "sup", "td", "th", "u"}  # fmt: skip

Page = list[str]
"""The paragraphs of a page."""


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
            return _counted(_html_paragraphs(path.read_bytes()))
    except (zipfile.BadZipFile, ParseError, ValueError, KeyError, RuntimeError) as error:
        raise ContentError("InvalidContent", INVALID_CONTENT) from error
    return None


def _office_pages(path: Path) -> list[Page]:
    with zipfile.ZipFile(path) as archive:
        names = {part.filename for part in archive.infolist()}
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise ContentError("InvalidContentLength", INVALID_CONTENT)
        if "word/document.xml" in names:
            parts = sorted(filter(WORD_PARTS.fullmatch, names))
            return _counted([text for part in parts for text in _paragraphs(_xml(archive, part))])
        if "ppt/presentation.xml" in names:
            return [list(_paragraphs(_xml(archive, part))) for part in _numbered(SLIDES, names)]
        if "xl/workbook.xml" in names:
            return list(_sheets(archive, names))
    raise ContentError("InvalidContent", INVALID_CONTENT)


def _numbered(pattern: re.Pattern[str], names: set[str]) -> list[str]:
    found = filter(None, map(pattern.fullmatch, names))
    return [match[0] for match in sorted(found, key=lambda match: int(match[1]))]


def _xml(archive: zipfile.ZipFile, part: str) -> Element:
    parser = XMLParser(target=_PlainBuilder())  # noqa: S314 - the builder refuses declarations
    parser.feed(archive.read(part))
    root: Element = parser.close()
    return root


class _PlainBuilder(TreeBuilder):
    """A builder that refuses document types: only they can declare entities."""

    def doctype(self, *_: object) -> None:
        raise ValueError("a document type in an Office document")


def _paragraphs(root: Element) -> Iterator[str]:
    """Yield the paragraphs of Word and PowerPoint, which name their parts alike (`p`, `t`)."""
    for paragraph in root.iter():
        if _kind(paragraph) == "p":
            text = "".join(_run_text(part) for part in paragraph.iter()).strip()
            if text:
                yield text


def _run_text(part: Element) -> str:
    return {"t": part.text or "", "tab": "\t", "br": "\n", "cr": "\n"}.get(_kind(part), "")


def _kind(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _sheets(archive: zipfile.ZipFile, names: set[str]) -> Iterator[Page]:
    strings: list[str] = []
    if "xl/sharedStrings.xml" in names:
        table = _xml(archive, "xl/sharedStrings.xml")
        strings = ["".join(_run_text(part) for part in entry.iter()) for entry in table]
    for part in _numbered(SHEETS, names):
        rows = (row for row in _xml(archive, part).iter() if _kind(row) == "row")
        lines = (" ".join(_cell(cell, strings) for cell in row) for row in rows)
        yield [line.strip() for line in lines if line.strip()]


def _cell(cell: Element, strings: list[str]) -> str:
    value = "".join(part.text or "" for part in cell.iter() if _kind(part) == "v")
    if cell.get("t") == "s":
        return strings[int(value)] if value.isdigit() and int(value) < len(strings) else ""
    return value or "".join(_run_text(part) for part in cell.iter())


def _html_paragraphs(content: bytes) -> Page:
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    reader = _HtmlReader()
    reader.feed(content.decode("utf-16" if utf16 else "utf-8-sig", errors="replace"))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return [line for line in lines if line]


class _HtmlReader(HTMLParser):
    """The text that a page shows; nothing is run and nothing is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._hidden: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden is None and tag in NOT_SHOWN:
            self._hidden = tag
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)
        if tag == self._hidden:
            self._hidden = None

    def handle_data(self, data: str) -> None:
        if self._hidden is None:
            self.pieces.append(data.replace("\n", " "))

    def _part(self, tag: str) -> None:
        self.pieces.append("" if tag in INLINE - {"td", "th"} else " " if tag in INLINE else "\n")


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
