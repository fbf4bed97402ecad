"""Open the issue for an urgent document."""

from __future__ import annotations

import re

from activities import activity
from docflow.clients import Clients
from docflow.contracts import ticket_label_for
from docflow.models.facts import DocumentFacts, Ticket
from docflow.models.outputs import BulletAnswer
from docflow.ports import TicketDraft
from docflow.work.artefacts import SUMMARY, TICKET
from docflow.work.folder import WorkFolder

_WIKI_MARKUP = re.compile(r"([{}\[\]|!*_^~+?-])")


@activity
def open_ticket(facts: DocumentFacts, clients: Clients) -> Ticket:
    """Open an issue with the document's label, and store it.

    Running it twice is safe: the ticket desk searches for the label before it opens an issue. So a
    repeated call finds the first issue, even if the answer to the first call was lost.
    """
    work = WorkFolder(clients.store, facts.document_id)
    ticket = work.read(TICKET)
    if ticket is None:
        ticket = clients.tickets.open(_draft(facts, work, clients.settings.public_base_url))
        work.write(TICKET, ticket)
    return ticket


def _draft(facts: DocumentFacts, work: WorkFolder, base: str) -> TicketDraft:
    summary = work.require(SUMMARY).answer
    decision = facts.review.decision if facts.review else None
    statements = (
        decision.summary
        if decision and decision.summary
        else [_with_page(bullet) for bullet in summary.bullets]
    )
    lines = [f"* {_plain(statement)}" for statement in statements]
    lines += ["", f"Document: {base}/api/documents/{facts.document_id}"]
    return TicketDraft(
        label=ticket_label_for(facts.document_id),
        title=_one_line(summary.title or facts.request.source.name, 200),
        description="\n".join(lines),
        urgent=True,
    )


def _with_page(bullet: BulletAnswer) -> str:
    return f"{bullet.text} (page {bullet.page})" if bullet.page else bullet.text


def _plain(text: str) -> str:
    """Return text from a document with the wiki markup of the ticket desk escaped.

    A backslash becomes an entity: two of them would be a line break, and one before an escaped
    character would cancel the escape.
    """
    line = _one_line(text, 1_000).replace("\\", "&#92;")
    return _WIKI_MARKUP.sub(r"\\\1", line)


def _one_line(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest]
