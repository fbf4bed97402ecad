"""A text as tokens: words, numbers and signs, in lower case and without accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_TOKEN = re.compile(r"\d+|[^\W\d_]+(?:['\u2019](?=[^\W\d_]))?|[^\w\s]|_")
_WITHOUT_DECOMPOSITION = {
    "ß": "s", "ł": "l", "ø": "o", "æ": "a", "œ": "o", "đ": "d", "ð": "d", "þ": "t", "\u0131": "i",
    "\u2019": "'", "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-",
}  # fmt: skip


class _Plain(dict[int, str]):
    """Character by character, so that offsets stay what they were."""

    def __missing__(self, code: int) -> str:
        character = chr(code).lower()[0]
        known = _WITHOUT_DECOMPOSITION.get(character)
        if known is None:
            # Beyond these scripts a decomposition takes letters apart that belong together.
            whole = 0x1100 <= code < 0x1E00 or 0x2E80 <= code < 0xFF00
            known = character if whole else unicodedata.normalize("NFKD", character)[0].lower()
        self[code] = known
        return known


_PLAIN = _Plain()


class Token(NamedTuple):
    """A word, a number or a sign, with its place in the text."""

    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Return whether it consists of digits."""
        return self.text[0].isdigit()

    @property
    def is_word(self) -> bool:
        """Return whether it consists of letters."""
        return self.text[0].isalpha()


def plain(text: str) -> str:
    """Return a text of the same length in lower case, without accents, with plain hyphens."""
    return text.translate(_PLAIN)


def tokens_of(plain_text: str) -> list[Token]:
    """Return the tokens of a text that `plain` returned."""
    return [Token(found[0], found.start(), found.end()) for found in _TOKEN.finditer(plain_text)]


class Phrases:
    """Sequences of tokens, found by their first or by their last one."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        """Take pairs of a phrase and what it stands for."""
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._by_last: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for phrase, meaning in phrases:
            words = tuple(token.text for token in tokens_of(plain(phrase)))
            self._by_first.setdefault(words[0], []).append((words, meaning))
            self._by_last.setdefault(words[-1], []).append((words, meaning))
        for found in (*self._by_first.values(), *self._by_last.values()):
            found.sort(key=lambda entry: -len(entry[0]))

    def found_in(
        self, tokens: Sequence[Token], positions: Mapping[str, Sequence[int]]
    ) -> list[tuple[int, int, str]]:
        """Return index, length and meaning of each phrase, in the order of the text.

        Args:
            tokens: The tokens of a text.
            positions: The indexes of each word among them.
        """
        found = [
            (index, *self.at(tokens, index)[0])
            for first in self._by_first.keys() & positions.keys()
            for index in positions[first]
            if self.at(tokens, index)
        ]
        return sorted(found)

    def at(self, tokens: Sequence[Token], index: int) -> list[tuple[int, str]]:
        """Return length and meaning of each phrase that begins at a token, the longest first."""
        return [
            (len(words), meaning)
            for words, meaning in self._by_first.get(_text(tokens, index), ())
            if _match(tokens, index, words)
        ]

    def ending_at(self, tokens: Sequence[Token], index: int) -> list[tuple[int, str]]:
        """Return length and meaning of each phrase that ends with a token, the longest first."""
        return [
            (len(words), meaning)
            for words, meaning in self._by_last.get(_text(tokens, index), ())
            if _match(tokens, index - len(words) + 1, words)
        ]


def _text(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].text if 0 <= index < len(tokens) else ""


def _match(tokens: Sequence[Token], index: int, words: Sequence[str]) -> bool:
    if index < 0 or index + len(words) > len(tokens):
        return False
    return all(tokens[index + offset].text == word for offset, word in enumerate(words))
