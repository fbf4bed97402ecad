"""The body of a mail: what it says, once, also where it comes in several forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from docflow.parser.formats import html
from docflow.parser.formats.mail.parts import is_html, leaves, text_of
from docflow.parser.text.comparison import fold

ADDRESS = re.compile(r"(?:https?://|www\.|mailto:)[^\s<>]+", re.IGNORECASE)
"""The target of a link; plain text writes it out, and it says nothing."""
STUB_SHARE = 0.2
"""Share of the words of the HTML below which the plain text only stands in for it."""
FEWEST_WORDS = 4
"""Words of one form that the other form lacks, from which on the first says more in any case."""
MOST_COMPARED = 2_000_000
"""Characters up to which two forms are compared word by word; that takes some
seconds. Of longer ones, a form of a few words gives way, and else the plain text is read."""
NEW_SHARE = 0.2
"""Share of the words of a passage that are new, from which on the passage is."""


def body_of(mail: Message) -> str:
    """Return the text of the body; of alternatives, what they say together."""
    return "\n\n".join(filter(None, (_joined(plain, shown) for plain, shown in _forms(mail))))


def says_little(mail: Message, fewest_characters: int) -> bool:
    """Return whether the body has fewer characters, blanks aside; it compares nothing."""
    longest = (max(len("".join(form.split())) for form in forms) for forms in _forms(mail))
    return sum(longest) < fewest_characters


def _forms(mail: Message) -> Iterator[tuple[str, str]]:
    """Yield the plain text and the text of the HTML of each part of the body."""
    alternatives: dict[int, list[Message]] = {}
    for leaf in leaves(mail):
        if leaf.is_body:
            alternatives.setdefault(leaf.alternatives or id(leaf.part), []).append(leaf.part)
    for parts in alternatives.values():
        texts = [text_of(part) for part in parts if not is_html(part)]
        plain = "\n\n".join(text.strip("\n") for text in texts if text.strip())
        pages = [html.text_of(text_of(part)) for part in parts if is_html(part)]
        yield plain, "\n\n".join(filter(None, pages))


def _joined(plain: str, shown: str) -> str:
    """Return the plain text where the HTML says no more, else what both say.

    The plain text has the better line breaks. But some programs write into it only that there is
    news, or that the mail should be read as HTML.
    """
    if not plain or not shown:
        return plain or shown
    if len(plain) + len(shown) > MOST_COMPARED:
        return shown if len(plain) < STUB_SHARE * len(shown) else plain
    in_plain, in_shown = _words(plain), _words(shown)
    new = {*in_shown} - {*in_plain}
    longer = len(in_shown) > len(in_plain)
    stands_in = len(in_plain) < STUB_SHARE * len(in_shown)
    if longer and (stands_in or len(new) >= FEWEST_WORDS):
        return _with_what_is_new(shown, {*in_shown}, plain, fewest=FEWEST_WORDS)
    # A word may be "final", and a number a deadline.
    as_long = len(in_shown) >= len(in_plain)
    telling = as_long or any(any(map(str.isdigit, word)) for word in new)
    return _with_what_is_new(plain, {*in_plain}, shown, fewest=1 if telling else FEWEST_WORDS)


def _with_what_is_new(text: str, said: set[str], other: str, *, fewest: int) -> str:
    """Return a text, and after it the passages of another one that say something else.

    Args:
        text: what is read anyway.
        said: its words.
        other: the other form.
        fewest: words that the other one must have besides.
    """
    missing = len({*_words(other)} - said)
    if missing < fewest:
        return text
    share = NEW_SHARE if missing >= FEWEST_WORDS else 0
    new = [line for line in other.split("\n") if _is_new(line, said, share)]
    return "\n\n".join(filter(None, (text, "\n".join(new))))


def _is_new(line: str, said: set[str], share: float) -> bool:
    words = _words(line)
    missing = len({*words} - said)
    return missing >= min(FEWEST_WORDS, max(1, share * len(words)))


def _words(text: str) -> list[str]:
    return fold(ADDRESS.sub(" ", text)).words
