"""The parts of a mail: found in its tree, and their content decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import Compat32
from typing import NamedTuple

from docflow.parser.content_types import MAIL, TEXT
from docflow.parser.formats import html
from docflow.parser.formats.mail.headers import decoded_header
from docflow.parser.text import encodings
from docflow.parser.text.characters import clean

DIVIDING_LINE = re.compile(rb'^--([^\s"][^\r\n"]{0,68})\r?\nContent-[\w-]+:', re.MULTILINE)
ENCODED = frozenset({"base64", "quoted-printable"})
LONGEST_NAME = 200


class _AsWritten(Compat32):
    """Returns and writes headers as they are written, letters beyond ASCII included."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}: {value}{self.linesep}".encode("utf-8", "surrogateescape")


AS_WRITTEN = _AsWritten()


class Leaf(NamedTuple):
    """A part that holds content itself, not further parts."""

    part: Message
    around: str
    """Subtype of the multipart that it is in."""
    alternatives: int
    """Which set of alternatives it belongs to; 0 where it belongs to none."""

    @property
    def is_body(self) -> bool:
        """Whether it is text to show, not a file."""
        part = self.part
        return (
            part.get_content_type() in {"text/plain", "text/html"}
            and part.get_content_disposition() != "attachment"
            and (self.around == "alternative" or not file_name_of(part))
        )


def leaves(mail: Message) -> Iterator[Leaf]:
    """Return the parts that hold content; an attached mail is one part, whatever is in it."""
    waiting = [Leaf(mail, "", 0)]
    while waiting:
        leaf = waiting.pop()
        part = leaf.part
        if part.get_content_maintype() != "multipart":
            yield leaf
        elif part.is_multipart():
            subtype = part.get_content_subtype()
            outermost = leaf.alternatives or (id(part) if subtype == "alternative" else 0)
            waiting += [Leaf(each, subtype, outermost) for each in reversed(inner_mails(part))]
        elif divided := _divided_otherwise(part):
            waiting.append(Leaf(divided, leaf.around, leaf.alternatives))
        else:
            # No line divides it into parts, so it is shown as text.
            charset = encodings.known(_charset(part))
            part.replace_header("Content-Type", f'{TEXT}; charset="{charset}"')
            yield leaf


def inner_mails(part: Message) -> list[Message]:
    """Return the parts of a multipart, or the mail in an attached mail."""
    inner = part.get_payload() if part.is_multipart() else []
    mails = [each for each in inner if isinstance(each, Message)]
    if part.get_content_type() == MAIL and _encoding(part) in ENCODED:
        return [_decoded_mail(mail, part) for mail in mails]
    return mails


def content_of(part: Message) -> bytes:
    """Return the bytes of a part."""
    if "Content-Transfer-Encoding" in part:
        part.replace_header("Content-Transfer-Encoding", _encoding(part))
    try:
        decoded = part.get_payload(decode=True)
    except (LookupError, ValueError):
        part.del_param("charset")  # it names no encoding
        decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def text_of(part: Message) -> str:
    """Return the text of a part, decoded and cleaned; HTML as it is written."""
    content = content_of(part)
    declared = _charset(part)
    if is_html(part) and not encodings.known(declared):
        declared = html.declared_encoding(content)
    text = encodings.decode(content, declared)
    return clean(content.decode("latin-1") if text is None else text)


def is_html(part: Message) -> bool:
    """Return whether a part is a web page."""
    return part.get_content_subtype() == "html"


def file_name_of(part: Message) -> str:
    """Return the file name that a part declares; an empty text where there is none."""
    try:
        return decoded_header(part.get_filename() or "")[:LONGEST_NAME]
    except (LookupError, ValueError):
        return ""


def _divided_otherwise(part: Message) -> Message | None:
    """Divide a part by the lines that are in it, where its header declares other lines."""
    content = content_of(part)
    line = DIVIDING_LINE.search(content)
    if line is None:
        return None
    kind = part.get_content_type().encode("ascii", "replace")
    headers = b'Content-Type: %b; boundary="%b"\n\n' % (kind, line[1])
    divided = message_from_bytes(headers + content, policy=AS_WRITTEN)
    return divided if divided.is_multipart() else None


def _decoded_mail(mail: Message, around: Message) -> Message:
    """Decode an attached mail that was encoded like a file, which the standard forbids."""
    if mail.keys() or mail.is_multipart():
        return mail
    mail["Content-Transfer-Encoding"] = _encoding(around)
    return message_from_bytes(content_of(mail), policy=AS_WRITTEN)


def _encoding(part: Message) -> str:
    return str(part.get("Content-Transfer-Encoding", "")).strip().lower()


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset(""))
    except (LookupError, ValueError):
        return ""
