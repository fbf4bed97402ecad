"""Mail (EML): its headers and body are the document, its attachments are taken out as files.

The older of Python's two mail parsers is used: it takes anything for what it is, where the newer
one gives errors of every kind on headers that were made to hurt. What comes out is text to clean.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_binary_file
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

from docflow.adapters.parsing import html, plain_text
from docflow.adapters.parsing.findings import MAIL, Limits, Refusal, check_page_count, text_page

HEAD_BYTES = 64 * 1024
"""How far the headers are looked for; they are seldom longer than a tenth of that."""
HEADER = re.compile(r"([!-9;-~]{1,70}):(.*)", re.DOTALL)
ENVELOPE = re.compile(r">?From \S+ .*")
"""The line that a mailbox file puts before a mail."""
TECHNICAL = frozenset(
    {"mime-version", "message-id", "received", "return-path", "delivered-to", "dkim-signature"}
)
"""Headers that programs write; a memo has those that people write too."""
SHOWN = ("From", "To", "Cc", "Date", "Subject")
LONGEST_HEADER = 1_000
LONGEST_NAME = 200
SIGNATURES = frozenset(
    {
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    }
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a mail that is a file."""

    name: str
    content_type: str
    part: Message

    def content(self) -> bytes:
        """Give its bytes; an attached mail is written anew."""
        if self.part.is_multipart():
            return b"\n\n".join(bytes(inner) for inner in _inner(self.part))
        return _content(self.part)


def begins(file: Path) -> bool:
    """Whether a text begins with the headers of a mail."""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    headers = _leading_headers(head)
    sender = headers.get("from")
    if sender is None:
        return False
    return bool(TECHNICAL & headers.keys()) or (
        "@" in sender and len({"to", "date", "subject"} & headers.keys()) > 1
    )


def _leading_headers(head: str) -> dict[str, str]:
    """Give the headers up to the first blank line; nothing where other lines stand among them."""
    headers: dict[str, str] = {}
    for position, line in enumerate(re.split(r"\r\n|\r|\n", head)):
        if not line:
            return headers
        if line[0] in " \t" and headers:
            continue
        if position == 0 and ENVELOPE.fullmatch(line):
            continue
        found = HEADER.fullmatch(line)
        if found is None:
            return {}
        headers[found[1].lower()] = found[2]
    return headers


def count_pages(file: Path, limits: Limits) -> int:
    """Count the pages of the text.

    Raises:
        Refusal: it is too long, or has too many attachments.
    """
    with _understood(file) as mail:
        attachments = sum(1 for _ in _attachments(mail))
        if attachments > limits.attachments:
            raise Refusal(
                "TOO_MANY_ATTACHMENTS",
                f"The mail has {attachments:,} attachments, at most {limits.attachments:,} are "
                "taken: send them in several mails, or as files.",
                MAIL,
            )
        return check_page_count(len(plain_text.pages_of(_text(mail))), limits, MAIL)


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
        with file.open("rb") as stream:
            mail = message_from_binary_file(stream)
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
    """Give the plain text, or what the HTML says where there is none."""
    shown = [part for part, _ in _leaves(mail) if _is_body(part)]
    plain = [_decoded(part) for part in shown if part.get_content_subtype() != "html"]
    written = "\n\n".join(text.strip("\n") for text in plain if text.strip())
    if written:
        return written
    pages = [html.text_of(_decoded(part)) for part in shown if part.get_content_subtype() == "html"]
    return "\n\n".join(filter(None, pages))


def _attachments(mail: Message) -> Iterator[Attachment]:
    for number, (part, around) in enumerate(_leaves(mail), start=1):
        if _is_body(part) or part.get_content_type() in SIGNATURES:
            continue
        named = part.get_content_disposition() == "attachment"
        if not named and around in {"related", "alternative"}:
            continue  # a picture inside the body, or another form of it
        yield Attachment(_name(part, number), part.get_content_type(), part)


def _leaves(mail: Message) -> Iterator[tuple[Message, str]]:
    """Give the parts that hold something, each with the kind of multipart around it.

    An attached mail is one part: what is in it is its own affair.
    """
    waiting = [(mail, "")]
    while waiting:
        part, around = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            kind = part.get_content_subtype()
            waiting += [(each, kind) for each in reversed(_inner(part))]
        elif part.get_content_maintype() != "multipart":
            yield part, around


def _inner(part: Message) -> list[Message]:
    inner = part.get_payload() if part.is_multipart() else []
    return [each for each in inner if isinstance(each, Message)]


def _is_body(part: Message) -> bool:
    return (
        part.get_content_type() in {"text/plain", "text/html"}
        and part.get_content_disposition() != "attachment"
        and not _file_name(part)
    )


def _decoded(part: Message) -> str:
    content = _content(part)
    for encoding in (_charset(part), "utf-8", "cp1252"):
        try:
            return plain_text.clean(content.decode(encoding))
        except (LookupError, ValueError):
            continue
    return plain_text.clean(content.decode("latin-1"))


def _content(part: Message) -> bytes:
    """Give the bytes of a part."""
    try:
        decoded = part.get_payload(decode=True)
    except (LookupError, ValueError):
        part.del_param("charset")  # it is no name of any encoding
        decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset("utf-8"))
    except (LookupError, ValueError):
        return "utf-8"


def _name(part: Message, number: int) -> str:
    name = _file_name(part)
    if name:
        return name
    for mail in _inner(part):
        return f"{_header(mail, 'Subject')[:LONGEST_NAME] or f'mail {number}'}.eml"
    return f"part {number}{mimetypes.guess_extension(part.get_content_type()) or ''}"


def _file_name(part: Message) -> str:
    try:
        return _plain(part.get_filename() or "")[:LONGEST_NAME]
    except (LookupError, ValueError):
        return ""


def _header(mail: Message, name: str) -> str:
    return _plain(mail.get(name, ""))[:LONGEST_HEADER]


def _plain(value: object) -> str:
    """Decode a header's words and put it on one line."""
    written = str(value)
    # What cannot be decoded stays as it was written.
    with suppress(HeaderParseError, LookupError, ValueError, TypeError):
        written = str(make_header(decode_header(value)))  # type: ignore[arg-type]
    printable = written.encode("utf-8", "replace").decode()
    return " ".join(plain_text.clean(printable).split())
