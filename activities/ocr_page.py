"""Send one page to OCR."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.errors import ErrorCode, PermanentError, WastedPageError
from docflow.models.pages import PageFailure, PageRead, PageRequest, PageText
from docflow.models.states import PageMethod
from docflow.policy.page_breaks import cut
from docflow.policy.page_counts import count_missing, missing_pages
from docflow.telemetry import ocr_pages_total
from docflow.work.artefacts import OCR_REASONS, PAGE, WASTED_TRIES
from docflow.work.folder import WorkFolder


@activity
def ocr_page(request: PageRequest, clients: Clients) -> PageRead:
    """Read one page with OCR and store its text; for a document without pages, all its text.

    If OCR rejects the page, that is a result; if OCR is busy or down, an error is raised. Running
    it twice is safe and costs nothing: if the text is stored, the page is not sent again.
    """
    work = WorkFolder(clients.store, request.document_id)
    page = work.read(PAGE, page=request.page)
    if page is None:
        content = work.read_page_for_ocr(request.page)
        try:
            read_now = _recognize(content, request.page, clients, work)
        except WastedPageError:
            ocr_pages_total.add(1)
            work.count(WASTED_TRIES, page=request.page)
            raise
        page, *further = _pages_of(read_now, work)
        # The requested page is stored last: if it is stored, the further pages are too.
        for each in (*further, page):
            work.write(PAGE, each, page=each.number)
    if page.method is PageMethod.FAILED:
        failure = PageFailure(
            page=request.page, code=ErrorCode.OCR_PAGE_REJECTED, message=page.error or ""
        )
        return PageRead(page=request.page, failure=failure)
    return PageRead(page=request.page)


def _pages_of(answer: PageText, work: WorkFolder) -> list[PageText]:
    """Return the pages of an answer, and the pages of the file that it lacks."""
    pages = cut(answer)
    missing = _missing(answer, work)
    if missing:
        pages += missing_pages(pages[-1].number, missing)
        pages[0] = pages[0].model_copy(update={"further_pages": len(pages) - 1})
    return pages


def _missing(answer: PageText, work: WorkFolder) -> int:
    """Return how many pages of a file that was sent as a whole its answer lacks."""
    if not answer.whole and answer.method is not PageMethod.EMPTY:
        return 0
    reasons = work.read(OCR_REASONS)
    return count_missing(answer, reasons.extent) if reasons else 0


def _recognize(content: bytes, number: int, clients: Clients, work: WorkFolder) -> PageText:
    try:
        page = clients.ocr.read_page(content, number=number)
        if page.cached and _missing(page, work):
            # It is not final: with another tier the service may read all of the file.
            page = clients.ocr.read_page(content, number=number, again=True)
    except PermanentError as error:
        if error.code != ErrorCode.OCR_PAGE_REJECTED:
            raise
        return PageText(
            number=number,
            method=PageMethod.FAILED,
            reason="rejected by OCR",
            error=error.message,
        )
    if page.cached:
        return page
    ocr_pages_total.add(1 + page.text.count("\f") if page.whole else 1)
    return page.model_copy(update={"recognized": True})
