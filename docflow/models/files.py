"""The results of the inspection of a file: accepted, refused, or a mail with attachments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from docflow.models.documents import Failure, Source
from docflow.models.payloads import Payload


class InspectionRequest(Payload):
    """Input of `inspect_document`."""

    document_id: str
    source: Source
    first_document_id: str | None = None
    kept: bool = False
    """Whether a copy was stored before the document was started."""


class Accepted(Payload):
    """A file that can be read."""

    kind: Literal["accepted"] = "accepted"
    content_type: str
    sha256: str
    bytes: int
    pages: int
    duplicate_of: str | None = None
    """Document id of the first document with the same bytes."""


class Refused(Payload):
    """A file that cannot be processed, with a message that tells the user what to do."""

    kind: Literal["refused"] = "refused"
    code: str
    message: str
    content_type: str = "application/octet-stream"
    sha256: str | None = None
    bytes: int = 0
    successor: str | None = None
    """Document id of the newer version of the file, if that is why this one was refused."""


class Inspection(Payload):
    """Result of `inspect_document`."""

    outcome: Annotated[Accepted | Refused, Field(discriminator="kind")]


class ConfirmationRequest(Payload):
    """Input of `confirm_source`."""

    document_id: str
    source: Source


class Confirmation(Payload):
    """Result of `confirm_source`; `refused` is set if the upload grew after it was read."""

    refused: Refused | None = None


class UnpackRequest(Payload):
    """Input of `unpack_mail`."""

    document_id: str
    name: str
    first_document_id: str | None = None


class Attached(Payload):
    """An attachment of a mail, and the document that was started for it."""

    name: str
    """File name as the sender wrote it, without invisible characters."""
    document_id: str
    within: list[str] = []
    """Names of the attached mails that it was in, from the outside in."""
    left_out: int = 0
    """Number of files attached to it, where it is a mail, that became no documents, since they are
    too many or nested too deep."""


class Attachments(Payload):
    """The attachments of a mail, as stored in `work`."""

    attachments: list[Attached] = []


class Unpacked(Payload):
    """Result of `unpack_mail`."""

    attachments: int
    left_out: int | None = None
    """Number of files attached to attached mails that became no documents, if there are any."""
    refused: Failure | None = None
    """Set if the mail was accepted but cannot be read."""
