"""How the demo judges and tells what became of its samples."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from devstack.client.progress import Row
from devstack.demo.expectations import Expectations, Sample, read_samples
from devstack.demo.outcomes import Outcome, outcome_table, totals
from devstack.stack.errors import StackError

RECORD: dict[str, Any] = {
    "status": "published",
    "pages": [{"method": "text-layer"}, {"method": "ocr"}, {"method": "ocr"}, {"method": "empty"}],
    "urgency": {"level": "urgent"},
    "review": {"required": True},
    "ticket": {"key": "DOC-1"},
    "error": None,
    "cost": {"promptTokens": 900, "completionTokens": 100, "estimatedUsd": 0.00321},
}


def sample(**changes: Any) -> Sample:
    expect = {"status": "published", "code": None, "urgency": "urgent", "review": True} | changes
    pages = {"text-layer": 1, "ocr": 2, "empty": 1}
    return Sample.model_validate({"file": "a.pdf", "expect": expect, "pagesByMethod": pages})


def test_document_that_ended_as_expected_differs_in_nothing() -> None:
    assert list(Outcome.read("a.pdf", RECORD).differences(sample())) == []


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"status": "rejected"}, "a.pdf: status is published, expected rejected"),
        ({"urgency": "normal"}, "a.pdf: urgency is urgent, expected normal"),
        ({"review": False}, "a.pdf: review is yes, expected no"),
        ({"code": "DAMAGED"}, "a.pdf: error code is nothing, expected DAMAGED"),
    ],
)
def test_document_that_ended_otherwise_is_named_with_the_reason(
    changes: dict[str, Any], difference: str
) -> None:
    assert list(Outcome.read("a.pdf", RECORD).differences(sample(**changes))) == [difference]


def test_pages_read_in_another_way_are_noticed() -> None:
    record = RECORD | {"pages": [{"method": "ocr"}] * 4}

    assert list(Outcome.read("a.pdf", record).differences(sample())) == [
        "a.pdf: pages from the text layer is 0, expected 1",
        "a.pdf: pages by OCR is 4, expected 2",
    ]


MAIL = Sample.model_validate(
    {
        "file": "visit.eml",
        "expect": {"status": "published"},
        "attachments": [{"name": "Programme.pdf", "expect": {"status": "quarantined"}}],
    }
)


def test_attachment_is_judged_by_what_the_manifest_says_of_its_mail() -> None:
    expected = Expectations({"a1": MAIL})
    rows = [Row("visit.eml", "a1"), Row("Programme.pdf", "b2", mail="a1")]

    assert [expected.of(row) for row in rows] == [MAIL, MAIL.attachments[0]]
    assert list(expected.differences(rows)) == []


def test_attachment_too_many_or_missing_is_named() -> None:
    rows = [Row("visit.eml", "a1"), Row("surprise.exe", "b2", mail="a1")]

    assert list(Expectations({"a1": MAIL}).differences(rows)) == [
        "surprise.exe: an attachment that the manifest does not name",
        "Programme.pdf: did not come out of visit.eml",
    ]


def test_final_table_fits_a_narrow_terminal() -> None:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    refused = Outcome("a program that calls itself a document.pdf", "quarantined", code="X" * 16)

    console.print(outcome_table([Outcome.read("final-notice-scan.pdf", RECORD), refused]))

    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert all(len(line.rstrip()) <= 80 for line in lines)
    assert lines[1].split() == [
        "final-notice-scan.pdf", "published", "1", "2", "urgent", "DOC-1", "$0.0032",
    ]  # fmt: skip
    assert "X" * 16 in lines[2]


def test_totals_add_up() -> None:
    outcome = Outcome.read("a.pdf", RECORD)

    assert totals([outcome, outcome], 12.4) == (
        "2 documents, 4 pages by OCR, 2,000 model tokens, about $0.0064, 12 s"
    )


def test_sample_that_is_missing_is_named(tmp_path: Path) -> None:
    documents = [{"file": "absent.pdf", "expect": {"status": "published"}}]
    (tmp_path / "manifest.json").write_text(json.dumps({"documents": documents}))

    with pytest.raises(StackError, match=r"absent\.pdf"):
        read_samples(tmp_path)
