"""What a page shows beside its characters, on the whole stack with real OCR."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.testing.drawn_files import FOOTER, in_curves
from devstack.testing.whole_stack import WholeStack
from samples.builders.office import pptx

ROOT = Path(__file__).parents[2]
SLIDES = (ROOT / "samples" / "files" / "pumping-station.pptx").read_bytes()

pytestmark = pytest.mark.host


def test_pages_that_the_free_tier_leaves_out_are_missing_until_another_one_reads_them(
    stack: WholeStack,
) -> None:
    stack.faults({"ocr.analyze": {"most_pages": 2}})
    first = stack.drop("slides/free-tier.pptx", SLIDES)
    stack.waiting(first)
    stack.raise_event(first, {"approved": True})

    record = stack.ended(first)

    assert [page["method"] for page in record["pages"]] == ["ocr"] * 2 + ["failed"] * 3
    assert all(page["error"].startswith("OCR_PAGES_MISSING") for page in record["pages"][2:])
    assert not record["coverage"]["complete"]
    assert (record["coverage"]["pagesRead"], record["coverage"]["pagesFailed"]) == (2, 3)
    assert record["urgency"]["level"] == "normal"
    assert record["review"]["reasons"] == ["pages-failed"]

    stack.heal()
    second = stack.drop("slides/standard-tier.pptx", SLIDES)
    stack.waiting(second)
    stack.raise_event(second, {"approved": True})
    record = stack.ended(second)
    assert [page["method"] for page in record["pages"]] == ["ocr"] * 5
    assert record["coverage"]["complete"]
    assert record["urgency"]["level"] == "urgent"


def test_a_page_keeps_its_text_where_ocr_fails(stack: WholeStack) -> None:
    stack.faults({"ocr.analyze": {"status": 400}})
    document_id = stack.drop("drawn/ocr-fails.pdf", in_curves())
    stack.waiting(document_id)
    stack.raise_event(document_id, {"approved": True})

    (page,) = stack.ended(document_id)["pages"]

    assert (page["method"], page["characters"]) == ("text-layer", len(FOOTER))
    assert page["error"]


def test_an_answer_with_all_slides_is_complete(stack: WholeStack) -> None:
    slides = pptx([["The reading room", "It opens at nine."], [], ["Thank you", "Come again."]])

    record = stack.ended(stack.drop("slides/three.pptx", slides))

    assert record["coverage"]["complete"]
    assert record["status"] == "published"
