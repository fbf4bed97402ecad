"""Reads the text layer of every page and splits off the pages that need OCR."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.models.documents import Failure
from docflow.models.pages import PreparationRequest, PreparedPages
from docflow.models.states import PageMethod
from docflow.policy.page_sets import format_pages
from docflow.ports import FileRefusal
from docflow.work.folder import WorkFolder
from docflow.work.page_file import write_bundle
from docflow.work.parse_attempts import parse_patiently

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def prepare_pages(payload: dict) -> dict:
    """Activity: see `prepare`."""
    return perform(Activity.PREPARE_PAGES, payload, PreparationRequest, prepare)


def prepare(request: PreparationRequest, clients: Clients) -> PreparedPages:
    """Split the document once, into texts and into pages for OCR.

    The original is downloaded once; only pages that need OCR are split off. A file that only now
    turns out to be unreadable, as bombs do, is a result and not a failure. Running it twice is
    safe: the same file gives the same pages under the same names.
    """
    work = WorkFolder(clients.store, request.document_id)
    with tempfile.TemporaryDirectory(prefix="docflow-") as name:
        folder = Path(name)
        work.download_source(folder / "source")
        (folder / "pages").mkdir()
        split = parse_patiently(
            work,
            Activity.PREPARE_PAGES,
            lambda: clients.parser.split(
                folder / "source",
                content_type=request.content_type,
                into=folder / "pages",
                mode=request.ocr_mode,
            ),
        )
        if isinstance(split, FileRefusal):
            return PreparedPages(pages=0, refused=Failure(code=split.code, message=split.message))
        work.write_text_layer(split.texts)
        work.write_ocr_reasons({page.number: page.reason for page in split.ocr})
        if split.ocr:
            bundle = folder / "bundle"
            write_bundle({page.number: page.file for page in split.ocr}, bundle)
            work.write_pages_for_ocr(bundle)

    methods = Counter(page.method for page in split.texts)
    return PreparedPages(
        pages=len(split.texts) + len(split.ocr),
        ocr=format_pages(page.number for page in split.ocr),
        text_layer=methods[PageMethod.TEXT_LAYER],
        empty=methods[PageMethod.EMPTY],
        failed=methods[PageMethod.FAILED],
    )
