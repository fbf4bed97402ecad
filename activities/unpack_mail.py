"""Makes documents of the attachments of a mail."""

from __future__ import annotations

import tempfile
from pathlib import Path

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import PARENT_METADATA, Activity, Container, document_id_for
from docflow.errors import ErrorCode, TransientError
from docflow.models.documents import Failure
from docflow.models.files import Attached, Attachments, Unpacked, UnpackRequest
from docflow.policy.attachment_names import attachment_name
from docflow.ports import Attachment, BlobStore, FileRefusal
from docflow.work.folder import WorkFolder
from docflow.work.parse_attempts import parse_patiently

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def unpack_mail(payload: dict) -> dict:
    """Activity: see `unpack`."""
    return perform(Activity.UNPACK_MAIL, payload, UnpackRequest, unpack)


def unpack(request: UnpackRequest, clients: Clients) -> Unpacked:
    """Put the attachments into `incoming`, where each starts a document as any upload does.

    Running it twice is safe: an attachment is written only where it is not there already, and a
    later attempt at the same mail goes by what the first one left.
    """
    mail_id = request.first_document_id or request.document_id
    first = WorkFolder(clients.store, mail_id)
    unpacked = first.read_attachments() or _unpack(request, mail_id, clients)
    if isinstance(unpacked, FileRefusal):
        failure = Failure(code=unpacked.code, message=unpacked.message)
        return Unpacked(attachments=0, refused=failure)
    for identifier in {mail_id, request.document_id}:
        WorkFolder(clients.store, identifier).write_attachments(unpacked)
    return Unpacked(attachments=len(unpacked.attachments))


def _unpack(request: UnpackRequest, mail_id: str, clients: Clients) -> Attachments | FileRefusal:
    work = WorkFolder(clients.store, request.document_id)
    with tempfile.TemporaryDirectory(prefix="docflow-") as name:
        folder = Path(name)
        work.download_source(folder / "source")
        (folder / "attachments").mkdir()
        found = parse_patiently(
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


def _hand_in(attachment: Attachment, name: str, mail_id: str, store: BlobStore) -> Attached:
    store.upload_new(
        Container.INCOMING,
        name,
        attachment.file,
        # What the sender calls it is not to be trusted: it is recognized by its content.
        content_type="application/octet-stream",
        metadata={PARENT_METADATA: mail_id},
    )
    blob = store.properties(Container.INCOMING, name)
    if blob is None:
        raise TransientError(
            ErrorCode.STORAGE_UNAVAILABLE, "An attachment was gone once it was written."
        )
    return Attached(
        name=attachment.name,
        document_id=document_id_for(Container.INCOMING, name, blob.etag),
    )
