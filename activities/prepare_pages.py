"""Read the text layer of every page and prepare the pages that need OCR."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from activities import activity
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.errors import ErrorCode
from docflow.models.documents import Failure
from docflow.models.pages import Extent, OcrReasons, PageText, PreparationRequest, PreparedPages
from docflow.models.states import PageMethod
from docflow.policy.page_sets import format_pages
from docflow.ports import FileRefusal, PageSplit
from docflow.work.artefacts import OCR_REASONS, TEXT_LAYER
from docflow.work.folder import WorkFolder
from docflow.work.page_file import write_page_file
from docflow.work.parse_attempts import parse_or_defer

READ_PAGE_BY_PAGE = frozenset({"application/pdf", "image/tiff"})
"""File types of which the pages are counted when the file is inspected, and again one by one."""


@activity
def prepare_pages(request: PreparationRequest, clients: Clients) -> PreparedPages:
    """Store the texts of pages with a text layer, and the pages for OCR.

    If only this step finds that the file cannot be read (for example a decompression bomb), that is
    a result, not a failure. Running it twice is safe: the same file has the same pages, and they
    are stored with the same names.
    """
    work = WorkFolder(clients.store, request.document_id)
    with tempfile.TemporaryDirectory(prefix="docflow-") as name:
        folder = Path(name)
        work.download_source(folder / "source")
        (folder / "pages").mkdir()
        split = parse_or_defer(
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
        texts = [*split.texts, *_missing(split, request)]
        work.write_pages(TEXT_LAYER, texts)
        reasons = {page.number: page.reason for page in split.ocr}
        extent = next((page.extent for page in split.ocr), Extent())
        layers = {page.number: page.layer for page in split.ocr if page.layer is not None}
        work.write(OCR_REASONS, OcrReasons(reasons=reasons, layers=layers, extent=extent))
        if split.ocr:
            pages = folder / "pages-for-ocr"
            write_page_file({page.number: page.file for page in split.ocr}, pages)
            work.write_pages_for_ocr(pages)

    methods = Counter(page.method for page in texts)
    return PreparedPages(
        pages=len(texts) + len(split.ocr),
        ocr=format_pages(page.number for page in split.ocr),
        text_layer=methods[PageMethod.TEXT_LAYER],
        empty=methods[PageMethod.EMPTY],
        failed=methods[PageMethod.FAILED],
    )


def _missing(split: PageSplit, request: PreparationRequest) -> list[PageText]:
    """Return the pages that the inspection counted and that nobody found, as failed ones."""
    if request.content_type not in READ_PAGE_BY_PAGE:
        return []
    found = {page.number for page in split.texts} | {page.number for page in split.ocr}
    return [
        PageText(
            number=number,
            method=PageMethod.FAILED,
            reason="page is missing",
            error=f"{ErrorCode.PAGE_MISSING}: {ErrorCode.PAGE_MISSING.remedy}",
        )
        for number in range(1, request.pages + 1)
        if number not in found
    ]
