"""Tells the document index where a document stands."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.models.index import IndexEntry, IndexUpdate, index_sequence
from docflow.models.payloads import Done
from docflow.record.builder import Findings, cost_of, gather_answers, prices_of
from docflow.work.folder import WorkFolder

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def update_index(payload: dict) -> dict:
    """Activity: see `update`."""
    return perform(Activity.UPDATE_INDEX, payload, IndexUpdate, update)


def update(change: IndexUpdate, clients: Clients) -> Done:
    """Write the document's row, with what the model found out so far.

    Running it twice is safe: a row carries its place in the document's life, and a late duplicate
    never replaces a newer one.
    """
    findings = gather_answers(WorkFolder(clients.store, change.document_id))
    clients.index.put(_entry(change, findings, clients))
    return Done()


def _entry(change: IndexUpdate, findings: Findings, clients: Clients) -> IndexEntry:
    request, urgency, route = change.request, change.urgency, change.route
    cost = cost_of(
        findings,
        prices_of(clients.settings),
        ocr_pages=change.ocr_pages or 0,
        ocr_pages_saved=change.ocr_pages_saved,
    )
    return IndexEntry(
        document_id=request.document_id,
        name=request.source.name,
        status=change.status,
        stage=change.stage,
        received_at=request.received_at,
        updated_at=change.updated_at,
        sequence=index_sequence(change.status, change.stage),
        attempt=request.attempt,
        first_document_id=request.first_document_id,
        urgency=urgency.level if urgency else None,
        score=urgency.score if urgency else None,
        review_reasons=route.reasons if route else [],
        review_deadline=change.review_deadline,
        waiting_since=change.waiting_since,
        decided=change.decided,
        pages=change.pages,
        ocr_pages=change.ocr_pages,
        ocr_pages_saved=change.ocr_pages_saved,
        prompt_tokens=cost.prompt_tokens,
        completion_tokens=cost.completion_tokens,
        cached_calls=cost.cached_calls,
        estimated_usd=cost.estimated_usd,
        saved_usd=cost.saved_usd,
        ticket_key=change.ticket_key,
        error_code=change.error_code,
        title=findings.summary.title if findings.summary else None,
        parent=request.source.parent,
    )
