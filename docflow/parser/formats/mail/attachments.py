"""The attachments of a mail: which parts are files, and their names and bytes."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from email.message import Message
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from docflow.parser.content_types import MAIL
from docflow.parser.formats.mail import tnef
from docflow.parser.formats.mail.body import says_little
from docflow.parser.formats.mail.headers import decoded_header, header
from docflow.parser.formats.mail.parts import (
    LONGEST_NAME,
    Leaf,
    content_of,
    file_name_of,
    inner_mails,
    is_html,
    leaves,
    text_of,
)

FEWEST_CHARACTERS = 20
"""Characters of a body, blanks aside, below which its pictures are the content of the mail."""
SIGNATURES = frozenset(
    {
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    }
)


REFERENCE = re.compile(
    r"""(?:\b(?:src|background|poster)\s*=\s*["']?|\burl\(\s*["']?)\s*([^"'\s>)]+)""", re.IGNORECASE
)
"""Where a web page names a picture that it shows; a link (`href`) shows nothing."""


class Attachment(NamedTuple):
    """A part of a mail that is a file, or a file in the container that a part holds."""

    name: str
    content_type: str
    held: Message | bytes

    def content(self) -> bytes:
        """Return its bytes; an attached mail is written out again."""
        if isinstance(self.held, bytes):
            return self.held
        if not self.held.is_multipart():
            return content_of(self.held)
        return b"\n\n".join(bytes(inner) for inner in inner_mails(self.held))


def attachments_of(mail: Message) -> Iterator[Attachment]:
    """Return the files of a mail, without signatures and without what only decorates the body."""
    found = list(leaves(mail))
    # Where the body says nothing, its pictures are what the mail says.
    shown = set() if says_little(mail, FEWEST_CHARACTERS) else _pictures_shown(found)
    for number, leaf in enumerate(found, start=1):
        part = leaf.part
        if leaf.is_body or part.get_content_type() in SIGNATURES or _decorates(leaf, shown):
            continue
        yield from _files(part, number)


def _pictures_shown(found: list[Leaf]) -> set[str]:
    """Return the names under which the web pages of a mail show pictures."""
    pages = (unescape(text_of(leaf.part)) for leaf in found if leaf.is_body and is_html(leaf.part))
    return {unquote(name).casefold() for page in pages for name in REFERENCE.findall(page)}


def _decorates(leaf: Leaf, shown: set[str]) -> bool:
    """Return whether a part only decorates the body, or is an alternative to it."""
    part = leaf.part
    if _is_picture(part) and not shown.isdisjoint(_names_of_picture(part)):
        return True
    if part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
        return False
    return leaf.around in {"related", "alternative"}


def _is_picture(part: Message) -> bool:
    content_type = part.get_content_type()
    if content_type == "application/octet-stream":
        content_type = mimetypes.guess_type(file_name_of(part))[0] or ""
    return content_type.startswith("image/")


def _names_of_picture(part: Message) -> Iterator[str]:
    """Yield the names by which a web page may name a picture of its mail."""
    identifier = str(part.get("Content-ID", "")).strip().strip("<>")
    location = "".join(str(part.get("Content-Location", "")).split())
    for name in (identifier and f"cid:{identifier}", location, file_name_of(part)):
        if name:
            yield unquote(name).casefold()


def _files(part: Message, number: int) -> Iterator[Attachment]:
    """Return the file that a part is, or those in it where it is a container of Outlook."""
    packed = tnef.contained_files(content_of(part)) if _is_container(part) else []
    for position, file in enumerate(packed, start=1):
        name = decoded_header(file.name)[:LONGEST_NAME] or f"part {number}-{position}"
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        yield Attachment(name, content_type, file.content)
    if not packed:
        yield Attachment(_name(part, number), part.get_content_type(), part)


def _is_container(part: Message) -> bool:
    return part.get_content_type() in tnef.CONTENT_TYPES or file_name_of(part) == tnef.NAME


def _name(part: Message, number: int) -> str:
    name = file_name_of(part)
    if name:
        return name
    content_type = part.get_content_type()
    for mail in inner_mails(part) if content_type == MAIL else ():
        return f"{header(mail, 'Subject')[:LONGEST_NAME] or f'mail {number}'}.eml"
    of_text = part.get_content_maintype() in {"text", "message"}
    return f"part {number}{mimetypes.guess_extension(content_type) or ('.txt' if of_text else '')}"
