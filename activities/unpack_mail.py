"""Start a document for each attachment of a mail."""

from __future__ import annotations

import tempfile
from pathlib import Path

from activities import activity
from docflow.clients import Clients
from docflow.contracts import PARENT_METADATA, Activity, Container, document_id_for
from docflow.errors import ErrorCode, TransientError
from docflow.models.documents import Failure
from docflow.models.files import Attached, Attachments, Unpacked, UnpackRequest
from docflow.policy.attachment_names import attachment_name
from docflow.policy.shown_text import shown_on_one_line
from docflow.ports import AttachedFile, BlobStore, FileRefusal
from docflow.work.artefacts import ATTACHMENTS
from docflow.work.folder import WorkFolder
from docflow.work.parse_attempts import parse_or_defer


@activity
def unpack_mail(request: UnpackRequest, clients: Clients) -> Unpacked:
    """Write the attachments to `incoming`, where each starts a document, as any upload does.

    Attachments of attached mails are among them.

    Running it twice is safe: an attachment is written only if it does not exist, and a later
    attempt at the same mail uses the stored attachments of the first attempt.
    """
    mail_id = request.first_document_id or request.document_id
    first = WorkFolder(clients.store, mail_id)
    unpacked = first.read(ATTACHMENTS) or _unpack(request, mail_id, clients)
    if isinstance(unpacked, FileRefusal):
        failure = Failure(code=unpacked.code, message=unpacked.message)
        return Unpacked(attachments=0, refused=failure)
    for identifier in {mail_id, request.document_id}:
        WorkFolder(clients.store, identifier).write(ATTACHMENTS, unpacked)
    left_out = sum(attached.left_out for attached in unpacked.attachments)
    return Unpacked(attachments=len(unpacked.attachments), left_out=left_out or None)


def _unpack(request: UnpackRequest, mail_id: str, clients: Clients) -> Attachments | FileRefusal:
    work = WorkFolder(clients.store, request.document_id)
    with tempfile.TemporaryDirectory(prefix="docflow-") as name:
        folder = Path(name)
        work.download_source(folder / "source")
        (folder / "attachments").mkdir()
        found = parse_or_defer(
            work,
            Activity.UNPACK_MAIL,
            lambda: clients.parser.unpack(folder / "source", into=folder / "attachments"),
        )
        if isinstance(found, FileRefusal):
            return found
        return Attachments(
            attachments=[
                _hand_in(
                    attachment,
                    attachment_name(request.name, mail_id, number, attachment.name),
                    mail_id,
                    clients.store,
                )
                for number, attachment in enumerate(found, start=1)
            ]
        )


def _hand_in(attachment: AttachedFile, name: str, mail_id: str, store: BlobStore) -> Attached:
    store.upload_new(
        Container.INCOMING,
        name,
        attachment.file,
        # The type from the mail is not used: the sender chose it, and the content decides.
        content_type="application/octet-stream",
        metadata={PARENT_METADATA: mail_id},
    )
    blob = store.properties(Container.INCOMING, name)
    if blob is None:
        raise TransientError(
            ErrorCode.STORAGE_UNAVAILABLE, "An attachment was gone after it had been written."
        )
    return Attached(
        name=shown_on_one_line(attachment.name),
        document_id=document_id_for(Container.INCOMING, name, blob.etag),
        within=[shown_on_one_line(mail) for mail in attachment.within],
        left_out=attachment.left_out,
    )
