"""Update the entry of a document in the document index."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.models.index import IndexEntry
from docflow.models.payloads import Done
from docflow.policy.cost import estimate_cost
from docflow.work.artefacts import SUMMARY
from docflow.work.folder import WorkFolder


@activity
def update_index(entry: IndexEntry, clients: Clients) -> Done:
    """Store the document's entry, with its title and its cost so far.

    Running it twice is safe: entries have a sequence number, and a late duplicate never replaces a
    newer entry.
    """
    work = WorkFolder(clients.store, entry.document_id)
    summary = work.read(SUMMARY)
    cost = estimate_cost(
        work.read_usage(),
        clients.settings.prices(),
        ocr_pages=entry.ocr_pages or 0,
        ocr_pages_saved=entry.ocr_pages_saved,
    )
    found = {
        "title": summary.answer.title if summary else None,
        **cost.model_dump(exclude={"ocr_pages", "ocr_pages_saved"}),
    }
    clients.index.put(entry.model_copy(update=found))
    return Done()
