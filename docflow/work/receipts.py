"""Files that come by the API: stored before they are acknowledged, and recognized if sent again.

A request whose answer was an error, or never arrived, may have been carried out all the same. So a
receipt in `work` names the document of a file until its sender got an answer, and a request that
repeats it gets the same document. Without an `Idempotency-Key` a request repeats another if name
and bytes are the same; a file that is sent again after an answer is a document of its own.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from docflow.contracts import RECEIPT_METADATA, Container
from docflow.errors import ErrorCode, TransientError
from docflow.models.documents import Receipt, Source
from docflow.ports import BlobStore, Clock
from docflow.work.artefacts import RECEIPT, STAGED_FOLDER
from docflow.work.folder import WorkFolder, read_artefact, write_artefact, write_new_artefact

RECEIPT_LIFETIME = timedelta(days=1)
"""How long a repeated request is recognized."""


def receipt_key(name: str, sha256: str, idempotency_key: str | None) -> str:
    """Return the key of the receipt of a file: by the sender's own key, else by name and bytes."""
    parts = ("key", idempotency_key) if idempotency_key else ("file", name, sha256)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Receipts:
    """The receipts of the last day."""

    def __init__(self, store: BlobStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(self, key: str) -> Receipt | None:
        """Return a receipt, or None if there is none or its time is over."""
        found = read_artefact(self._store, RECEIPT, key=key)
        if found is None or self._clock.now() - found.request.received_at > RECEIPT_LIFETIME:
            return None
        return found

    def keep(self, key: str, receipt: Receipt) -> Receipt:
        """Store a receipt and return it, or the one that another request stored first."""
        if not write_new_artefact(self._store, RECEIPT, receipt, key=key):
            earlier = self.find(key)
            if earlier is not None:
                return earlier
            write_artefact(self._store, RECEIPT, receipt, key=key)
        return receipt

    def settle(self, key: str) -> None:
        """Delete a receipt, because the sender has its answer; one that stays expires."""
        with suppress(TransientError):
            self._store.delete(Container.WORK, RECEIPT.name(key=key))


class StagedFile:
    """A file in `work` that no other request can overwrite, from which the copies are made.

    Two requests may write the same name in `incoming` at the same moment. A large file is written
    in blocks, and those of two writers can be mixed; a copy inside the store is whole.
    """

    def __init__(self, store: BlobStore, file: Path, content_type: str) -> None:
        self._store = store
        self._bytes = file.stat().st_size
        self._content_type = content_type
        self._name = f"{STAGED_FOLDER}{token_hex(16)}"
        store.upload(Container.WORK, self._name, file, content_type=content_type)

    def put_in(self, name: str, key: str) -> Source:
        """Copy the file to a name in `incoming`, marked with its receipt, and describe the upload.

        If another upload has that name by now, only what is known of the copy is described.
        """
        target = (Container.INCOMING, name)
        etag = self._store.copy(self._place, target, metadata={RECEIPT_METADATA: key})
        if etag is None:
            raise _gone()
        now = self._store.properties(*target)
        standing = now if now is not None and now.etag == etag else None
        return Source(
            container=Container.INCOMING,
            name=name,
            etag=etag,
            bytes=self._bytes,
            content_type=self._content_type,
            created_at=standing.created_at if standing else None,
            content_md5=standing.content_md5 if standing else None,
        )

    def keep_for(self, document_id: str) -> None:
        """Copy the file into the folder of its document."""
        if not WorkFolder(self._store, document_id).keep_source(*self._place):
            raise _gone()

    def discard(self) -> None:
        """Delete the file; one that stays is deleted by the upkeep."""
        with suppress(TransientError):
            self._store.delete(*self._place)

    @property
    def _place(self) -> tuple[str, str]:
        return Container.WORK, self._name


def _gone() -> TransientError:
    return TransientError(
        ErrorCode.STORAGE_UNAVAILABLE,
        "The storage lost the file while it was being taken. Send it again.",
    )
