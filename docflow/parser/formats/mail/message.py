"""Mail (EML): its headers and body are the document, its attachments are taken out as files.

The older of Python's two mail parsers is used: it takes anything for what it is, where the newer
one gives errors of every kind on headers that were made to hurt. What comes out is text to clean.
"""

from __future__ import annotations

import mimetypes
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_binary_file, message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from pathlib import Path
from typing import Any, BinaryIO

from docflow.parser.findings import (
    MAIL,
    TEXT,
    Limits,
    Refusal,
    check_page_count,
    not_taken,
    text_page,
)
from docflow.parser.formats import html, plain_text
from docflow.parser.formats.mail import tnef
from docflow.parser.text import encodings

HEAD_BYTES = 64 * 1024
"""How far the headers are looked for; they are seldom longer than a tenth of that."""
BEFORE_HEADERS = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]{0,20}")
FURTHER_MAIL = re.compile(rb"\n\r?\nFrom \S+ (?>[^\r\n]*?\d:\d\d)[^\r\n]*\r?\n[!-9;-~]+:")
"""Where the next mail of a mailbox file begins; in the text of a mail such a line is altered.

One time of day on the line will do, `(?>)`: to try each would take long on a long line.
"""
DIVIDING_LINE = re.compile(rb'^--([^\s"][^\r\n"]{0,68})\r?\nContent-[\w-]+:', re.MULTILINE)
HEADER = re.compile(r"([!-9;-~]{1,70}):(.*)", re.DOTALL)
ENVELOPE = re.compile(r">?From \S+ .*")
"""The line that a mailbox file puts before a mail."""
MULTIPART = re.compile(r"\s*multipart/[\w-]+\s*;.*boundary", re.IGNORECASE | re.DOTALL)
"""What no other text begins with, so it tells a mail also where its sender was left out."""
TECHNICAL = frozenset(
    {"mime-version", "message-id", "received", "return-path", "delivered-to", "dkim-signature"}
)
"""Headers that programs write; a memo has those that people write too."""
SHOWN = ("From", "To", "Cc", "Date", "Subject")
LONGEST_HEADER = 1_000
LONGEST_NAME = 200
ENCODED = frozenset({"base64", "quoted-printable"})
STUB_SHARE = 0.2
"""Share of what the HTML says below which the plain text stands in for nothing."""
SILENT_CHARACTERS = 20
"""Characters of a body, blanks aside, below which its pictures are what the mail says."""
SEALED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
SIGNATURES = frozenset(
    {
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    }
)


