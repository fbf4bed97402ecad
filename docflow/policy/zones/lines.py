"""Lines of a document, and what a single line looks like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from docflow.parser.text.comparison import GAP, STOP, fold
from docflow.policy.zones.words import WordKind, pattern

HEADING_WORDS = 9
"""A heading has at most so many words."""

REPEATED_CHARACTERS = 160
"""Longer lines are not looked for on other pages: headers and footers are short."""

_COMPANY = re.compile(
    r"(?<!\w)(?:Ltd|LTD|Limited|LLC|LLP|Inc|INC|PLC|plc|Corp|GmbH|GMBH|mbH|AG|KG|OHG|e\. ?V|SAS?"
    r"|SARL|S\.A\.(?:S\.)?|S\.A\.R\.L|S\.?r\.?l|S\.?p\.?A|B\.?V|N\.?V|Lda|S\.L|SL"
    r"|[Ss]p\. ?z ?o\. ?o|ApS|Oy|AB)"
    r"\.?(?=[\s,;|]|$)"
)
_CONTACT = re.compile(
    r"@[\w.-]+\.\w|https?://|\bwww\.|\b(?:tel|fax|phone|telefon|téléphone|teléfono|e-?mail|iban|bic"
    r"|vat|ust|kvk|nip|siret)\b[.:]|\+\d{2}[\d ()/-]{6}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\b\d{4,5}[- ]+[A-ZÀ-Ž][\w-]+\s*$|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
_CLAUSE = re.compile(
    r"\s*(?:§+ ?\d+|\d{1,2}(?:\.\d{1,2})+\.?|\(\w{1,3}\)|art(?:icle|\.)? \d+)\s", re.IGNORECASE
)
_BULLET = re.compile(r"\s*(?:[-*\u2022\u00b7\u2013\u2014\u25aa\u25cf]|\d{1,2}[.)]|[a-z]\))\s+")
_MAIL_QUOTE = re.compile(r"\s*>")
_MAIL_HEADER = re.compile(r"-{2,}\s*\S.{3,40}\S\s*-{2,}\s*$|_{10,}\s*$")


@dataclass(frozen=True)
class TextLine:
    """A line of a text with its place, without the line break."""

    start: int
    end: int
    text: str

    @cached_property
    def folded(self) -> str:
        """Return its words as they are compared."""
        return fold(self.text).text

    @property
    def words(self) -> int:
        """Return the number of its words."""
        return len(self.text.split())

    @property
    def is_blank(self) -> bool:
        """Return whether it has no words."""
        return not any(map(str.isalnum, self.text))

    @property
    def is_heading(self) -> bool:
        """Return whether it is short and no sentence."""
        ends = self.text.rstrip()[-1:]
        return (
            0 < self.words <= HEADING_WORDS and ends not in ".,;!?" and not _BULLET.match(self.text)
        )

    @property
    def is_item(self) -> bool:
        """Return whether it begins an item of a list."""
        return _BULLET.match(self.text) is not None

    @property
    def is_clause(self) -> bool:
        """Return whether it begins as a numbered clause."""
        return _CLAUSE.match(self.text) is not None

    @property
    def is_quoted(self) -> bool:
        """Return whether it is quoted with `>`."""
        return _MAIL_QUOTE.match(self.text) is not None

    @property
    def is_rule(self) -> bool:
        """Return whether it separates mails: a row of strokes, with or without words."""
        return _MAIL_HEADER.match(self.text) is not None

    @property
    def is_letterhead(self) -> bool:
        """Return whether it names a company, an address or a way to reach somebody."""
        if self.words > HEADING_WORDS + 6:
            return False
        return any(form.search(self.text) for form in (_COMPANY, _CONTACT, _ADDRESS))

    def begins(self, kind: WordKind) -> int:
        """Return how many characters of `folded` the words of a kind take at its start."""
        found = pattern(kind).match(self.folded)
        return found.end() if found else 0

    def has(self, kind: WordKind) -> bool:
        """Return whether it holds words of a kind."""
        return pattern(kind).search(self.folded) is not None

    def consists_of(self, kind: WordKind) -> bool:
        """Return whether it holds nothing but words of a kind, and numbers before them."""
        bare = self.folded.lstrip("0123456789" + GAP + STOP)
        found = pattern(kind).match(bare)
        return found is not None and len(bare[found.end() :].split()) <= 1


def lines_of(text: str) -> Iterator[TextLine]:
    """Yield the lines of a text."""
    start = 0
    for written in text.splitlines(keepends=True):
        bare = written.rstrip()
        yield TextLine(start, start + len(bare), bare)
        start += len(written)


def repeated_lines(pages: Sequence[str]) -> frozenset[str]:
    """Return those lines, as they are compared, that stand on more than half of several pages.

    Numbers make no difference: "Page 1 of 3" and "Page 2 of 3" are one line.
    """
    if len(pages) < 2:
        return frozenset()
    found: Counter[str] = Counter()
    for page in pages:
        found.update(
            {
                without_numbers(line.folded)
                for line in lines_of(page)
                if line.end - line.start <= REPEATED_CHARACTERS
            }
        )
    return frozenset(
        line for line, count in found.items() if line and count > len(pages) / 2 and count > 1
    )


def without_numbers(folded: str) -> str:
    """Return a folded line without its digits."""
    return re.sub(r"\d+", "", folded).strip(GAP + STOP)
