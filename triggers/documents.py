"""The documents API: submit a file, list documents, show one, reprocess one."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import azure.functions as func

from docflow.clients import Clients
from docflow.contracts import APPROVAL_EVENT, Container
from docflow.errors import ErrorCode, NotFoundError
from docflow.models.documents import DocumentRequest, Receipt
from docflow.models.files import Attached
from docflow.models.index import IndexEntry
from docflow.models.states import Status, UrgencyLevel
from docflow.ports import BlobStore, FileRefusal, IndexQuery
from docflow.telemetry import log_event
from docflow.work.artefacts import ATTACHMENTS, RECORD, SUMMARY
from docflow.work.folder import WorkFolder
from docflow.work.receipts import Receipts, StagedFile, receipt_key
from triggers.bodies import FormFile, file_body, form_file, is_form, too_large
from triggers.intake import (
    Orchestrations,
    first_attempt,
    mark_started,
    start_document,
    start_next_attempt,
)
from triggers.lookup import find_current, misnamed_events
from triggers.parameters import (
    IDEMPOTENCY_HEADER,
    blob_name,
    choice,
    document_id,
    idempotency_key,
    known_name,
    whole_number,
    yes_or_no,
)
from triggers.problems import RequestError
from triggers.registry import route
from triggers.responses import base_url, json_response
from triggers.threads import read_in_thread
from triggers.views import document_detail, document_view, links_to

DEFAULT_LIMIT = 50
MOST_LISTED = 200

_TAKING = ThreadPoolExecutor(4, "take-upload")
"""Threads of their own for storing files: parsing and writing take long, and a burst of files would
keep every other call waiting, the starts of documents included, which have to be over in time."""

_DURABLE_LINKS = ("statusQueryGetUri", "sendEventPostUri")
"""Links to the durable API that users need; links that stop or delete are for operators only."""
_REFUSED_AT_ONCE = frozenset({ErrorCode.UNSUPPORTED_TYPE, ErrorCode.EMPTY_FILE})
"""Refusals that are answered at once; all others end in quarantine, as for an uploaded blob."""


class LinkingOrchestrations(Orchestrations, Protocol):
    """A durable client that also returns links to its management API."""

    def get_client_response_links(
        self, request: func.HttpRequest | None, instance_id: str
    ) -> dict[str, str]:
        """Return the URLs of an instance in the management API."""


@dataclass(frozen=True)
class Submission:
    """A file that was submitted by HTTP."""

    name: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        """Return the digest of the file in hex."""
        return hashlib.sha256(self.content).hexdigest()


@route("POST", "documents")
async def submit_document(
    req: func.HttpRequest, *, clients: Clients, client: LinkingOrchestrations
) -> func.HttpResponse:
    """Store a file in `incoming`, keep a copy for its document, and start the document.

    The copy is made before the answer, so that an upload that was answered with 202 keeps its
    bytes, even if another file of the same name follows at once. The blob trigger leaves such an
    upload alone. If the app fails before the answer, a repeated request gets the same document.
    """
    submission = read_submission(req, most_bytes=clients.settings.max_upload_bytes)
    repeatable = idempotency_key(req)
    key = receipt_key(submission.name, submission.sha256, repeatable)
    take = partial(copy_context().run, _take, submission, key, clients)
    request = await asyncio.get_running_loop().run_in_executor(_TAKING, take)
    if await start_document(request, clients=clients, client=client):
        log_event("document_started", document_id=request.document_id, via="http")
    if repeatable is None:
        await asyncio.to_thread(Receipts(clients.store, clients.clock).settle, key)
    return _accepted(req, request, client)


def read_submission(req: func.HttpRequest, *, most_bytes: int) -> Submission:
    """Return the file of a request: the part `file` of a form, or the body with `?name=`.

    Raises:
        RequestError: the file is missing, empty or too large, or the form or its encoding is
            broken.
    """
    body = file_body(req, most_bytes=most_bytes)
    file = form_file(req, body) if is_form(req) else FormFile("", body)
    if len(file.content) > most_bytes:
        raise too_large(most_bytes)
    if not file.content:
        raise RequestError(ErrorCode.EMPTY_FILE, "file: is empty")
    return Submission(blob_name(req.params.get("name") or file.name), file.content)


def _take(submission: Submission, key: str, clients: Clients) -> DocumentRequest:
    """Store a file and return the request of its document, or of the one that was stored before."""
    receipts = Receipts(clients.store, clients.clock)
    earlier = receipts.find(key)
    if earlier is None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "upload"
            file.write_bytes(submission.content)
            found = clients.parser.inspect(file)
            if isinstance(found, FileRefusal) and found.code in _REFUSED_AT_ONCE:
                raise RequestError(found.code, found.message)
            staged = StagedFile(clients.store, file, found.content_type)
        try:
            request = _keep(staged, submission.name, key, clients)
        finally:
            staged.discard()
        own = Receipt(request=request, sha256=submission.sha256)
        earlier = receipts.keep(key, own)
        if earlier.request.document_id == request.document_id:
            return request
        # A request that repeats this one was faster; what was just stored gets no document.
        mark_started(clients.store, request.document_id, same_as=earlier.request.document_id)
    return _repeated(earlier, submission)


def _keep(staged: StagedFile, name: str, key: str, clients: Clients) -> DocumentRequest:
    request = first_attempt(
        staged.put_in(name, key),
        received_at=clients.clock.now(),
        via="http",
        flow=clients.settings.flow(),
        kept=True,
    )
    staged.keep_for(request.document_id)
    return request


def _repeated(earlier: Receipt, submission: Submission) -> DocumentRequest:
    """Return the request of an earlier upload if this one is the same.

    Raises:
        RequestError: the sender used one key for different uploads.
    """
    known = earlier.sha256 in (None, submission.sha256)
    if not known or earlier.request.source.name != submission.name:
        raise RequestError(
            ErrorCode.IDEMPOTENCY_KEY_REUSED,
            f"{IDEMPOTENCY_HEADER}: another file or another name was sent with this key.",
        )
    return earlier.request


def _accepted(
    req: func.HttpRequest, request: DocumentRequest, client: LinkingOrchestrations
) -> func.HttpResponse:
    links = _all_links(req, request.document_id, client)
    body = {
        "id": request.document_id,
        "name": request.source.name,
        "attempt": request.attempt,
        "links": links,
    }
    headers = {"Location": links["self"], "Retry-After": "2"}
    return json_response(body, status=HTTPStatus.ACCEPTED, headers=headers)


def _all_links(
    req: func.HttpRequest, identifier: str, client: LinkingOrchestrations
) -> dict[str, str]:
    durable = client.get_client_response_links(req, identifier)
    named = {name: _without_key(durable[name]) for name in _DURABLE_LINKS if name in durable}
    event = named.get("sendEventPostUri")
    exact = {"sendDecisionPostUri": event.replace("{eventName}", APPROVAL_EVENT)} if event else {}
    return {**links_to(identifier, base_url(req)), **named, **exact}


def _without_key(address: str) -> str:
    """Return a URL of the durable API without its key, which gives access to every instance."""
    parts = urlsplit(address)
    kept = [part for part in parts.query.split("&") if not part.startswith("code=")]
    return urlunsplit(parts._replace(query="&".join(kept)))


@route("GET", "documents")
async def list_documents(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """List the documents that match the query."""
    query = IndexQuery(
        status=choice(req, "status", Status),
        urgency=choice(req, "urgency", UrgencyLevel),
        name=known_name(req, "name"),
        review=yes_or_no(req, "review"),
        limit=whole_number(req, "limit", default=DEFAULT_LIMIT, most=MOST_LISTED),
        continuation=req.params.get("continuation") or None,
    )
    page = await read_in_thread(clients.index.list, query)
    base = base_url(req)
    documents = [
        document_view(entry, links=links_to(entry.document_id, base)).dump()
        for entry in page.entries
    ]
    return json_response({"documents": documents, "continuation": page.continuation})


@route("GET", "documents/{id}")
async def get_document(
    req: func.HttpRequest, *, clients: Clients, client: LinkingOrchestrations
) -> func.HttpResponse:
    """Return one document with its current status."""
    identifier = document_id(req)
    current = await find_current(clients, client, identifier)
    result = preview = None
    ignored: list[str] = []
    if current.entry.status.ended:
        result = await read_in_thread(read_result, clients.store, identifier)
    elif current.entry.status is Status.WAITING:
        preview = await read_in_thread(read_preview, clients.store, identifier)
        ignored = await misnamed_events(client, identifier)
    view = document_detail(
        current.entry,
        links=_all_links(req, identifier, client),
        pages=current.pages,
        preview=preview,
        attachments=await read_in_thread(read_attachments, clients.store, identifier, result),
        result=result,
        ignored_events=ignored,
    )
    return json_response(view.dump())


@route("GET", "documents/{id}/result")
async def get_result(
    req: func.HttpRequest, *, clients: Clients, client: LinkingOrchestrations
) -> func.HttpResponse:
    """Return the result record of a document."""
    identifier = document_id(req)
    result = await read_in_thread(read_result, clients.store, identifier)
    if result is None:
        current = await find_current(clients, client, identifier)
        raise NotFoundError(_why_no_result(current.entry))
    return json_response(result)


def _why_no_result(entry: IndexEntry) -> str:
    if not entry.status.ended:
        return f"There is no result yet: the document is {entry.status.value}."
    stopped = f" ({entry.error_code})" if entry.error_code else ""
    return f"There is no result: the document is {entry.status.value}{stopped}."


def read_preview(store: BlobStore, identifier: str) -> dict[str, Any] | None:
    """Return the summary for the reviewer, or None if there is none yet."""
    summary = WorkFolder(store, identifier).read(SUMMARY)
    if summary is None:
        return None
    shown = {"title", "language", "document_type", "bullets", "actions"}
    return summary.answer.model_dump(mode="json", by_alias=True, include=shown)


def read_attachments(
    store: BlobStore, identifier: str, result: Mapping[str, Any] | None
) -> list[Attached]:
    """Return the attachments of a mail, from its record or, before its end, from `work`."""
    if result is not None:
        listed = result.get("attachments", [])
        return [Attached(name=each["name"], document_id=each["documentId"]) for each in listed]
    unpacked = WorkFolder(store, identifier).read(ATTACHMENTS)
    return unpacked.attachments if unpacked else []


def read_result(store: BlobStore, identifier: str) -> dict[str, Any] | None:
    """Return the result record of a document, or None if there is none."""
    content = store.read(Container.RESULTS, RECORD.format(document_id=identifier))
    if content is None:
        return None
    result: dict[str, Any] = json.loads(content)
    return result


@route("POST", "documents/{id}/reprocess", takes_json=True)
async def reprocess_document(
    req: func.HttpRequest, *, clients: Clients, client: LinkingOrchestrations
) -> func.HttpResponse:
    """Start the next attempt at a document."""
    request = await start_next_attempt(document_id(req), clients=clients, client=client)
    log_event("document_started", document_id=request.document_id, via="reprocess")
    return _accepted(req, request, client)
