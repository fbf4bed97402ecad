from __future__ import annotations

from datetime import timedelta

import pytest

from activities.update_index import update_index
from docflow.contracts import Activity
from docflow.errors import ErrorCode, TransientError
from docflow.models.checks import Route
from docflow.models.index import IndexEntry
from docflow.models.pages import Transcript
from docflow.models.payloads import Done
from docflow.models.states import Stage, Status, UrgencyLevel
from docflow.models.urgency import UrgencyDecision
from testkit.examples import (
    DOCUMENT_ID,
    SUMMARY,
    RunRegistered,
    facts_of,
    understood_document,
)
from testkit.fakes import START, InMemoryIndex, failing, fake_clients

URGENT = UrgencyDecision(level=UrgencyLevel.URGENT, score=0.9, decided_by="model")
DEADLINE = START + timedelta(days=3)


def entry(status: Status, stage: Stage = Stage.DONE, **facts: object) -> IndexEntry:
    return IndexEntry.of(facts_of(status, **{"stage": stage, **facts}))


READ = Transcript(
    pages=2, pages_read=2, pages_failed=0, ocr_pages=1, cached_pages=2, characters=100
)
WAITING = entry(
    Status.WAITING,
    Stage.WAITING_FOR_REVIEW,
    transcript=READ,
    urgency=URGENT,
    route=Route(review=True, reasons=["urgent"]),
    review_deadline=DEADLINE,
    waiting_since=START,
)


def test_a_waiting_document_is_listed_with_all_that_a_reviewer_sorts_by() -> None:
    index = InMemoryIndex()
    clients = fake_clients(index=index)
    understood_document(clients)

    update_index(WAITING, clients)

    assert index.entries[DOCUMENT_ID] == IndexEntry(
        document_id=DOCUMENT_ID,
        name="letter.pdf",
        status=Status.WAITING,
        stage=Stage.WAITING_FOR_REVIEW,
        received_at=START,
        updated_at=START,
        sequence=1,
        urgency=UrgencyLevel.URGENT,
        score=0.9,
        review_reasons=["urgent"],
        review_deadline=DEADLINE,
        waiting_since=START,
        pages=2,
        ocr_pages=1,
        ocr_pages_saved=2,
        prompt_tokens=200,
        completion_tokens=20,
        estimated_usd=0.001564,
        saved_usd=0.003,
        title=SUMMARY.title,
    )


def test_a_document_of_which_nothing_is_known_yet_is_listed_too() -> None:
    index = InMemoryIndex()

    update_index(entry(Status.PROCESSING, Stage.INSPECTING), fake_clients(index=index))

    row = index.entries[DOCUMENT_ID]
    assert (row.title, row.urgency, row.pages, row.estimated_usd) == (None, None, None, 0)


@pytest.mark.parametrize(
    "late",
    [entry(Status.PROCESSING), WAITING, entry(Status.PROCESSING, Stage.DELIVERING)],
)
def test_a_late_duplicate_never_replaces_an_end(late: IndexEntry) -> None:
    index = InMemoryIndex()
    clients = fake_clients(index=index)
    update_index(entry(Status.PUBLISHED), clients)

    update_index(late, clients)

    assert index.entries[DOCUMENT_ID].status is Status.PUBLISHED


def test_a_delivery_that_was_undone_replaces_the_publication_and_not_the_other_way() -> None:
    index = InMemoryIndex()
    clients = fake_clients(index=index)

    for status in (Status.PUBLISHED, Status.FAILED, Status.PUBLISHED):
        update_index(entry(status), clients)

    assert index.entries[DOCUMENT_ID].status is Status.FAILED


def test_what_a_document_closes_with_is_what_is_listed() -> None:
    index = InMemoryIndex()

    update_index(entry(Status.FAILED, urgency=URGENT), fake_clients(index=index))

    row = index.entries[DOCUMENT_ID]
    assert (row.status, row.stage, row.urgency) == (
        Status.FAILED,
        Stage.DONE,
        UrgencyLevel.URGENT,
    )


def test_a_second_run_gives_the_same_row() -> None:
    index = InMemoryIndex()
    clients = fake_clients(index=index)
    assert update_index(WAITING, clients) == Done()
    first = index.entries[DOCUMENT_ID]

    assert update_index(WAITING, clients) == Done()
    assert index.entries == {DOCUMENT_ID: first}


def test_a_table_that_is_away_defers_the_step(run_registered: RunRegistered) -> None:
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away", retry_after_seconds=2)
    clients = fake_clients(index=failing(InMemoryIndex(), "put", away))

    deferred = run_registered(Activity.UPDATE_INDEX, WAITING, clients)
    done = run_registered(Activity.UPDATE_INDEX, WAITING, clients)

    assert deferred.deferred is not None
    assert deferred.deferred.retry_after_seconds == 2
    assert done.value == {}
