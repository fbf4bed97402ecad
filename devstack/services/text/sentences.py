"""Cut pages into passages: sentences and headings, each a verbatim run of its page.

A passage's `quote` is the page's own text with runs of white space made one space, so it can be
found again on the page after the same collapsing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from devstack.services.text.injection import is_prompt_injection
from devstack.services.text.vocabulary import read_sections

MAX_QUOTE_CHARS = 200
MAX_QUOTE_WORDS = 25
SHORT_BEFORE_NEW_START = 0.7
SHORT_ANYWAY = 0.45
"""A line shorter than this share of a full one ends its paragraph."""

ABBREVIATIONS = frozenset(" ".join(read_sections("abbreviations")["abbreviations"]).split())
SENTENCE_END = re.compile(r"[.!?]['\")\]»“”]*\s+(?=[\"'(\[«„“]?[A-ZÀ-ÖØ-Þ0-9])")
LIST_MARK = re.compile(r"\s*(?:[-*•·\u2013\u2014▪◦]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+")
SPACES = re.compile(r"\s+")
SENTENCE_CLOSERS = (".", "!", "?", ".)", '."')


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as it was sent."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence, heading or table row.

    Attributes:
        quote: The page's own words, white space collapsed.
        page: The page it stands on.
        position: Its place in the document, from 0 to 1.
        is_sentence: False for headings, addresses and table rows.
        instructs: It talks to the model, or follows such a passage within its paragraph.
    """

    quote: str
    page: int
    position: float
    is_sentence: bool
    instructs: bool = False


def collapse(text: str) -> str:
    """Make each run of white space one space."""
    return SPACES.sub(" ", text).strip()


def clip(text: str, chars: int = MAX_QUOTE_CHARS, words: int = MAX_QUOTE_WORDS) -> str:
    """Shorten a collapsed text at a word boundary; what stays is still verbatim."""
    short = " ".join(text.split(" ")[:words])
    if len(short) > chars:
        cut = short.rfind(" ", 0, chars + 1)
        short = short[: cut if cut > chars // 2 else chars]
    return short if short == text else short.rstrip(" ,;:-")


def passages_of(pages: Iterable[PageText]) -> list[Passage]:
    """Return all passages of the document in reading order."""
    found = [
        (page.number, quote, instructs)
        for page in pages
        for block in _blocks(page.text)
        for quote, instructs in _with_instructions(_split(block))
    ]
    last = max(1, len(found) - 1)
    return [
        Passage(quote, number, index / last, _reads_like_a_sentence(quote), instructs)
        for index, (number, quote, instructs) in enumerate(found)
    ]


def _with_instructions(quotes: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Mark what talks to the model: from the first such sentence to the end of the paragraph."""
    instructs = False
    for quote in quotes:
        instructs = instructs or is_prompt_injection(quote)
        yield quote, instructs


def _blocks(text: str) -> Iterator[str]:
    """Yield runs of lines that belong together: a paragraph, a heading, a row."""
    lines = [collapse(line) for line in text.splitlines()]
    full_length = _full_line_length([len(line) for line in lines if line])
    block: list[str] = []
    for line in lines:
        if block and (not line or _begins_anew(block[-1], line, full_length)):
            yield " ".join(block)
            block = []
        if line:
            block.append(line)
    if block:
        yield " ".join(block)


def _full_line_length(lengths: list[int]) -> float:
    """Return how long a line of running text is on this page: the middle of the longer half."""
    return median(sorted(lengths)[len(lengths) // 2 :]) if lengths else 0.0


def _begins_anew(previous: str, line: str, full_length: float) -> bool:
    """Return whether `line` starts a block: a list item, or a line after one that ended early.

    OCR leaves no blank lines between paragraphs, so the length of a line is what there is to go by.
    """
    if LIST_MARK.match(line):
        return True
    share = len(previous) / max(1.0, full_length)
    ended = previous.endswith((*SENTENCE_CLOSERS, ":")) or not line[0].islower()
    return share < (SHORT_BEFORE_NEW_START if ended else SHORT_ANYWAY)


def _split(block: str) -> Iterator[str]:
    """Yield the sentences of a block, without its list mark."""
    mark = LIST_MARK.match(block)
    body = block[mark.end() :] if mark else block
    start = 0
    for match in SENTENCE_END.finditer(body):
        if not _is_abbreviation(body[start : match.start() + 1]):
            yield body[start : match.end()].strip()
            start = match.end()
    if body[start:].strip():
        yield body[start:].strip()


def _is_abbreviation(text: str) -> bool:
    last = text.rstrip(".").rsplit(" ", 1)[-1].lstrip("(\"'").lower()
    # "12. März" and "J. Smith" end no sentence; a year or an amount does.
    return last in ABBREVIATIONS or (len(last) == 1) or (last.isdigit() and len(last) <= 2)


def _reads_like_a_sentence(quote: str) -> bool:
    words = quote.split()
    if not quote.endswith((*SENTENCE_CLOSERS, ":", ";")):
        return False
    lower = sum(word[0].islower() for word in words)
    return len(words) >= 5 and lower >= len(words) * 0.35
