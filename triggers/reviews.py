"""The reviews API: list the documents that wait for a decision, and decide about one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from http import HTTPStatus

import azure.functions as func
from pydantic import ValidationError

from docflow.clients import Clients
from docflow.contracts import APPROVAL_EVENT
from docflow.errors import ConflictError, ErrorCode
from docflow.models.index import IndexEntry
from docflow.models.reviews import ApprovalDecision, StoredDecision
from docflow.models.states import Status
from docflow.ports import IndexQuery
from docflow.work.artefacts import DECISION
from docflow.work.folder import WorkFolder
from triggers.bodies import json_body
from triggers.index_entries import every_entry
from triggers.intake import Orchestrations, durable_failures
from triggers.lookup import find_current, misnamed_events
from triggers.parameters import document_id, whole_number
from triggers.problems import RequestError
from triggers.registry import route
from triggers.responses import base_url, json_response
from triggers.threads import read_in_thread
from triggers.views import links_to, waiting_views

DEFAULT_LIMIT = 200
MOST_LISTED = 1_000

_PRINCIPAL_HEADER = "X-MS-CLIENT-PRINCIPAL-NAME"
"""Set by App Service Authentication, which removes it from incoming requests. Where it is off,
any caller could send it."""


@route("GET", "reviews")
async def list_reviews(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """List the documents that wait for a decision."""
    limit = whole_number(req, "limit", default=DEFAULT_LIMIT, most=MOST_LISTED)
    query = IndexQuery(status=Status.WAITING, limit=MOST_LISTED)
    waiting = await read_in_thread(lambda: list(every_entry(clients.index, query)))
    reviews = [view.dump() for view in waiting_views(waiting, base_url(req))[:limit]]
    return json_response({"reviews": reviews, "waiting": len(waiting)})


@route("POST", "reviews/{id}", takes_json=True)
async def decide_review(
    req: func.HttpRequest, *, clients: Clients, client: Orchestrations
) -> func.HttpResponse:
    """Store a decision, then send the event to the orchestration.

    The first stored decision counts. It is stored before the event is sent, so that a lost event
    loses no decision. The answer names events that came before and decided nothing.
    """
    identifier = document_id(req)
    folder = WorkFolder(clients.store, identifier)
    current = await find_current(clients, client, identifier)
    decision = read_decision(req, signed_in=clients.platform.signs_users_in)
    _refuse_unless_waiting(current.entry, clients.clock.now())
    stored = StoredDecision(decision=decision, decided_at=clients.clock.now(), via="api")
    if not await asyncio.to_thread(folder.write_new, DECISION, stored):
        await _refuse_second(folder, identifier, client)
    await _tell(decision, identifier, client)
    ignored = await misnamed_events(client, identifier)
    body = {
        "id": identifier,
        "approved": decision.approved,
        "decidedAt": stored.decided_at.isoformat(),
        "ignoredEvents": ignored,
        "links": links_to(identifier, base_url(req)),
    }
    return json_response(body, status=HTTPStatus.ACCEPTED)


def read_decision(req: func.HttpRequest, *, signed_in: bool) -> ApprovalDecision:
    """Return the decision in the body; if it names no reviewer, the reviewer is the user.

    Args:
        req: the request.
        signed_in: whether the platform has signed the user in, so that it names the user.

    Raises:
        RequestError: the body is not a valid decision.
    """
    try:
        decision = ApprovalDecision.model_validate_json(json_body(req))
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise RequestError(ErrorCode.INVALID_DECISION, "; ".join(problems)) from None
    principal = req.headers.get(_PRINCIPAL_HEADER, "")[:200] if signed_in else ""
    if decision.reviewer or not principal:
        return decision
    return decision.model_copy(update={"reviewer": principal})


def _refuse_unless_waiting(entry: IndexEntry, now: datetime) -> None:
    if entry.status is Status.EXPIRED:
        raise _expired()
    if entry.decided is not None:
        raise _decided_already()
    if entry.status is not Status.WAITING:
        raise ConflictError(
            ErrorCode.NOT_WAITING,
            f"The document does not wait for a decision. Its status is {entry.status.value}.",
        )
    if entry.review_deadline is not None and entry.review_deadline <= now:
        raise _expired()


def _expired() -> ConflictError:
    return ConflictError(
        ErrorCode.REVIEW_EXPIRED, "The time for a decision about this document has expired."
    )


def _decided_already() -> ConflictError:
    return ConflictError(
        ErrorCode.DECIDED_ALREADY, "The document was already decided; the first decision stands."
    )


async def _tell(decision: ApprovalDecision, identifier: str, client: Orchestrations) -> None:
    body = decision.model_dump(mode="json", exclude_none=True)
    with durable_failures():
        await client.raise_event(identifier, APPROVAL_EVENT, body)


async def _refuse_second(folder: WorkFolder, identifier: str, client: Orchestrations) -> None:
    """Refuse a second decision; repeat the event of the first, which may have been lost."""
    first = await asyncio.to_thread(folder.read, DECISION)
    if first is not None and first.decision is None:
        raise _expired()
    if first is not None and first.decision is not None:
        await _tell(first.decision, identifier, client)
    raise _decided_already()
