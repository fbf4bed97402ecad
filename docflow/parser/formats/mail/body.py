"""The body of a mail: what it says, once, also where it comes in several forms."""

from __future__ import annotations

import re
from email.message import Message

from docflow.parser.formats import html
from docflow.parser.formats.mail.parts import is_html, leaves, text_of
from docflow.parser.text.comparison import fold

ADDRESS = re.compile(r"(?:https?://|www\.|mailto:)[^\s<>]+", re.IGNORECASE)
"""The target of a link; plain text writes it out, and it says nothing."""
STUB_SHARE = 0.2
"""Share of the words of the HTML below which the plain text only stands in for it."""
FEWEST_WORDS = 4
"""Fewest words of one form that the other form lacks, for the first to say more. Fewer are a button
or the word "HTML"."""
NEW_SHARE = 0.2
"""Share of the words of a passage that are new, from which on the passage is."""


def body_of(mail: Message) -> str:
    """Return the text of the body; of alternatives, what they say together."""
    alternatives: dict[int, list[Message]] = {}
    for leaf in leaves(mail):
        if leaf.is_body:
            alternatives.setdefault(leaf.alternatives or id(leaf.part), []).append(leaf.part)
    return "\n\n".join(filter(None, map(_text_of_one, alternatives.values())))


def _text_of_one(alternatives: list[Message]) -> str:
    """Return the plain text where the HTML says no more, else what both say.

    The plain text has the better line breaks. But some programs write into it only that there is
    news, or that the mail should be read as HTML.
    """
    texts = [text_of(part) for part in alternatives if not is_html(part)]
    plain = "\n\n".join(text.strip("\n") for text in texts if text.strip())
    pages = [html.text_of(text_of(part)) for part in alternatives if is_html(part)]
    shown = "\n\n".join(filter(None, pages))
    if not plain or not shown:
        return plain or shown
    in_plain, in_shown = _words(plain), _words(shown)
    stands_in = len(in_plain) < STUB_SHARE * len(in_shown)
    if not stands_in and len({*in_shown} - {*in_plain}) < FEWEST_WORDS:
        return plain
    if len(in_shown) > len(in_plain):
        return _with_what_is_new(shown, {*in_shown}, plain)
    return _with_what_is_new(plain, {*in_plain}, shown)


def _with_what_is_new(text: str, said: set[str], other: str) -> str:
    """Return a text, and after it the passages of another one that say something else."""
    if len({*_words(other)} - said) < FEWEST_WORDS:
        return text
    new = [line for line in other.split("\n") if _is_new(line, said)]
    return "\n\n".join(filter(None, (text, "\n".join(new))))


def _is_new(line: str, said: set[str]) -> bool:
    words = _words(line)
    missing = len({*words} - said)
    return missing >= min(FEWEST_WORDS, max(1, NEW_SHARE * len(words)))


def _words(text: str) -> list[str]:
    return fold(ADDRESS.sub(" ", text)).words