class _AsWritten(Compat32):
    """Gives headers as they are written, letters beyond ASCII included, and writes them so."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}: {value}{self.linesep}".encode("utf-8", "surrogateescape")


AS_WRITTEN = _AsWritten()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a mail that is a file, or a file in the container of one."""

    name: str
    content_type: str
    held: Message | bytes

    def content(self) -> bytes:
        """Give its bytes; an attached mail is written anew."""
        if isinstance(self.held, bytes):
            return self.held
        if not self.held.is_multipart():
            return _content(self.held)
        return b"\n\n".join(bytes(inner) for inner in _inner(self.held))


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A part that holds something itself."""

    part: Message
    around: str
    """The kind of multipart that it is in."""
    alternatives: int
    """Which set of alternatives it belongs to, if any."""


def begins(file: Path) -> bool:
    """Whether a text begins with the headers of a mail."""
    with _opened(file) as stream:
        head = stream.read(HEAD_BYTES).decode("latin-1")
    headers = _leading_headers(head)
    if MULTIPART.match(headers.get("content-type", "")):
        return True
    sender = headers.get("from")
    if sender is None:
        return False
    return bool(TECHNICAL & headers.keys()) or (
        "@" in sender and len({"to", "date", "subject"} & headers.keys()) > 1
    )


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    """Open a mail where its headers begin: some programs put a mark or blank lines before them."""
    with file.open("rb") as stream:
        before = BEFORE_HEADERS.match(stream.read(HEAD_BYTES))
        stream.seek(before.end() if before else 0)
        yield stream


def _leading_headers(head: str) -> dict[str, str]:
    """Give the headers up to the first blank line; nothing where other lines stand among them."""
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


def count_pages(file: Path, limits: Limits) -> int:
    """Count the pages of the text.

    Raises:
        Refusal: it is too long, or has too many attachments.
    """
    _check_is_one(file)
    with _understood(file) as mail:
        _check_is_open(mail)
        attachments = sum(1 for _ in _attachments(mail))
        if attachments > limits.attachments:
            raise Refusal(
                "TOO_MANY_ATTACHMENTS",
                f"The mail has {attachments:,} attachments, at most {limits.attachments:,} are "
                "taken: send them in several mails, or as files.",
                MAIL,
            )
        return check_page_count(len(plain_text.pages_of(_text(mail))), limits, MAIL)


def _check_is_one(file: Path) -> None:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:5] == b"From " and FURTHER_MAIL.search(data):
            raise not_taken("a mailbox of several mails (MBOX)")


def _check_is_open(mail: Message) -> None:
    if mail.get_content_type() in SEALED:
        raise Refusal(
            "ENCRYPTED",
            "The mail is encrypted, or wrapped in its signature (S/MIME, PGP): open it, and "
            "forward what it says without.",
            MAIL,
        )


def split(file: Path) -> list[dict[str, Any]]:
    """Give all pages of the text."""
    return [
        text_page(number, page, f"mail of {len(page):,} characters" if page else "blank page")
        for number, page in enumerate(_pages(file), start=1)
    ]


def render(file: Path, page: int, max_pixels: int, target: Path) -> None:
    """Draw a page of the text as a picture."""
    plain_text.draw(_pages(file), page, max_pixels, target)


def unpack(file: Path, into: Path) -> list[dict[str, Any]]:
    """Write the attachments into a folder."""
    found = []
    with _understood(file) as mail:
        for number, attachment in enumerate(_attachments(mail), start=1):
            target = into / f"attachment-{number:06d}"
            target.write_bytes(attachment.content())
            found.append({"name": attachment.name, "file": str(target)})
    return found


def _pages(file: Path) -> list[str]:
    with _understood(file) as mail:
        return plain_text.pages_of(_text(mail))


@contextmanager
def _understood(file: Path) -> Iterator[Message]:
    try:
        with _opened(file) as stream:
            mail = message_from_binary_file(stream, policy=AS_WRITTEN)
        yield mail
    except RecursionError as error:
        raise Refusal(
            "UNREADABLE",
            "The parts of the mail are nested too deep: forward it anew, or print it to PDF.",
            MAIL,
        ) from error


def _text(mail: Message) -> str:
    headers = (f"{name}: {value}" for name in SHOWN if (value := _header(mail, name)))
    listed = [
        f"- {attachment.name} ({attachment.content_type})" for attachment in _attachments(mail)
    ]
    attached = "\n".join(["Attachments:", *listed]) if listed else ""
    return "\n\n".join(filter(None, ("\n".join(headers), _body(mail), attached)))


def _body(mail: Message) -> str:
    """Give what the mail says, one form of it where there are alternatives."""
    forms: dict[int, list[Message]] = {}
    for leaf in _leaves(mail):
        if _is_body(leaf.part):
            forms.setdefault(leaf.alternatives or id(leaf.part), []).append(leaf.part)
    return "\n\n".join(filter(None, map(_said, forms.values())))


def _said(forms: list[Message]) -> str:
    """Give the plain text, or what the HTML says where that is far more.

    Some programs put nothing into the plain text but that the mail is to be read as HTML.
    """
    plain = [_decoded(part) for part in forms if not _is_html(part)]
    written = "\n\n".join(text.strip("\n") for text in plain if text.strip())
    pages = [html.text_of(_decoded(part)) for part in forms if _is_html(part)]
    shown = "\n\n".join(filter(None, pages))
    return shown if len(written) < STUB_SHARE * len(shown) else written


def _attachments(mail: Message) -> Iterator[Attachment]:
    pictures_say_it = len("".join(_body(mail).split())) < SILENT_CHARACTERS
    for number, leaf in enumerate(_leaves(mail), start=1):
        part = leaf.part
        if _is_body(part) or part.get_content_type() in SIGNATURES:
            continue
        if part.get_content_disposition() != "attachment" and _is_of_body(leaf, pictures_say_it):
            continue
        yield from _files(part, number)


def _files(part: Message, number: int) -> Iterator[Attachment]:
    """Give the file that a part is, or those that Outlook packed into it."""
    packed = tnef.contained_files(_content(part)) if _is_container(part) else []
    for position, file in enumerate(packed, start=1):
        name = _plain(file.name)[:LONGEST_NAME] or f"part {number}-{position}"
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        yield Attachment(name, kind, file.content)
    if not packed:
        yield Attachment(_name(part, number), part.get_content_type(), part)


def _is_container(part: Message) -> bool:
    return part.get_content_type() in tnef.CONTENT_TYPES or _file_name(part) == tnef.NAME


def _is_of_body(leaf: _Leaf, pictures_say_it: bool) -> bool:
    """Whether a part only adorns the body, or is another form of it."""
    kind = leaf.part.get_content_maintype()
    if leaf.around == "related":
        return kind == "text" or (kind == "image" and not pictures_say_it)
    return leaf.around == "alternative" and kind == "text"


def _leaves(mail: Message) -> Iterator[_Leaf]:
    """Give the parts that hold something.

    An attached mail is one part: what is in it is its own affair.
    """
    waiting = [_Leaf(mail, "", 0)]
    while waiting:
        leaf = waiting.pop()
        part = leaf.part
        if part.get_content_maintype() != "multipart":
            yield leaf
        elif part.is_multipart():
            kind = part.get_content_subtype()
            outermost = leaf.alternatives or (id(part) if kind == "alternative" else 0)
            waiting += [_Leaf(each, kind, outermost) for each in reversed(_inner(part))]
        elif divided := _divided_otherwise(part):
            waiting.append(_Leaf(divided, leaf.around, leaf.alternatives))
        else:
            # No line divides it into parts: it is what it shows.
            charset = encodings.known(_charset(part))
            part.replace_header("Content-Type", f'{TEXT}; charset="{charset}"')
            yield leaf


def _divided_otherwise(part: Message) -> Message | None:
    """Divide a part by the lines that do divide it, where it names another line."""
    content = _content(part)
    line = DIVIDING_LINE.search(content)
    if line is None:
        return None
    kind = part.get_content_type().encode("ascii", "replace")
    headers = b'Content-Type: %b; boundary="%b"\n\n' % (kind, line[1])
    divided = message_from_bytes(headers + content, policy=AS_WRITTEN)
    return divided if divided.is_multipart() else None


def _inner(part: Message) -> list[Message]:
    inner = part.get_payload() if part.is_multipart() else []
    mails = [each for each in inner if isinstance(each, Message)]
    if part.get_content_type() == MAIL and _encoding(part) in ENCODED:
        return [_decoded_mail(mail, part) for mail in mails]
    return mails


def _decoded_mail(mail: Message, around: Message) -> Message:
    """Decode an attached mail that was encoded like a file, which is against the rules."""
    if mail.keys() or mail.is_multipart():
        return mail
    mail["Content-Transfer-Encoding"] = _encoding(around)
    return message_from_bytes(_content(mail), policy=AS_WRITTEN)


def _is_html(part: Message) -> bool:
    return part.get_content_subtype() == "html"


def _is_body(part: Message) -> bool:
    return (
        part.get_content_type() in {"text/plain", "text/html"}
        and part.get_content_disposition() != "attachment"
        and not _file_name(part)
    )


def _decoded(part: Message) -> str:
    content = _content(part)
    declared = _charset(part)
    if _is_html(part) and not encodings.known(declared):
        declared = html.declared_encoding(content)
    text = encodings.decode(content, declared)
    return plain_text.clean(content.decode("latin-1") if text is None else text)


def _content(part: Message) -> bytes:
    """Give the bytes of a part."""
    if "Content-Transfer-Encoding" in part:
        part.replace_header("Content-Transfer-Encoding", _encoding(part))
    try:
        decoded = part.get_payload(decode=True)
    except (LookupError, ValueError):
        part.del_param("charset")  # it is no name of any encoding
        decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _encoding(part: Message) -> str:
    return str(part.get("Content-Transfer-Encoding", "")).strip().lower()


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset(""))
    except (LookupError, ValueError):
        return ""


def _name(part: Message, number: int) -> str:
    name = _file_name(part)
    if name:
        return name
    kind = part.get_content_type()
    for mail in _inner(part) if kind == MAIL else ():
        return f"{_header(mail, 'Subject')[:LONGEST_NAME] or f'mail {number}'}.eml"
    of_text = part.get_content_maintype() in {"text", "message"}
    return f"part {number}{mimetypes.guess_extension(kind) or ('.txt' if of_text else '')}"


def _file_name(part: Message) -> str:
    try:
        return _plain(part.get_filename() or "")[:LONGEST_NAME]
    except (LookupError, ValueError):
        return ""


def _header(mail: Message, name: str) -> str:
    return _plain(mail.get(name, ""))[:LONGEST_HEADER]


def _plain(value: str) -> str:
    """Decode a header's words and put it on one line."""
    raw = value.encode("utf-8", "surrogateescape")
    written = " ".join((encodings.decode(raw) or raw.decode("latin-1")).split())
    # What cannot be decoded stays as it was written.
    with suppress(HeaderParseError, LookupError, ValueError, TypeError):
        written = "".join(_word(word, charset) for word, charset in decode_header(written))
    return " ".join(plain_text.clean(written).split())


def _word(word: bytes | str, charset: str | None) -> str:
    if isinstance(word, str):
        return word
    if charset is None:
        return word.decode("raw-unicode-escape")
    text = encodings.decode(word, charset)
    return word.decode("latin-1") if text is None else text
