"""The body of a mail: what it says, once, also where it comes in several forms."""

from __future__ import annotations

from email.message import Message

from docflow.parser.formats import html
from docflow.parser.formats.mail.parts import is_html, leaves, text_of

STUB_SHARE = 0.2
"""Share of the HTML's text below which the plain text does not replace it."""


def body_of(mail: Message) -> str:
    """Return the text of the body; of alternatives, one."""
    alternatives: dict[int, list[Message]] = {}
    for leaf in leaves(mail):
        if leaf.is_body:
            alternatives.setdefault(leaf.alternatives or id(leaf.part), []).append(leaf.part)
    return "\n\n".join(filter(None, map(_text_of_one, alternatives.values())))


def _text_of_one(alternatives: list[Message]) -> str:
    """Return the plain text, or the text of the HTML where that says far more.

    The plain text of some programs says only that the mail should be read as HTML.
    """
    texts = [text_of(part) for part in alternatives if not is_html(part)]
    plain = "\n\n".join(text.strip("\n") for text in texts if text.strip())
    pages = [html.text_of(text_of(part)) for part in alternatives if is_html(part)]
    shown = "\n\n".join(filter(None, pages))
    return shown if len(plain) < STUB_SHARE * len(shown) else plain
