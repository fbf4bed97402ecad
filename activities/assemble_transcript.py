"""Joins the texts of all pages, however each was read, in page order."""

from __future__ import annotations

import azure.durable_functions as df

from docflow.artefacts import WorkFolder
from docflow.boundary import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.models import PageMethod, PageText, Transcript, TranscriptRequest
from docflow.pages import group_by_size, parse_pages

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def assemble_transcript(payload: dict) -> dict:
    """Activity: see `assemble`."""
    return perform(Activity.ASSEMBLE_TRANSCRIPT, payload, TranscriptRequest, assemble)


def assemble(request: TranscriptRequest, clients: Clients) -> Transcript:
    """Write the transcript and describe it by counts.

    Running it twice is safe: it reads what earlier steps left and overwrites its own result.
    """
    work = WorkFolder(clients.store, request.document_id)
    errors = {failure.page: f"{failure.code}: {failure.message}" for failure in request.failures}
    reasons = work.read_ocr_reasons()
    recognized = [
        page
        for number in parse_pages(request.ocr)
        for page in (
            [_failed(number, errors[number])]
            if number in errors
            else _recognized(work, number, reasons.get(number, ""))
        )
    ]
    pages = sorted((*work.read_text_layer(), *recognized), key=lambda page: page.number)
    work.write_transcript(pages)

    limit = request.part_characters
    failed = sum(1 for page in pages if page.method is PageMethod.FAILED)
    return Transcript(
        pages=len(pages),
        pages_read=len(pages) - failed,
        pages_failed=failed,
        characters=sum(len(page.text) for page in pages),
        characters_unread=sum(max(0, len(page.text) - limit) for page in pages),
        parts=group_by_size([(page.number, len(page.text)) for page in pages], limit),
        ocr_pages=sum(1 for page in pages if page.recognized),
    )


def _recognized(work: WorkFolder, number: int, reason: str) -> list[PageText]:
    """Read a page that went through OCR, and those that came with it."""
    page = _read(work, number, reason)
    further = range(number + 1, number + 1 + page.further_pages)
    return [page, *(_read(work, each, reason) for each in further)]


def _read(work: WorkFolder, number: int, reason: str) -> PageText:
    """Read one page.

    Its words with their boxes stay in the page's own blob: most readers want the text alone.
    """
    page = work.read_page(number)
    if page is None:
        return _failed(number, "ARTEFACT_MISSING: its text is gone")
    return page.model_copy(update={"words": [], "reason": reason or page.reason})


def _failed(number: int, error: str) -> PageText:
    return PageText(
        number=number, method=PageMethod.FAILED, reason="could not be read", error=error
    )
