"""HTML: recognized by how it begins, and turned into text without running or fetching anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from docflow.parser.content_types import HTML
from docflow.parser.limits import Limits
from docflow.parser.pages import CHARACTERS_PER_PAGE, FileExtent, PageFile, TextPage, whole_document
from docflow.parser.refusals import PageMissingError, Refusal, check_page_count, not_taken
from docflow.parser.requests import RenderRequest, SplitRequest
from docflow.parser.text.characters import clean
from docflow.parser.text.encodings import decode

BEGINNING = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?><!--.{0,4000}?-->\s*)*"
    r"(?:<!doctype\s+html|<html[\s>]|<head>|<title>|<body[\s>])",
    re.IGNORECASE | re.DOTALL,
)
"""A comment ends at its first end mark, `(?>)`: else n comments could be divided in 2 ** n ways."""
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
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return HTML if BEGINNING.match(head.decode(encoding, errors="replace")) else None


def count_pages(file: Path, content_type: str, limits: Limits) -> int:
    """Count the pages that Document Intelligence bills: 3,000 characters of text each.

    Raises:
        Refusal: the page holds no text, or far too much.
    """
    text = _text_in(file)
    if not text:
        raise Refusal("NO_TEXT", "The web page holds no text: check the original.", content_type)
    return check_page_count(-(-len(text) // CHARACTERS_PER_PAGE), limits, content_type)


def split(request: SplitRequest) -> list[TextPage | PageFile]:
    """Return the web page as one page for OCR."""
    extent = FileExtent(characters=len("".join(_text_in(request.file).split())))
    return [whole_document(request, extent)]


def render(request: RenderRequest) -> None:
    """Draw nothing: a web page has no pictures of its pages."""
    raise PageMissingError(request.page)


def _text_in(file: Path) -> str:
    content = file.read_bytes()
    return text_of(decode(content, declared_encoding(content)) or content.decode("latin-1"))


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
