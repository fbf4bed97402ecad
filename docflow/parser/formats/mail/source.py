"""The bytes of a mail: where its headers begin, and in which encoding it was saved."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import BinaryIO

from docflow.parser.formats.mail.headers import begins_as_mail
from docflow.parser.formats.mail.parts import AS_WRITTEN
from docflow.parser.text import encodings

HEAD_BYTES = 64 * 1024
"""Where headers are looked for; they seldom take a tenth of that."""
BEFORE_HEADERS = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]{0,20}")


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """Open a mail where its headers begin, after a byte order mark and blank lines.

    One that a program saved in UTF-16 is given in UTF-8; its parts that were 8-bit text are UTF-8
    then, whatever they declare.
    """
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        if encodings.wide_encoding(head):
            stream.seek(0)
            yield io.BytesIO(_in_utf_8(stream.read()))
        else:
            stream.seek(_begin(head))
            yield stream


def head_of(file: Path) -> str:
    """Return the beginning of a file, where the headers are if it is a mail."""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    return _head_in(head)


def mail_in(content: bytes) -> Message | None:
    """Return the mail that a file is; None where it is none."""
    if not begins_as_mail(_head_in(content[:HEAD_BYTES])):
        return None
    if encodings.wide_encoding(content[:HEAD_BYTES]):
        content = _in_utf_8(content)
    return message_from_bytes(content[_begin(content) :], policy=AS_WRITTEN)


def _head_in(head: bytes) -> str:
    if encodings.wide_encoding(head):
        head = _in_utf_8(head)
    return head[_begin(head) :].decode("latin-1")


def _begin(head: bytes) -> int:
    before = BEFORE_HEADERS.match(head)
    return before.end() if before else 0


def _in_utf_8(content: bytes) -> bytes:
    text = encodings.decode(content) or ""
    return text.lstrip("\ufeff\r\n").encode("utf-8", "replace")
