"""A text prepared for reading dates, with what is known beside it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from operator import attrgetter, itemgetter
from typing import TypeVar

from docflow.policy.dates.tokens import Phrases, plain, tokens_of

ValueT = TypeVar("ValueT")

_SHORT_FORM = 4
"""Fewer letters before a period may be a short form, as in "Dr." or "Abt."."""


@dataclass(frozen=True, slots=True)
class DateContext:
    """What is known beside the text.

    Attributes:
        received: The day on which the document came in.
        written: The day on which it was written, if that is known.
        language: Language of the text, by its two-letter code; empty if unknown.
        month_first: Whether 3/4 is the fourth of March; None if that is to be found out.
    """

    received: date
    written: date | None = None
    language: str = ""
    month_first: bool | None = None

    @property
    def reference(self) -> date:
        """Return the day from which the text speaks."""
        return self.written or self.received


class ReadText:
    """A text as tokens, with the places of each word."""

    def __init__(self, text: str) -> None:
        """Cut a text into tokens."""
        self.plain = plain(text)
        self.tokens = tokens_of(self.plain)
        self._positions: dict[str, list[int]] = {}
        for index, token in enumerate(self.tokens):
            self._positions.setdefault(token.text, []).append(index)

    def places(self, known: Mapping[str, ValueT]) -> list[tuple[int, ValueT]]:
        """Return the indexes of those tokens that a table knows, with what it says of them."""
        found = [
            (index, known[word])
            for word in known.keys() & self._positions.keys()
            for index in self._positions[word]
        ]
        return sorted(found, key=itemgetter(0))

    def phrases(self, known: Phrases) -> list[tuple[int, int, str]]:
        """Return index, length and meaning of each phrase of a table."""
        return known.found_in(self.tokens, self._positions)

    def number(self, index: int, *, most: int, digits: int = 2) -> int | None:
        """Return the number at a token if it is at most `most` and has at most so many digits."""
        if not 0 <= index < len(self.tokens):
            return None
        token = self.tokens[index]
        if not token.is_number or len(token.text) > digits:
            return None
        value = int(token.text)
        return value if 1 <= value <= most else None

    def word(self, index: int) -> str:
        """Return the text of a token; empty beyond both ends."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def touches(self, index: int) -> bool:
        """Return whether a token follows the one before it without white space."""
        return 0 < index < len(self.tokens) and (
            self.tokens[index].start == self.tokens[index - 1].end
        )

    def index_before(self, offset: int) -> int:
        """Return the index of the last token that ends at or before an offset; -1 if none does."""
        return bisect_right(self.tokens, offset, key=attrgetter("end")) - 1

    def ends_sentence(self, index: int) -> bool:
        """Return whether a sentence ends with a token.

        That is so at `!`, `?` and `;`, at an empty line, and at a period where white space follows,
        and neither a number nor a short form stands before it.
        """
        token, after = self.tokens[index], self.word(index + 1)
        if token.text in "!?;" or not after:
            return True
        gap = self.plain[token.end : self.tokens[index + 1].start]
        if gap.count("\n") > 1:
            return True
        before = self.word(index - 1)
        short = len(before) < _SHORT_FORM or before[0].isdigit() or after[0].isdigit()
        return token.text == "." and bool(gap) and not short
