"""Open the issue for an urgent document."""

from __future__ import annotations

import re
from datetime import timedelta
from unicodedata import category

from activities import activity
from docflow.clients import Clients
from docflow.contracts import ticket_label_for
from docflow.errors import DocflowError, ErrorCode, InDoubtError, TransientError
from docflow.models.delivery import TicketIntent
from docflow.models.facts import DocumentFacts, Ticket
from docflow.models.outputs import BulletAnswer
from docflow.policy.shown_text import shown_on_one_line
from docflow.policy.ticket_looks import pause_before_look
from docflow.ports import TicketDraft
from docflow.work.artefacts import SUMMARY, TICKET, TICKET_INTENT
from docflow.work.folder import WorkFolder

_WIKI_MARKUP = re.compile(r"([{}\[\]|!*_^~+?-])")


@activity
def open_ticket(facts: DocumentFacts, clients: Clients) -> Ticket:
    """Open an issue with the document's label, and store its key.

    Running it twice is safe: a stored key is the answer. Before an issue is opened, the intent is
    stored. Whoever finds an intent without a key looks for the issue by its label, and opens one
    only when the search, which may be minutes behind, must show what an earlier try has opened.
    """
    work = WorkFolder(clients.store, facts.document_id)
    ticket = work.read(TICKET)
    if ticket is None:
        ticket = _find_or_open(_draft(facts, work, clients.settings.public_base_url), work, clients)
        work.write(TICKET, ticket)
    return ticket


def _find_or_open(draft: TicketDraft, work: WorkFolder, clients: Clients) -> Ticket:
    now = clients.clock.now()
    intent = TicketIntent(asked_at=now)
    if work.write_new(TICKET_INTENT, intent):
        return _open(draft, None, work, clients)
    before = work.read(TICKET_INTENT) or intent
    found = clients.tickets.find(draft.label)
    if found is not None:
        return found
    lag = timedelta(seconds=clients.settings.jira_search_lag_seconds)
    pause = pause_before_look(before.asked_at, now, lag)
    if pause is not None:
        raise TransientError(
            ErrorCode.TICKETS_UNAVAILABLE,
            "An issue may have been opened, but the search of Jira does not show it yet; it is "
            "looked for again.",
            retry_after_seconds=pause.total_seconds(),
        )
    work.write(TICKET_INTENT, TicketIntent(asked_at=now, times=before.times + 1))
    return _open(draft, before, work, clients)


def _open(
    draft: TicketDraft, before: TicketIntent | None, work: WorkFolder, clients: Clients
) -> Ticket:
    """Open the issue; if it surely was not opened, restore the intent of before."""
    try:
        return clients.tickets.open(draft)
    except InDoubtError:
        raise
    except DocflowError:
        if before is None:
            work.forget(TICKET_INTENT)
        else:
            work.write(TICKET_INTENT, before)
        raise


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
        title=_title(summary.title, facts.request.source.name, f"Document {facts.document_id}"),
        description="\n".join(lines),
        urgent=True,
    )


def _title(*candidates: str) -> str:
    """Return the first text in which there is something to see, as one line."""
    return _one_line(next(filter(_is_visible, candidates)), 200)


def _is_visible(text: str) -> bool:
    return any(category(character)[0] in "LNPS" for character in text)


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
    return shown_on_one_line(text)[:longest]
