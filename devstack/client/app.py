"""The HTTP API of a running app, and uploads through the blob service."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from devstack.stack.config import Ports, is_open
from devstack.stack.errors import StackError
from docflow.contracts import APPROVAL_EVENT, Container, document_id_for

INCOMING = Container.INCOMING.value
KEY_VARIABLE = "DOCFLOW_APP_KEY"
"""A key of the app, for one that asks for keys. A function key opens the API of documents; to
decide through the durable API takes the system key `durabletask_extension` or the master key."""

_TIMEOUT_SECONDS = 30
_LIST_PAGE = 100

ENDS = frozenset({"published", "rejected", "expired", "quarantined", "failed"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was dropped or sent, and the id of the document it becomes."""

    name: str
    document_id: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document as the app describes it."""

    id: str
    name: str
    status: str
    stage: str
    pages_done: int
    pages_total: int
    urgency: str
    attachments: tuple[Upload, ...]
    """Of a mail: what came with it, once it was unpacked."""
    raw: Mapping[str, Any]

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Document:
        """Read the app's answer; what is not known yet is absent from it."""
        pages = raw.get("pages") or {}
        urgency = raw.get("urgency") or ""
        return cls(
            id=str(raw["id"]),
            name=str(raw.get("name") or ""),
            status=str(raw.get("status") or ""),
            stage=str(raw.get("stage") or ""),
            pages_done=int(pages.get("done") or 0),
            pages_total=int(pages.get("total") or 0),
            urgency=str(urgency.get("level") if isinstance(urgency, dict) else urgency),
            attachments=tuple(
                Upload(_visible(each["name"]), each["id"]) for each in raw.get("attachments") or []
            ),
            raw=raw,
        )

    @property
    def is_at_end(self) -> bool:
        """Return whether nothing more will happen to it."""
        return self.status in ENDS

    @property
    def is_waiting(self) -> bool:
        """Return whether it waits for a reviewer's decision."""
        return self.status == "waiting"


def _visible(name: str) -> str:
    """Leave out of a sender's words what would steer a terminal or turn them around."""
    return "".join(character for character in name if character.isprintable())


def app_key(environ: Mapping[str, str]) -> str | None:
    """Return the key of the app that the environment holds; None where the app asks for none."""
    return environ.get(KEY_VARIABLE) or None


class UnreachableError(StackError):
    """Nothing listens where the app should be."""


