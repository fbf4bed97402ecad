"""Send one page to OCR."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.errors import ErrorCode, PermanentError, WastedPageError
from docflow.models.pages import PageFailure, PageRead, PageRequest, PageText
from docflow.models.states import PageMethod
from docflow.policy.page_breaks import cut
from docflow.telemetry import ocr_pages_total
from docflow.work.artefacts import PAGE, WASTED_TRIES
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
            read_now = _recognize(content, request.page, clients)
        except WastedPageError:
            ocr_pages_total.add(1)
            work.count(WASTED_TRIES, page=request.page)
            raise
        page, *further = cut(read_now)
        # The requested page is stored last: if it is stored, the further pages are too.
        for each in (*further, page):
            work.write(PAGE, each, page=each.number)
    if page.method is PageMethod.FAILED:
        failure = PageFailure(
            page=request.page, code=ErrorCode.OCR_PAGE_REJECTED, message=page.error or ""
        )
        return PageRead(page=request.page, failure=failure)
    return PageRead(page=request.page)


def _recognize(content: bytes, number: int, clients: Clients) -> PageText:
    try:
        page = clients.ocr.read_page(content, number=number)
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
