"""Read the text layer of every page and prepare the pages that need OCR."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from activities import activity
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.models.documents import Failure
from docflow.models.pages import OcrReasons, PreparationRequest, PreparedPages
from docflow.models.states import PageMethod
from docflow.policy.page_sets import format_pages
from docflow.ports import FileRefusal
from docflow.work.artefacts import OCR_REASONS, TEXT_LAYER
from docflow.work.folder import WorkFolder
from docflow.work.page_file import write_page_file
from docflow.work.parse_attempts import parse_or_defer


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
        work.write_pages(TEXT_LAYER, split.texts)
        reasons = {page.number: page.reason for page in split.ocr}
        layers = {page.number: page.layer for page in split.ocr if page.layer is not None}
        work.write(OCR_REASONS, OcrReasons(reasons=reasons, layers=layers))
        if split.ocr:
            pages = folder / "pages-for-ocr"
            write_page_file({page.number: page.file for page in split.ocr}, pages)
            work.write_pages_for_ocr(pages)

    methods = Counter(page.method for page in split.texts)
    return PreparedPages(
        pages=len(split.texts) + len(split.ocr),
        ocr=format_pages(page.number for page in split.ocr),
        text_layer=methods[PageMethod.TEXT_LAYER],
        empty=methods[PageMethod.EMPTY],
        failed=methods[PageMethod.FAILED],
    )
