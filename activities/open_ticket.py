"""Opens the issue for an urgent document."""

from __future__ import annotations

import re

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity, ticket_label_for
from docflow.llm.calls import DOCUMENT_SUMMARY, StoredSummary
from docflow.models.delivery import Closing, Ticket
from docflow.ports import TicketDraft
from docflow.work.folder import WorkFolder

blueprint = df.Blueprint()

_WIKI_MARKUP = re.compile(r"([{}\[\]|!*_^~+?-])")


@blueprint.activity_trigger(input_name="payload")
def open_ticket(payload: dict) -> dict:
    """Activity: see `open_for`."""
    return perform(Activity.OPEN_TICKET, payload, Closing, open_for)


def open_for(closing: Closing, clients: Clients) -> Ticket:
    """Open an issue that carries the document's label, and remember it.

    Running it twice is safe: the ticket desk looks for the label before it opens a new issue, so a
    repeated call, also one after a lost answer, finds the first one.
    """
    work = WorkFolder(clients.store, closing.document_id)
    ticket = work.read_ticket()
    if ticket is None:
        ticket = clients.tickets.open(_draft(closing, work, clients.settings.public_base_url))
        work.write_ticket(ticket)
    return ticket


def _draft(closing: Closing, work: WorkFolder, base: str) -> TicketDraft:
    summary = work.require(DOCUMENT_SUMMARY, StoredSummary).answer
    decision = closing.review.decision if closing.review else None
    statements = (
        decision.summary
        if decision and decision.summary
        else [f"{bullet.text} (page {bullet.page})" for bullet in summary.bullets]
    )
    lines = [f"* {_plain(statement)}" for statement in statements]
    lines += ["", f"Document: {base}/api/documents/{closing.document_id}"]
    return TicketDraft(
        label=ticket_label_for(closing.document_id),
        title=_one_line(summary.title or closing.request.source.name, 200),
        description="\n".join(lines),
        urgent=True,
    )


def _plain(text: str) -> str:
    """Escape the ticket desk's wiki markup in text that came from a document.

    A backslash is written as an entity: two of them would be a line break, and one before an escape
    would undo it.
    """
    line = _one_line(text, 1_000).replace("\\", "&#92;")
    return _WIKI_MARKUP.sub(r"\\\1", line)


def _one_line(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest]
