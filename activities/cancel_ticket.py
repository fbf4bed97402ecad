"""Undo `open_ticket` (compensation)."""

from __future__ import annotations

from datetime import timedelta

from activities import activity
from docflow.clients import Clients
from docflow.contracts import ticket_label_for, ticket_search_for
from docflow.errors import DocflowError, ErrorCode, PermanentError, TransientError
from docflow.models.delivery import CompensationRequest, TicketIntent
from docflow.models.payloads import Done
from docflow.policy.ticket_looks import pause_before_look
from docflow.work.artefacts import TICKET, TICKET_INTENT
from docflow.work.folder import WorkFolder


@activity
def cancel_ticket(request: CompensationRequest, clients: Clients) -> Done:
    """Cancel the document's issue, if there is one.

    An issue whose key is known needs no search. If there may be one without a known key, the search
    is asked until it must show the issue; that it shows none does not prove that there is none, so
    the step is refused then.

    Running it twice is safe: a cancelled issue stays cancelled.
    """
    work = WorkFolder(clients.store, request.document_id)
    reason = f"The delivery of the document was undone ({request.reason})."
    ticket, intent = work.read(TICKET), work.read(TICKET_INTENT)
    if ticket is not None:
        clients.tickets.cancel_issue(ticket.key, reason=reason)
    if ticket is None or (intent is not None and intent.times > 1):
        found = clients.tickets.cancel(ticket_label_for(request.document_id), reason=reason)
        if ticket is None and intent is not None and not found:
            raise _not_found(request.document_id, intent, clients)
    return Done()


def _not_found(document_id: str, intent: TicketIntent, clients: Clients) -> DocflowError:
    lag = timedelta(seconds=clients.settings.jira_search_lag_seconds)
    pause = pause_before_look(intent.asked_at, clients.clock.now(), lag)
    if pause is not None:
        return TransientError(
            ErrorCode.TICKETS_UNAVAILABLE,
            "An issue may have been opened, but the search of Jira does not show it yet; it is "
            "looked for again.",
            retry_after_seconds=pause.total_seconds(),
        )
    return PermanentError(
        ErrorCode.TICKET_IN_DOUBT,
        "Jira did not say whether it opened an issue, and its search shows none: search for "
        f"{ticket_search_for(document_id)} later, and close the issue if there is one.",
    )