class App:
    """The HTTP API of a running app.

    Args:
        base_url: Where it listens.
        key: Sent with each request, for an app that asks for keys.
    """

    def __init__(self, base_url: str, key: str | None = None) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        if key:
            self._session.headers["x-functions-key"] = key

    def documents(self, **filters: str) -> Iterator[Document]:
        """Return all documents, newest first, page by page as they are asked for."""
        query = {**filters, "limit": str(_LIST_PAGE)}
        while True:
            answer = self._get("/api/documents", query)
            yield from map(Document.read, answer["documents"])
            if not answer.get("continuation"):
                return
            query["continuation"] = answer["continuation"]

    def document(self, document_id: str) -> Document:
        """Return one document with its progress."""
        return Document.read(self._get(_document_path(document_id)))

    def document_if_known(self, document_id: str) -> Document | None:
        """Return one document with its progress, or None where the app has not noticed it yet."""
        address = f"{self.base_url}{_document_path(document_id)}"
        response = self._send("GET", address)
        if response.status_code == requests.codes.not_found:
            return None
        return Document.read(_json_of(response))

    def result(self, document_id: str) -> dict[str, Any]:
        """Return the result record of a document that is at an end."""
        return self._get(f"{_document_path(document_id)}/result")

    def find(self, wanted: str) -> Document:
        """Return the document of an id, of the beginning of an id, or the newest of a name."""
        known = list(self.documents())
        exact = [each for each in known if wanted in (each.id, each.name)]
        if exact:
            return self.document(exact[0].id)
        similar = [each for each in known if each.id.startswith(wanted)]
        if len(similar) == 1:
            return self.document(similar[0].id)
        if not similar:
            raise StackError(f"There is no document {wanted!r}. List them: python3 dev.py status")
        ids = "\n".join(f"  {each.id}  {each.name}" for each in similar)
        raise StackError(f"{len(similar)} documents have an id that begins with {wanted!r}:\n{ids}")

    def event_path(self, document_id: str) -> str:
        """Return where a decision about a document is sent."""
        instance = f"/runtime/webhooks/durabletask/instances/{quote(document_id, safe='')}"
        return f"{instance}/raiseEvent/{APPROVAL_EVENT}"

    def decide(self, document_id: str, decision: Mapping[str, Any]) -> None:
        """Send a reviewer's decision as an external event."""
        address = f"{self.base_url}{self.event_path(document_id)}"
        response = self._send("POST", address, json=dict(decision))
        if response.status_code == requests.codes.not_found:
            raise StackError(f"The Functions host knows no instance {document_id!r}.")
        if response.status_code == requests.codes.gone:
            raise StackError(f"{document_id} is at its end already: nothing waits for a decision.")
        if not response.ok:
            raise StackError(f"The decision was refused: {_explain(response)}")

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        return _json_of(self._send("GET", f"{self.base_url}{path}", params=query))

    def _send(self, method: str, address: str, **arguments: Any) -> requests.Response:  # noqa: ANN401
        try:
            return self._session.request(method, address, timeout=_TIMEOUT_SECONDS, **arguments)
        except requests.ConnectionError:
            raise UnreachableError(
                f"Nothing answers at {self.base_url}. Start the stack first: python3 dev.py up"
            ) from None
        except requests.RequestException as error:
            raise StackError(f"{method} {address}: {error}") from None


def _document_path(document_id: str) -> str:
    return f"/api/documents/{quote(document_id, safe='')}"


def _json_of(response: requests.Response) -> dict[str, Any]:
    if not response.ok:
        raise StackError(f"GET {response.url}: {_explain(response)}")
    answer: dict[str, Any] = response.json()
    return answer


def _explain(response: requests.Response) -> str:
    """Return what the app says is wrong: a problem document (RFC 9457), or just the status."""
    if response.status_code == requests.codes.unauthorized:
        return f"the app asks for a key that fits; {KEY_VARIABLE} holds the one to send."
    try:
        problem = response.json()
        return str(problem.get("detail") or problem.get("title") or response.status_code)
    except (ValueError, AttributeError):
        return f"{response.status_code} {response.reason}"


def upload(ports: Ports, files: Mapping[str, Path]) -> list[Upload]:
    """Put files into the container `incoming`, as a user's blob tool would.

    Args:
        ports: Where the storage listens.
        files: The blob name each file is to have.
    """
    from azure.core.exceptions import AzureError, ResourceNotFoundError
    from azure.storage.blob import BlobServiceClient, ContentSettings

    if not is_open(ports.blob):  # the SDK would try again for long before it says so
        raise StackError(
            f"Nothing answers on port {ports.blob} (Azurite blobs). "
            "Start the stack first: python3 dev.py up"
        )
    uploads = []
    with BlobServiceClient.from_connection_string(ports.storage) as service:
        for name, path in files.items():
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            blob = service.get_blob_client(INCOMING, name)
            try:
                with path.open("rb") as content:
                    done = blob.upload_blob(
                        content, overwrite=True, content_settings=ContentSettings(kind)
                    )
            except ResourceNotFoundError:
                raise StackError(f"The container {INCOMING!r} does not exist.") from None
            except (AzureError, OSError) as error:
                raise StackError(f"{path} was not uploaded: {error}") from None
            uploads.append(Upload(name, document_id_for(INCOMING, name, str(done["etag"]))))
    return uploads
