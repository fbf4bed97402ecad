"""Headers of a mail: found at the beginning of a file, and decoded."""

from __future__ import annotations

import re
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

from docflow.parser.text import encodings
from docflow.parser.text.characters import clean

HEADER = re.compile(r"([!-9;-~]{1,70}):(.*)", re.DOTALL)
ENVELOPE = re.compile(r">?From \S+ .*")
"""The line that a mailbox file puts before a mail."""
MULTIPART = re.compile(r"\s*multipart/[\w-]+\s*;.*boundary", re.IGNORECASE | re.DOTALL)
"""No other text begins with this header, so it proves a mail also where the sender is missing."""
TECHNICAL = frozenset(
    {"mime-version", "message-id", "received", "return-path", "delivered-to", "dkim-signature"}
)
"""Headers that only programs write; a typed memo has the others too."""
LONGEST_HEADER = 1_000


def begins_as_mail(head: str) -> bool:
    """Return whether a text begins with the headers of a mail."""
    headers = _leading_headers(head)
    if MULTIPART.match(headers.get("content-type", "")):
        return True
    sender = headers.get("from")
    if sender is None:
        return False
    return bool(TECHNICAL & headers.keys()) or (
        "@" in sender and len({"to", "date", "subject"} & headers.keys()) > 1
    )


def header(mail: Message, name: str) -> str:
    """Return a header, decoded; an empty text where there is none."""
    return decoded_header(mail.get(name, ""))[:LONGEST_HEADER]


def decoded_header(value: str) -> str:
    """Return the value of a header with its encoded words decoded, on one line."""
    raw = value.encode("utf-8", "surrogateescape")
    written = " ".join((encodings.decode(raw) or raw.decode("latin-1")).split())
    # What cannot be decoded stays as it was written.
    with suppress(HeaderParseError, LookupError, ValueError, TypeError):
        written = "".join(_word(word, charset) for word, charset in decode_header(written))
    return " ".join(clean(written).split())


def _leading_headers(head: str) -> dict[str, str]:
    """Return the headers up to the first blank line; none where other lines are among them."""
    headers: dict[str, str] = {}
    name = ""
    for position, line in enumerate(re.split(r"\r\n|\r|\n", head)):
        if not line.strip():
            return headers
        if line[0] in " \t" and headers:
            headers[name] += line
            continue
        if position == 0 and ENVELOPE.fullmatch(line):
            continue
        found = HEADER.fullmatch(line)
        if found is None:
            return {}
        name = found[1].lower()
        headers[name] = found[2]
    return headers


def _word(word: bytes | str, charset: str | None) -> str:
    if isinstance(word, str):
        return word
    if charset is None:
        return word.decode("raw-unicode-escape")
    text = encodings.decode(word, charset)
    return word.decode("latin-1") if text is None else text
