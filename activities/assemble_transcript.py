"""Assemble the transcript: the texts of all pages in page order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from activities import activity
from docflow.clients import Clients
from docflow.errors import ErrorCode
from docflow.models.pages import PageText, Transcript, TranscriptRequest
from docflow.models.states import PageMethod
from docflow.policy.page_sets import group_by_size, parse_pages
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
    pages = sorted(
        (*work.read_pages(TEXT_LAYER), *_scanned(request, work)), key=lambda page: page.number
    )
    work.write_pages(TRANSCRIPT, pages)

    limit = request.part_characters
    failed = sum(1 for page in pages if page.method is PageMethod.FAILED)
    unread = sum(1 for page in pages if page.unread)
    return Transcript(
        pages=len(pages),
        pages_read=len(pages) - failed - unread,
        pages_failed=failed,
        pages_unread=unread,
        ocr_pages=sum(1 for page in pages if page.recognized),
        wasted_pages=work.wasted_pages(),
        cached_pages=sum(1 for page in pages if page.cached),
        characters=sum(len(page.text) for page in pages),
        characters_unread=sum(max(0, len(page.text) - limit) for page in pages),
        parts=group_by_size([(page.number, len(page.text)) for page in pages], limit),
    )


def _scanned(request: TranscriptRequest, work: WorkFolder) -> list[PageText]:
    """Return the pages that were sent to OCR, including those that failed."""
    errors = {failure.page: f"{failure.code}: {failure.message}" for failure in request.failures}
    stored = work.read(OCR_REASONS)
    reasons = stored.reasons if stored else {}

    def pages(number: int) -> list[PageText]:
        if number in errors:
            return [_failed(number, errors[number])]
        return _recognized(work, number, reasons.get(number, ""))

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
