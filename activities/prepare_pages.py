"""Reads the text layer of every page and splits off the pages that need OCR."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import azure.durable_functions as df

from docflow.artefacts import WorkFolder
from docflow.boundary import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.models import PageMethod, PreparationRequest, PreparedPages
from docflow.pages import format_pages
from docflow.ports import PageForOcr

blueprint = df.Blueprint()

UPLOADS_AT_ONCE = 8
"""Pages stored side by side: one by one, a thousand of them would take longer than the split."""


@blueprint.activity_trigger(input_name="payload")
def prepare_pages(payload: dict) -> dict:
    """Activity: see `prepare`."""
    return perform(Activity.PREPARE_PAGES, payload, PreparationRequest, prepare)


def prepare(request: PreparationRequest, clients: Clients) -> PreparedPages:
    """Split the document once, into texts and into pages for OCR.

    The original is downloaded once; only pages that need OCR are stored one by one. Running it
    twice is safe: the same file gives the same pages under the same names.
    """
    work = WorkFolder(clients.store, request.document_id)
    with tempfile.TemporaryDirectory(prefix="docflow-") as name:
        folder = Path(name)
        work.download_source(folder / "source")
        (folder / "pages").mkdir()
        split = clients.parser.split(
            folder / "source",
            content_type=request.content_type,
            into=folder / "pages",
            mode=request.ocr_mode,
        )
        work.write_text_layer(split.texts)
        work.write_ocr_reasons({page.number: page.reason for page in split.ocr})
        _store(split.ocr, work)

    methods = Counter(page.method for page in split.texts)
    return PreparedPages(
        pages=len(split.texts) + len(split.ocr),
        ocr=format_pages(page.number for page in split.ocr),
        text_layer=methods[PageMethod.TEXT_LAYER],
        empty=methods[PageMethod.EMPTY],
        failed=methods[PageMethod.FAILED],
    )


def _store(pages: Sequence[PageForOcr], work: WorkFolder) -> None:
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        stored = [pool.submit(work.write_page_source, page.number, page.file) for page in pages]
        for upload in stored:
            upload.result()
