"""Read what a DOCX, XLSX or PPTX shows, from the parts of its archive, in reading order.

Beside the text itself that is what stands at its edges: headers, footers, notes and comments, and
what a drawing says: text boxes, diagrams (SmartArt), titles and labels of charts. Each is read
once: of two versions of a drawing, which Word stores for older programs, the first, and a part that
two others refer to where it comes first.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, TreeBuilder, XMLParser

from devstack.services.ocr.page_images import INVALID_CONTENT, ContentError

MAX_UNPACKED_BYTES = 512 * 1024 * 1024
WORD_PARTS = tuple(
    re.compile(rf"word/{name}\d*\.xml")
    for name in ("header", "document", "footnotes", "endnotes", "footer", "comments")
)
SLIDES = re.compile(r"ppt/slides/slide(\d+)\.xml")
SHEETS = re.compile(r"xl/worksheets/sheet(\d+)\.xml")

#: Elements whose text is not shown where it stands: deleted, moved away, or a reading aid.
NOT_SHOWN = {"del", "moveFrom", "rPh"}
LABELS = "strCache"
COMMENTS = ("comments", "threadedComment")

#: In the header of a sheet: a font, its size or colour, a place (left, centre, right) or a value.
HEADER_CODE = re.compile(r'&(?:"[^"]*"|K[0-9A-F]{6}|K\d\d[+-]\d{3}|\d+|[A-Z])', re.IGNORECASE)

Page = list[str]
"""The paragraphs of a page."""


def text_pages(archive: zipfile.ZipFile) -> list[Page] | None:
    """Return the slides or sheets of a document; None where it has no pages of its own (DOCX).

    Raises:
        ContentError: it is no Office document, or unpacks to too much.
    """
    package = _Package(archive)
    if "ppt/presentation.xml" in package.names:
        return [list(package.slide(part)) for part in package.numbered(SLIDES)]
    if "xl/workbook.xml" in package.names:
        return list(package.sheets())
    if "word/document.xml" in package.names:
        return None
    raise ContentError("InvalidContent", INVALID_CONTENT)


def word_paragraphs(archive: zipfile.ZipFile) -> Iterator[str]:
    """Yield the paragraphs of a DOCX: headers, the text, notes, footers, comments."""
    package = _Package(archive)
    for kind in WORD_PARTS:
        for part in sorted(filter(kind.fullmatch, package.names)):
            yield from package.paragraphs_of(part)


class _Package:
    """The archive of an Office document, and which of its parts have been read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._read: set[str] = set()
        self.names = {part.filename for part in archive.infolist()}
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise ContentError("InvalidContentLength", INVALID_CONTENT)

    def numbered(self, pattern: re.Pattern[str]) -> list[str]:
        found = filter(None, map(pattern.fullmatch, self.names))
        return [match[0] for match in sorted(found, key=lambda match: int(match[1]))]

    def slide(self, part: str) -> Iterator[str]:
        yield from self.paragraphs_of(part)
        yield from self._comments(part)

    def sheets(self) -> Iterator[Page]:
        strings: list[str] = []
        if "xl/sharedStrings.xml" in self.names:
            strings = ["".join(_texts(entry)) for entry in self._xml("xl/sharedStrings.xml")]
        for part in self.numbered(SHEETS):
            yield [line for line in map(str.strip, self._sheet(part, strings)) if line]

    def paragraphs_of(self, part: str) -> Iterator[str]:
        """Yield the paragraphs of a part, and of the diagrams and charts in it."""
        if part in self._read or part not in self.names:
            return
        self._read.add(part)
        yield from self._paragraphs(self._xml(part), self._related(part))

    def _paragraphs(self, root: Element, related: dict[str, tuple[str, str]]) -> Iterator[str]:
        for block in _blocks(root):
            reference = _reference(block)
            if reference is not None:
                _, part = related.get(reference, ("", ""))
                yield from self.paragraphs_of(part)
                continue
            text = _labels(block) if _kind(block) == LABELS else "".join(_texts(block)).strip()
            if text:
                yield text
            # What stands in a text box comes after the paragraph that holds the box.
            yield from self._paragraphs(block, related)

    def _sheet(self, part: str, strings: list[str]) -> Iterator[str]:
        root = self._xml(part)
        yield from _headers(root, "Header")
        for row in root.iter():
            if _kind(row) == "row":
                yield " ".join(_cell(cell, strings) for cell in row)
        for kind, target in self._related(part).values():
            if kind == "drawing":
                yield from self.paragraphs_of(target)
        yield from self._comments(part)
        yield from _headers(root, "Footer")

    def _comments(self, part: str) -> Iterator[str]:
        for kind, target in self._related(part).values():
            if kind in COMMENTS and target in self.names:
                root = self._xml(target)
                texts = (element for element in root.iter() if _kind(element) == "text")
                yield from filter(
                    None, ((text.text or "") + "".join(_texts(text)) for text in texts)
                )
                yield from self._paragraphs(root, {})

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the kind and the name of each part that a part refers to, by the id of it."""
        folder, name = posixpath.split(part)
        listed = f"{folder}/_rels/{name}.rels"
        if listed not in self.names:
            return {}
        return {
            link.get("Id", ""): (
                link.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/" + folder, link.get("Target", "")))[1:],
            )
            for link in self._xml(listed)
            if link.get("TargetMode") != "External"
        }

    def _xml(self, part: str) -> Element:
        parser = XMLParser(target=_PlainBuilder())  # noqa: S314 - the builder refuses declarations
        parser.feed(self._archive.read(part))
        root: Element = parser.close()
        return root


class _PlainBuilder(TreeBuilder):
    """A builder that refuses document types: only they can declare entities."""

    def doctype(self, *_: object) -> None:
        raise ValueError("a document type in an Office document")


def _kind(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: Element) -> Iterable[Element]:
    """Return what is shown of an element: of two versions of the same, the first."""
    if _kind(element) == "AlternateContent":
        versions = sorted(element, key=lambda version: _kind(version) != "Choice")
        return _children(versions[0]) if versions else ()
    return [child for child in element if _kind(child) not in NOT_SHOWN]


def _blocks(element: Element) -> Iterator[Element]:
    """Yield the paragraphs, references and lists of labels in an element, not those in others."""
    for child in _children(element):
        if _is_block(child):
            yield child
        else:
            yield from _blocks(child)


def _is_block(element: Element) -> bool:
    return _kind(element) in ("p", LABELS) or _reference(element) is not None


def _reference(element: Element) -> str | None:
    """Return the id of the part with the content of a diagram or of a chart."""
    wanted = {"relIds": "}dm", "chart": "}id"}.get(_kind(element))
    if wanted is None:
        return None
    return next((value for name, value in element.items() if name.endswith(wanted)), None)


def _texts(element: Element) -> Iterator[str]:
    """Yield the pieces of text in an element, without those of the blocks in it."""
    for child in _children(element):
        if not _is_block(child):
            yield {"t": child.text or "", "tab": "\t", "br": "\n", "cr": "\n"}.get(_kind(child), "")
            yield from _texts(child)


def _labels(block: Element) -> str:
    return " ".join(part.text or "" for part in block.iter() if _kind(part) == "v")


def _cell(cell: Element, strings: list[str]) -> str:
    value = "".join(part.text or "" for part in cell.iter() if _kind(part) == "v")
    if cell.get("t") == "s":
        return strings[int(value)] if value.isdigit() and int(value) < len(strings) else ""
    return value or "".join(_texts(cell))


def _headers(root: Element, edge: str) -> Iterator[str]:
    """Yield the headers or footers of a sheet, without their codes."""
    for element in root.iter():
        if _kind(element).endswith(edge) and element.text:
            parts = (HEADER_CODE.sub(" ", part) for part in element.text.split("&&"))
            yield " ".join("&".join(parts).split())
