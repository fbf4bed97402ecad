from __future__ import annotations

from docflow.models.files import Unpacked
from docflow.models.pages import PreparedPages, Transcript
from docflow.policy.timeline import describe_attachments, describe_reading


def test_a_page_that_failed_is_counted_once_in_the_timeline() -> None:
    prepared = PreparedPages(pages=4, ocr="2-3", text_layer=1, failed=1)
    transcript = Transcript(pages=4, pages_read=2, pages_failed=2, characters=9)

    assert describe_reading(prepared, transcript) == (
        "1 by text layer, 1 by OCR, 0 empty, 2 failed"
    )


def test_attachments_that_were_left_out_are_told_in_the_timeline() -> None:
    assert describe_attachments(Unpacked(attachments=2)) == "2 attachments"
    assert describe_attachments(Unpacked(attachments=2, left_out=3)) == "2 attachments, 3 left out"
