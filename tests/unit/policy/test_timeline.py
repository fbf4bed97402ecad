from __future__ import annotations

from docflow.models.pages import PreparedPages, Transcript
from docflow.policy.timeline import describe_reading


def test_a_page_that_failed_is_counted_once_in_the_timeline() -> None:
    prepared = PreparedPages(pages=4, ocr="2-3", text_layer=1, failed=1)
    transcript = Transcript(pages=4, pages_read=2, pages_failed=2, characters=9)

    assert describe_reading(prepared, transcript) == (
        "1 by text layer, 1 by OCR, 0 empty, 2 failed"
    )
