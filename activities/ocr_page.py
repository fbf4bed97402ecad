"""Sends one page to OCR."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.errors import ErrorCode, PermanentError, WastedPageError
from docflow.models.pages import PageFailure, PageRead, PageRequest, PageText
from docflow.models.states import PageMethod
from docflow.policy.page_breaks import cut
from docflow.telemetry import ocr_pages_total
from docflow.work.folder import WorkFolder

blueprint = df.Blueprint()

"""The service took the request and said that this page cannot be read."""


@blueprint.activity_trigger(input_name="payload")
def ocr_page(payload: dict) -> dict:
    """Activity: see `read`."""
    return perform(Activity.OCR_PAGE, payload, PageRequest, read)


def read(request: PageRequest, clients: Clients) -> PageRead:
    """Recognize one page and store its text; of a document read as a whole, all its pages.

    A page that the service rejects is a result; a service that is busy or away is raised. Running
    it twice is safe and costs nothing: a page that was read before is not sent again.
    """
    work = WorkFolder(clients.store, request.document_id)
    page = work.read_page(request.page)
    if page is None:
        content = work.read_page_for_ocr(request.page)
        try:
            read_now = _recognize(content, request.page, clients)
        except WastedPageError:
            ocr_pages_total.add(1)
            work.count_wasted_page(request.page)
            raise
        page, *further = cut(read_now)
        # The page that was asked for comes last: where it is stored, all are.
        for each in (*further, page):
            work.write_page(each)
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
