"""Writes what is attached to a mail as files, and what is attached to the mails among them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from email.message import Message
from itertools import count
from pathlib import Path
from typing import NamedTuple

from docflow.parser.content_types import MAIL
from docflow.parser.formats.mail.attachments import Attachment, attachments_of
from docflow.parser.formats.mail.parts import inner_mails
from docflow.parser.formats.mail.source import mail_in
from docflow.parser.limits import Limits


class WrittenFile(NamedTuple):
    """An attachment that was written as a file."""

    name: str
    file: Path
    within: list[str]
    """Names of the attached mails that it was in, from the outside in."""
    left_out: int
    """Files attached to this one, where it is a mail, that were not written."""


class _Holder(NamedTuple):
    """An attached mail that was written, and whose own attachments come later."""

    mails: list[Message]
    file: WrittenFile

    def attachments(self) -> list[Attachment]:
        return [each for mail in self.mails for each in attachments_of(mail)]


def write_attachments(mail: Message, into: Path, limits: Limits) -> list[WrittenFile]:
    """Write all attachments into a folder: those of the mail itself, then those of attached mails.

    A few bytes can hold many mails in mails. So they are opened to a depth, and no more files are
    written than a mail may have attachments; the others are counted.
    """
    numbers = count(1)
    written: list[WrittenFile] = []
    waiting: deque[_Holder] = deque()

    def write(attachments: list[Attachment], within: list[str]) -> None:
        for attachment in attachments:
            target = into / f"attachment-{next(numbers):06d}"
            content = attachment.content()
            target.write_bytes(content)
            file = WrittenFile(attachment.name, target, within, 0)
            if mails := list(_mails_in(attachment, content)):
                waiting.append(_Holder(mails, file))
            else:
                written.append(file)

    write(list(attachments_of(mail)), [])
    while waiting:
        holder = waiting.popleft()
        attachments = holder.attachments()
        within = [*holder.file.within, holder.file.name]
        room = limits.attachments - len(written) - len(waiting) - 1
        taken = attachments[: max(0, room)] if len(within) <= limits.mail_depth else []
        written.append(holder.file._replace(left_out=len(attachments) - len(taken)))
        write(taken, within)
    return sorted(written, key=lambda each: each.file)


def _mails_in(attachment: Attachment, content: bytes) -> Iterator[Message]:
    """Yield the mail that an attachment is, whatever its type says; some programs say nothing."""
    if attachment.content_type == MAIL and isinstance(attachment.held, Message):
        yield from inner_mails(attachment.held)
    elif (mail := mail_in(content)) is not None:
        yield mail
