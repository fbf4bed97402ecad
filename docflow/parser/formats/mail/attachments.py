"""The attachments of a mail: which parts are files, and their names and bytes."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from email.message import Message
from typing import NamedTuple

from docflow.parser.content_types import MAIL
from docflow.parser.formats.mail import tnef
from docflow.parser.formats.mail.body import body_of
from docflow.parser.formats.mail.headers import decoded_header, header
from docflow.parser.formats.mail.parts import (
    LONGEST_NAME,
    Leaf,
    content_of,
    file_name_of,
    inner_mails,
    leaves,
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
    pictures_count = len("".join(body_of(mail).split())) < FEWEST_CHARACTERS
    for number, leaf in enumerate(leaves(mail), start=1):
        part = leaf.part
        if leaf.is_body or part.get_content_type() in SIGNATURES:
            continue
        if part.get_content_disposition() != "attachment" and _decorates(leaf, pictures_count):
            continue
        yield from _files(part, number)


def _decorates(leaf: Leaf, pictures_count: bool) -> bool:
    """Return whether a part only decorates the body, or is an alternative to it."""
    kind = leaf.part.get_content_maintype()
    if leaf.around == "related":
        return kind == "text" or (kind == "image" and not pictures_count)
    return leaf.around == "alternative" and kind == "text"


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
