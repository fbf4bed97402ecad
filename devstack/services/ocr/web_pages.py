"""Read the text that an HTML page shows, in the encoding that a browser would take it for."""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser

DECLARATION_BYTES = 1_024
"""How far into a page a browser looks for the name of its encoding."""

DECLARED = re.compile(
    rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]+)|<meta\s[^>]*?charset\s*=\s*["']?([^\s"'/>;]+)""",
    re.IGNORECASE,
)
COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
"""What browsers read under a name: mostly the vendor's larger set; and a name that could be read
is in no encoding of two bytes."""
OTHERS = re.compile(
    r"utf-8|cp125\d|cp866|cp874|cp932|cp949|iso8859-\d+|koi8-[ru]|mac-(roman|cyrillic)|gb18030"
    r"|big5hkscs|euc_jp|iso2022_jp"
)

NOT_SHOWN = {"script", "style", "template", "noscript"}
INLINE = {"a", "abbr", "b", "code", "em", "font", "i", "mark", "q", "s", "small", "span", "strong",
          "sub", "sup", "td", "th", "u"}  # fmt: skip


def html_paragraphs(content: bytes) -> list[str]:
    """Return the paragraphs of a page; nothing is run and nothing is fetched."""
    reader = _HtmlReader()
    reader.feed(_decoded(content))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return [line for line in lines if line]


def _decoded(content: bytes) -> str:
    """Return the text: by its mark, by what the page declares, else UTF-8 where it is that."""
    for mark, marked in MARKS.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(marked, errors="replace")
    declared = DECLARED.search(COMMENT.sub(b"", content[:DECLARATION_BYTES]))
    label = (declared[1] or declared[2]).decode("latin-1") if declared else ""
    encoding = _encoding(label)
    if encoding is not None:
        return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _encoding(label: str) -> str | None:
    """Return what browsers read under a name; None where it names no encoding of a page."""
    try:
        name = codecs.lookup(label.strip()).name
    except LookupError:
        return None
    name = WIDER.get(name, name)
    return name if OTHERS.fullmatch(name) else None


class _HtmlReader(HTMLParser):
    """The text that a page shows."""

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
