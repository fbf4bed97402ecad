"""Assemble the transcript: the texts of all pages in page order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from activities import activity
from docflow.clients import Clients
from docflow.errors import ErrorCode
from docflow.models.pages import PageText, Transcript, TranscriptRequest
from docflow.models.states import PageMethod
from docflow.policy.page_counts import is_missing
from docflow.policy.page_sets import group_by_size, parse_pages
from docflow.policy.page_texts import unite
from docflow.work.artefacts import OCR_REASONS, PAGE, TEXT_LAYER, TRANSCRIPT
from docflow.work.folder import WorkFolder

READS_AT_ONCE = 8
"""Pages read from storage in parallel; a long document has thousands."""


@activity
def assemble_transcript(request: TranscriptRequest, clients: Clients) -> Transcript:
    """Store the transcript and return counts over it.

    Running it twice is safe: it reads artefacts of earlier steps and overwrites its own result.
    """
    work = WorkFolder(clients.store, request.document_id)
    scanned = _scanned(request, work)
    pages = sorted((*work.read_pages(TEXT_LAYER), *scanned), key=lambda page: page.number)
    work.write_pages(TRANSCRIPT, pages)

    limit = request.part_characters
    failed = sum(1 for page in pages if page.method is PageMethod.FAILED)
    unread = sum(1 for page in pages if page.unread)
    return Transcript(
        pages=len(pages),
        pages_read=len(pages) - failed - unread,
        pages_failed=failed,
        pages_unread=unread,
        pages_missing=sum(1 for page in pages if is_missing(page)),
        layer_pages=sum(1 for page in scanned if page.method is PageMethod.TEXT_LAYER),
        ocr_pages=sum(1 for page in pages if page.recognized),
        wasted_pages=work.wasted_pages(),
        cached_pages=sum(1 for page in pages if page.cached),
        characters=sum(len(page.text) for page in pages),
        characters_unread=sum(max(0, len(page.text) - limit) for page in pages),
        parts=group_by_size([(page.number, len(page.text)) for page in pages], limit),
    )


def _scanned(request: TranscriptRequest, work: WorkFolder) -> list[PageText]:
    """Return the pages that were sent to OCR, with what could be read of them without it."""
    errors = {failure.page: f"{failure.code}: {failure.message}" for failure in request.failures}
    stored = work.read(OCR_REASONS)
    reasons, layers = (stored.reasons, stored.layers) if stored else ({}, {})

    def pages(number: int) -> list[PageText]:
        reason = reasons.get(number, "")
        if number in errors:
            first, *further = [_failed(number, errors[number])]
        else:
            first, *further = _recognized(work, number, reason)
        return [unite(first, layers.get(number)), *further]

    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        found = pool.map(pages, parse_pages(request.ocr))
        return [page for several in found for page in several]


def _recognized(work: WorkFolder, number: int, reason: str) -> list[PageText]:
    """Return a page that OCR has read, and the further pages of the same answer."""
    page = _read(work, number, reason)
    further = range(number + 1, number + 1 + page.further_pages)
    return [page, *(_read(work, each, reason) for each in further)]


def _read(work: WorkFolder, number: int, reason: str) -> PageText:
    """Return one page without its words.

    The words with their boxes stay in the page's own blob, because most readers need only the text.
    """
    page = work.read(PAGE, page=number)
    if page is None:
        return _failed(number, f"{ErrorCode.ARTEFACT_MISSING}: the text of the page is gone")
    why = [reason or page.reason, "read before" if page.cached else ""]
    return page.model_copy(update={"words": [], "reason": "; ".join(filter(None, why))})


def _failed(number: int, error: str) -> PageText:
    return PageText(
        number=number, method=PageMethod.FAILED, reason="could not be read", error=error
    )
