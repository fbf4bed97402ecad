"""HTML: recognized by how it begins, and turned into text without running or fetching anything."""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser
from pathlib import Path

from docflow.parser.content_types import HTML
from docflow.parser.limits import Limits
from docflow.parser.pages import (
    CHARACTERS_PER_PAGE,
    FileExtent,
    PageFile,
    TextPage,
    page_file,
    whole_document,
)
from docflow.parser.refusals import PageMissingError, Refusal, check_page_count, not_taken
from docflow.parser.requests import RenderRequest, SplitRequest
from docflow.parser.text import encodings
from docflow.parser.text.characters import clean

TAG = (
    r"</?(?:html|head|body|title|meta|link|base|style|script|noscript|iframe|frameset|h[1-6]|p|br|a|b"
    r"|div|span|font|center|table|ul|ol|dl|form|section|article|main|header|nav)(?=[\s/>])"
)
"""Tags with which browsers recognize a page by its beginning (WHATWG, MIME Sniffing, 7.1), and more
of the kind."""
COMMENTS = r"(?>(?:<!--.*?-->\s*)*)"
"""A comment ends at its first end mark, `(?>)`: else n comments could be divided in 2 ** n ways."""
BEGINNING = re.compile(
    rf"[\s\ufeff]*(?:<\?xml[^>]{{0,200}}\?>\s*{COMMENTS}(?=<!doctype\s+html|<html[\s>])|{COMMENTS})"
    rf"(?:<!doctype\s+html|{TAG})",
    re.IGNORECASE | re.DOTALL,
)
COMMENT_FIRST = re.compile(
    rf"[\s\ufeff]*(?=<!--){COMMENTS}(?:<!--|.*?{TAG})", re.IGNORECASE | re.DOTALL
)
"""Browsers take any text for a page that begins with a comment. One without a tag is read as text
here: there is nothing in it for a browser to lay out, and notes in Markdown begin so too."""
WHOLE_PAGE = re.compile(
    rf"\s*(?:<\?xml[^>]*>\s*)?{COMMENTS}<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL
)
"""How a page begins that is more than a fragment."""
DRAWING = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?><!--.{0,2000}?-->\s*)*(?:<!doctype\s+svg|<svg[\s>])",
    re.IGNORECASE | re.DOTALL,
)
"""How an SVG begins: it is all text, but nothing that a person reads."""

DECLARED = re.compile(
    rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w:.-]{1,40})|<\?xml[^>]{0,60}encoding=["']([\w.-]{1,40})""",
    re.IGNORECASE,
)
DECLARED_WITHIN = 4096
DECLARATION = re.compile(
    r"""(<meta[^>]{0,200}charset\s*=\s*["']?|<\?xml[^>]{0,60}encoding=["'])[\w:.-]{1,40}""",
    re.IGNORECASE,
)

NOT_SHOWN = frozenset({"script", "style", "template", "noscript", "svg"})
ON_LINES_OF_THEIR_OWN = frozenset(
    {
        *("address", "article", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
        *("p", "pre", "section", "table", "title", "tr", "ul"),
    }
)
CELLS = frozenset({"td", "th"})


def recognize(file: Path, head: bytes) -> str | None:
    """Return the content type of a web page, None for other texts.

    Raises:
        Refusal: the file is a drawing (SVG).
    """
    if DRAWING.match(head.decode("utf-8-sig", errors="replace")):
        raise not_taken("a drawing (SVG)")
    encoding = encodings.wide_encoding(head) or "utf-8-sig"
    begins = head.decode(encoding, errors="replace")
    return HTML if BEGINNING.match(begins) or COMMENT_FIRST.match(begins) else None


def count_pages(file: Path, content_type: str, limits: Limits) -> int:
    """Count the pages that Document Intelligence bills: 3,000 characters of text each.

    Raises:
        Refusal: the page holds no text, or far too much.
    """
    text = text_of(_source(file.read_bytes()))
    if not text:
        raise Refusal("NO_TEXT", "The web page holds no text: check the original.", content_type)
    return check_page_count(-(-len(text) // CHARACTERS_PER_PAGE), limits, content_type)


def split(request: SplitRequest) -> list[TextPage | PageFile]:
    """Return the web page as one page for OCR, as a file that any reader understands."""
    text = text_of(_source(request.file.read_bytes()))
    page = whole_document(request, FileExtent(characters=len("".join(text.split()))))
    return [_in_standard_form(page, request.into) if isinstance(page, PageFile) else page]


def render(request: RenderRequest) -> None:
    """Draw nothing: a web page has no pictures of its pages."""
    raise PageMissingError(request.page)


def _source(content: bytes) -> str:
    return encodings.decode(content, declared_encoding(content)) or content.decode("latin-1")


def _in_standard_form(page: PageFile, into: Path) -> PageFile:
    """Return a whole page in the encoding that it declares: the file itself where it is one.

    The service for OCR believes what a page declares, and takes no fragments.
    """
    content = page.file.read_bytes()
    source = _source(content)
    declared = encodings.known(declared_encoding(content)) or "utf-8"
    marked = encodings.wide_encoding(content) == "utf-16"
    believable = marked or content.decode(declared, "replace").lstrip("\ufeff") == source
    if believable and WHOLE_PAGE.match(source):
        return page
    if not WHOLE_PAGE.match(source):
        source = f"<!DOCTYPE html>\n<html><body>\n{source}"
    target = page_file(into, page.number, ".html")
    declaring = DECLARATION.sub(r"\1utf-8", source)
    target.write_bytes(codecs.BOM_UTF8 + declaring.encode("utf-8", "replace"))
    return page._replace(file=target)


def declared_encoding(content: bytes) -> str:
    """Return the encoding that a page declares.

    A declaration of UTF-16 or UTF-32 that can be read as bytes is wrong: then it is UTF-8.
    """
    found = DECLARED.search(content[:DECLARED_WITHIN])
    name = (found[1] or found[2]).decode("ascii", "replace") if found else ""
    return "utf-8" if name.lower().startswith(("utf-16", "utf-32")) else name


def text_of(source: str) -> str:
    """Return the text that a reader would see, each block on lines of its own."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", clean("\n".join(lines))).strip("\n")


class _Reader(HTMLParser):
    """Collects text; it remembers one hidden element only, so deep nesting costs nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden:
            self._depth += tag == self._hidden
        elif tag in NOT_SHOWN:
            self._hidden, self._depth = tag, 1
        elif tag == "body":
            self.pieces.append("\n")
        else:
            self._part(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._hidden:
            self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            self._depth -= tag == self._hidden
            self._hidden = self._hidden if self._depth else ""
        else:
            self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data.replace("\n", " "))

    def _part(self, tag: str) -> None:
        if tag in ON_LINES_OF_THEIR_OWN:
            self.pieces.append("\n")
        elif tag in CELLS:
            self.pieces.append(" ")
