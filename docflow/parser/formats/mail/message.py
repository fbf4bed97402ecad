"""A mail as a document: its text in pages, its attachments as files.

The older of Python's two mail parsers is used: it accepts any content, where the newer one raises
errors of many kinds on malformed headers. Its output has to be cleaned.
"""

from __future__ import annotations

import io
import mmap
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email import message_from_binary_file
from email.message import Message
from pathlib import Path
from typing import Any

from docflow.parser.content_types import MAIL
from docflow.parser.formats.mail.attached_files import write_attachments
from docflow.parser.formats.mail.attachments import attachments_of
from docflow.parser.formats.mail.body import body_of
from docflow.parser.formats.mail.headers import begins_as_mail, header
from docflow.parser.formats.mail.parts import AS_WRITTEN
from docflow.parser.formats.mail.source import head_of, opened
from docflow.parser.limits import Limits
from docflow.parser.pages import TextPage, text_page
from docflow.parser.refusals import Refusal, check_page_count, not_taken
from docflow.parser.requests import RenderRequest, SplitRequest
from docflow.parser.text.pages import pages_of
from docflow.parser.text.picture import draw

FURTHER_MAIL = re.compile(rb"\n\r?\nFrom \S+ (?>[^\r\n]*?\d:\d\d)[^\r\n]*\r?\n[!-9;-~]+:")
"""Where the next mail of a mailbox file begins; in the text of a mail such a line is escaped.

Only the first time of day on the line is tried, `(?>)`: to try each one would take long on a long
line.
"""
SHOWN = ("From", "To", "Cc", "Date", "Subject")
SEALED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})


def recognize(file: Path, head: bytes) -> str | None:
    """Return the content type where a text begins with the headers of a mail."""
    return MAIL if begins_as_mail(head_of(file)) else None


def count_pages(file: Path, content_type: str, limits: Limits) -> int:
    """Count the pages of the text.

    Raises:
        Refusal: it is too long, has too many attachments, or is encrypted.
    """
    _check_is_one(file)
    with _parsed(file) as mail:
        _check_is_open(mail)
        attachments = sum(1 for _ in attachments_of(mail))
        if attachments > limits.attachments:
            raise Refusal(
                "TOO_MANY_ATTACHMENTS",
                f"The mail has {attachments:,} attachments, at most {limits.attachments:,} are "
                "taken: send them in several mails, or as files.",
                content_type,
            )
        return check_page_count(len(pages_of(_text(mail))), limits, content_type)


def split(request: SplitRequest) -> list[TextPage]:
    """Return all pages of the text."""
    return [
        text_page(number, page, f"mail of {len(page):,} characters" if page else "blank page")
        for number, page in enumerate(_pages(request.file), start=1)
    ]


def render(request: RenderRequest) -> None:
    """Draw a page of the text as a picture."""
    draw(_pages(request.file), request)


def unpack(file: Path, into: Path, limits: Limits) -> list[dict[str, Any]]:
    """Write the attachments into a folder, and return their names and files.

    Those of an attached mail follow; `within` names the attached mails that they were in, and
    `left_out` says how many of a mail's attachments are too many or in mails nested too deep.
    """
    with _parsed(file) as mail:
        return [
            {
                "name": found.name,
                "file": str(found.file),
                "within": found.within,
                "left_out": found.left_out,
            }
            for found in write_attachments(mail, into, limits)
        ]


def _check_is_one(file: Path) -> None:
    with opened(file) as stream:
        if stream.read(5) != b"From ":
            return
        stream.seek(0)
        with ExitStack() as stack:
            data: bytes | mmap.mmap
            if isinstance(stream, io.BytesIO):
                data = stream.getvalue()
            else:
                data = stack.enter_context(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
            if FURTHER_MAIL.search(data):
                raise not_taken("a mailbox of several mails (MBOX)")


def _check_is_open(mail: Message) -> None:
    if mail.get_content_type() in SEALED:
        raise Refusal(
            "ENCRYPTED",
            "The mail is encrypted, or wrapped in its signature (S/MIME, PGP): open it, and "
            "forward its text without encryption.",
            MAIL,
        )


@contextmanager
def _parsed(file: Path) -> Iterator[Message]:
    try:
        with opened(file) as stream:
            mail = message_from_binary_file(stream, policy=AS_WRITTEN)
        yield mail
    except RecursionError as error:
        raise Refusal(
            "UNREADABLE",
            "The parts of the mail are nested too deep: forward it again, or print it to PDF.",
            MAIL,
        ) from error


def _pages(file: Path) -> list[str]:
    with _parsed(file) as mail:
        return pages_of(_text(mail))


def _text(mail: Message) -> str:
    """Return the headers that people read, the body and the list of attachments."""
    headers = (f"{name}: {value}" for name in SHOWN if (value := header(mail, name)))
    listed = [
        f"- {attachment.name} ({attachment.content_type})" for attachment in attachments_of(mail)
    ]
    attached = "\n".join(["Attachments:", *listed]) if listed else ""
    return "\n\n".join(filter(None, ("\n".join(headers), body_of(mail), attached)))
