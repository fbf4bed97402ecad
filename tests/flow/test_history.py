"""What the orchestrations leave in the durable history: little, and nothing of the documents."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pypdfium2
import pytest

from devstack.testing.whole_stack import WholeStack, history_bytes, whole_stack

SAMPLES = Path(__file__).parents[2] / "samples" / "files"
MOST_BYTES_PER_PAGE = 1_500
WORDS_OF_A_PHRASE = 6

pytestmark = pytest.mark.host


def stored_texts(state: Path) -> list[str]:
    """Everything that the host keeps of all instances, table by table and column by column."""
    with sqlite3.connect(f"file:{state}?mode=ro", uri=True) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        rows = [
            row
            for (table,) in tables.fetchall()
            for row in connection.execute(f"select * from {table}")
        ]
    return [value for row in rows for value in row if isinstance(value, str)]


def told_texts(stack: WholeStack) -> str:
    """Everything that the management API tells of all instances."""
    listed = [each["instanceId"] for each in stack.instances()]
    return json.dumps([stack.instance(each) for each in listed], ensure_ascii=False)


def phrases(file: Path) -> set[str]:
    """Runs of words from every page of a PDF."""
    found = set()
    with pypdfium2.PdfDocument(file) as document:
        for page in document:
            words = page.get_textpage().get_text_bounded().split()
            found |= {
                " ".join(words[start : start + WORDS_OF_A_PHRASE])
                for start in range(0, len(words) - WORDS_OF_A_PHRASE, WORDS_OF_A_PHRASE)
            }
    return found


@pytest.mark.stand_in
def test_the_history_of_a_long_report_is_small_and_holds_none_of_its_text(tmp_path: Path) -> None:
    report = SAMPLES / "annual-report.pdf"
    with whole_stack(tmp_path, record=tmp_path / "recorded") as stack:
        document_id = stack.drop(report.name, report.read_bytes())
        record = stack.ended(document_id)
        stack.settle()
    size = history_bytes(tmp_path / "recorded")

    pages = record["source"]["pages"]
    text = "\n".join(stored_texts(tmp_path / "functions-host.sqlite"))

    assert pages >= 40
    assert len(text) >= size / 2, "the state file is expected to hold the histories as text"
    assert size / pages < MOST_BYTES_PER_PAGE
    assert [phrase for phrase in phrases(report) if phrase in text] == []
    bullets = [bullet["text"] for bullet in record["summary"]["bullets"]]
    assert [bullet for bullet in bullets if bullet in text] == []


def test_the_management_api_tells_nothing_of_the_text_of_a_report(tmp_path: Path) -> None:
    report = SAMPLES / "annual-report.pdf"
    with whole_stack(tmp_path) as stack:
        document_id = stack.drop(report.name, report.read_bytes())
        record = stack.ended(document_id)
        stack.settle()
        text = told_texts(stack)

    assert record["source"]["pages"] >= 40
    assert text.count('"EventType": "TaskCompleted"') > 10
    assert document_id in text
    assert [phrase for phrase in phrases(report) if phrase in text] == []
    bullets = [bullet["text"] for bullet in record["summary"]["bullets"]]
    assert [bullet for bullet in bullets if bullet in text] == []


@pytest.mark.stand_in
def test_the_history_of_scanned_pages_is_small_as_well(tmp_path: Path) -> None:
    fax = SAMPLES / "domain-renewal-fax.tiff"
    with whole_stack(tmp_path) as stack:
        document_id = stack.drop(fax.name, fax.read_bytes())
        stack.waiting(document_id)
        stack.raise_event(document_id, {"approved": False})
        record = stack.ended(document_id)
        words = [
            word
            for number in range(1, record["source"]["pages"] + 1)
            for word in stack.get(f"/api/documents/{document_id}/pages/{number}").text.split()
        ]

    text = "\n".join(stored_texts(tmp_path / "functions-host.sqlite"))
    runs = [" ".join(words[n : n + 4]) for n in range(0, len(words) - 4, 4)]

    assert len(runs) > 20
    assert [run for run in runs if run in text] == []
