from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from activities.write_record import write_record
from docflow.clients import Clients
from docflow.contracts import Activity, Container
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.checks import CheckResult, Route
from docflow.models.documents import Failure
from docflow.models.facts import DocumentFacts, Ticket, TimelineEntry
from docflow.models.files import Refused
from docflow.models.pages import PageText, PreparedPages, Transcript
from docflow.models.payloads import Done
from docflow.models.reviews import ApprovalDecision, ReviewOutcome
from docflow.models.states import PageMethod, Status, UrgencyLevel
from docflow.models.urgency import UrgencyDecision
from testkit.examples import (
    ACCEPTED,
    DOCUMENT_ID,
    PAGES,
    SUMMARY,
    URGENT,
    RunRegistered,
    bullet,
    facts_of,
    text_page,
    understood_document,
)
from testkit.fakes import START, InMemoryBlobStore, failing, fake_clients

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "result.schema.json").read_text(encoding="utf-8"))
URGENCY = UrgencyDecision(
    level=UrgencyLevel.URGENT, score=0.9, decided_by="model", signals=["final-notice"]
)
UNDERSTOOD: dict[str, Any] = {
    "accepted": ACCEPTED,
    "prepared": PreparedPages(pages=2, text_layer=2),
    "transcript": Transcript(pages=2, pages_read=2, pages_failed=0, characters=100),
    "urgency": URGENCY,
    "checks": [CheckResult(name="legible", passed=True, detail="0 pages")],
    "route": Route(review=True, reasons=["urgent"]),
    "timeline": [TimelineEntry(at=START, event="received", detail="blob")],
}


def reviewed(decision: ApprovalDecision | None) -> ReviewOutcome:
    if decision is None:
        return ReviewOutcome(reminders=2, escalated=True)
    return ReviewOutcome(decision=decision, decided_at=START, via="event", reminders=1)


def approved(**fields: object) -> ReviewOutcome:
    body = {"approved": True, "reviewer": "r@example.com", **fields}
    return reviewed(ApprovalDecision.model_validate(body))


REFUSED = Refused(code="ENCRYPTED", message="Remove the password.", sha256="cd", bytes=7)
ENDS = {
    "published": facts_of(
        **UNDERSTOOD, review=approved(), ticket=Ticket(key="DOC-1", url="https://x.example/DOC-1")
    ),
    "rejected": facts_of(
        Status.REJECTED, **UNDERSTOOD, review=reviewed(ApprovalDecision(approved=False))
    ),
    "expired": facts_of(Status.EXPIRED, **UNDERSTOOD, review=reviewed(None)),
    "quarantined": facts_of(
        Status.QUARANTINED,
        refused=REFUSED,
        error=Failure(code=REFUSED.code, message=REFUSED.message),
    ),
    "failed": facts_of(
        Status.FAILED, accepted=ACCEPTED, error=Failure(code="OCR_UNAVAILABLE", message="Later.")
    ),
}


def recorded(
    end: DocumentFacts, clients: Clients | None = None, *, understood: bool = True
) -> tuple[dict[str, Any], str]:
    clients = clients or fake_clients()
    if understood:
        understood_document(clients, urgency=URGENT)
    write_record(end, clients)
    return stored(clients)


def stored(clients: Clients) -> tuple[dict[str, Any], str]:
    record = clients.store.read(Container.RESULTS, f"{DOCUMENT_ID}.json")
    readable = clients.store.read(Container.RESULTS, f"{DOCUMENT_ID}.md")
    assert record is not None
    assert readable is not None
    return json.loads(record), readable.decode()


@pytest.mark.parametrize("name", ENDS)
def test_the_record_of_every_end_is_of_the_shipped_schema(name: str) -> None:
    end = ENDS[name]

    record, readable = recorded(end, understood=end.urgency is not None)

    jsonschema.validate(
        record, SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    assert record["status"] == name
    assert f"- Status: {name}" in readable


def test_every_status_that_is_an_end_is_among_these_examples() -> None:
    assert set(ENDS) == {status.value for status in Status if status.ended}


def test_a_published_document_is_recorded_in_full() -> None:
    record, _ = recorded(ENDS["published"])

    assert record["source"] == {
        "container": "incoming",
        "name": "letter.pdf",
        "etag": "e1",
        "sha256": "ab" * 32,
        "contentType": "application/pdf",
        "bytes": 10,
        "pages": 2,
        "duplicateOf": None,
        "attemptOf": None,
        "parent": None,
        "successor": None,
    }
    assert record["summary"]["bullets"][0] == {
        "text": "The meter was read.",
        "page": 1,
        "quote": "was read on Monday",
        "grounded": True,
    }
    assert record["urgency"] == {
        "level": "urgent",
        "score": 0.9,
        "reasons": ["Due tomorrow."],
        "signals": ["final-notice"],
        "deadline": None,
        "evidence": [],
        "decidedBy": "model",
    }
    assert record["entities"] == [{"kind": "amount", "value": "80 euros", "page": 2}]
    assert record["actions"] == [{"text": "Pay the bill.", "dueDate": "2026-01-30", "page": 2}]
    assert record["coverage"]["complete"] is True
    assert [page["method"] for page in record["pages"]] == ["text-layer", "text-layer"]
    assert record["review"] == {
        "required": True,
        "reasons": ["urgent"],
        "decision": {
            "approved": True,
            "reviewer": "r@example.com",
            "comment": None,
            "decidedAt": "2026-01-05T09:00:00Z",
            "via": "event",
        },
        "reminders": 1,
        "escalated": False,
    }
    assert record["ticket"] == {"key": "DOC-1", "url": "https://x.example/DOC-1"}
    assert [(call["step"], call["calls"]) for call in record["provenance"]] == [
        ("summarize", 1),
        ("judge_urgency", 1),
    ]
    assert record["cost"]["promptTokens"] == 200
    assert record["timeline"] == [
        {"at": "2026-01-05T09:00:00Z", "event": "received", "detail": "blob"}
    ]
    assert record["error"] is None


def test_a_file_that_was_never_read_keeps_what_is_known_of_it() -> None:
    record, readable = recorded(ENDS["quarantined"], understood=False)

    assert (record["source"]["sha256"], record["source"]["bytes"]) == ("cd", 7)
    assert (record["summary"], record["urgency"], record["coverage"]) == (None, None, None)
    assert record["pages"] == []
    assert record["error"] == {"code": "ENCRYPTED", "message": "Remove the password."}
    assert readable.splitlines()[0] == "# letter.pdf"


@pytest.mark.parametrize("end", ["rejected", "expired", "failed"])
def test_an_end_is_recorded_even_where_the_pages_are_gone(end: str) -> None:
    transcript = UNDERSTOOD["transcript"]
    ended = ENDS[end].model_copy(update={"transcript": transcript})

    record, readable = recorded(ended, understood=False)

    assert (record["status"], record["pages"], record["summary"]) == (end, [], None)
    assert readable.startswith("# letter.pdf")


def test_nothing_is_published_where_the_pages_are_gone() -> None:
    with pytest.raises(PermanentError, match="ARTEFACT_MISSING"):
        recorded(ENDS["published"], understood=False)


def test_what_the_summary_leaves_out_stands_in_the_first_line() -> None:
    clients = fake_clients()
    failed = PageText(number=3, method=PageMethod.FAILED, error="OCR_PAGE_REJECTED: no image")
    understood_document(clients, [*PAGES, failed])
    transcript = Transcript(
        pages=3, pages_read=2, pages_failed=1, characters=100, characters_unread=40
    )
    accepted = ACCEPTED.model_copy(update={"pages": 3})
    end = facts_of(**{**UNDERSTOOD, "transcript": transcript, "accepted": accepted})

    record, readable = recorded(end, clients, understood=False)

    first = readable.splitlines()[0]
    assert not first.startswith("# ")
    assert re.findall(r"\d+", first) == ["2", "3", "1", "40"]
    assert record["coverage"] == {
        "complete": False,
        "pagesRead": 2,
        "pagesFailed": 1,
        "pagesUnread": 0,
        "charactersUnread": 40,
    }
    assert record["pages"][2]["error"] == "OCR_PAGE_REJECTED: no image"


def test_a_reviewers_summary_and_urgency_stand_in_both_forms() -> None:
    decided = URGENCY.model_copy(update={"level": UrgencyLevel.NORMAL, "decided_by": "reviewer"})
    end = facts_of(**{**UNDERSTOOD, "urgency": decided}, review=approved(summary=["Call them."]))

    record, readable = recorded(end)

    assert record["summary"]["bullets"] == [
        {"text": "Call them.", "page": None, "quote": None, "grounded": False}
    ]
    assert (record["urgency"]["level"], record["urgency"]["decidedBy"]) == ("normal", "reviewer")
    assert "- Call them" in readable
    assert "quote not found" not in readable
    (urgency,) = (line for line in readable.splitlines() if line.startswith("- Urgency"))
    assert "normal" in urgency
    assert "reviewer" in urgency


def test_a_quote_that_stands_nowhere_is_marked_in_both_forms() -> None:
    clients = fake_clients()
    invented = SUMMARY.model_copy(update={"bullets": [bullet("Invented.", 1, "not there")]})
    understood_document(clients, summary=invented)

    record, readable = recorded(facts_of(**UNDERSTOOD), clients, understood=False)

    assert record["summary"]["bullets"][0]["grounded"] is False
    assert "[quote not found]" in readable


def test_markup_from_the_document_is_escaped_in_the_readable_form() -> None:
    clients = fake_clients()
    hostile = "<script>alert(1)</script>\n# [x](javascript:alert(1)) ![i](http://evil.example)"
    understood_document(
        clients,
        summary=SUMMARY.model_copy(
            update={
                "title": hostile,
                "bullets": [bullet(hostile, 1, hostile)],
                "draft_reply": hostile,
            }
        ),
    )
    end = facts_of(
        **UNDERSTOOD,
        review=approved(comment=hostile),
        error=Failure(code="X", message=hostile),
    )

    _, readable = recorded(end, clients, understood=False)

    assert re.search(r"(?<!\\)(<|\[|\]\()", readable.replace("[quote not found]", "")) is None
    assert [line for line in readable.splitlines() if line.startswith("# ")] == [
        readable.splitlines()[0]
    ]


def test_pages_that_ocr_was_paid_for_make_the_cost() -> None:
    clients = fake_clients()
    scans = [
        text_page(n, "scan", method=PageMethod.OCR, confidence=0.8, recognized=True) for n in (1, 2)
    ]
    understood_document(clients, scans)

    record, _ = recorded(facts_of(**UNDERSTOOD), clients, understood=False)

    assert record["cost"]["ocrPages"] == 2
    assert record["cost"]["estimatedUsd"] == pytest.approx(0.003 + 0.00004 + 0.000024)


def test_a_later_attempt_names_the_first() -> None:
    later = ENDS["published"].request.model_copy(
        update={"attempt": 2, "first_document_id": "first"}
    )

    record, _ = recorded(ENDS["published"].model_copy(update={"request": later}))

    assert (record["attempt"], record["source"]["attemptOf"]) == (2, "first")


def test_a_second_run_writes_the_same_bytes() -> None:
    clients = fake_clients()
    store = clients.store
    assert isinstance(store, InMemoryBlobStore)
    recorded(ENDS["published"], clients)
    before = {name: blob.content for name, blob in store.blobs.items()}

    assert write_record(ENDS["published"], clients) == Done()
    assert {name: blob.content for name, blob in store.blobs.items()} == before


def test_whoever_sees_the_record_finds_its_readable_form_too() -> None:
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    store = InMemoryBlobStore()

    class RecordLost(InMemoryBlobStore):
        def write(self, container: str, name: str, content: bytes, *, content_type: str) -> str:
            if name.endswith(".json"):
                raise away
            return store.write(container, name, content, content_type=content_type)

    with pytest.raises(TransientError):
        write_record(facts_of(), fake_clients(store=RecordLost()))

    assert list(store.list(Container.RESULTS, "")) == [f"{DOCUMENT_ID}.md"]


def test_storage_that_is_away_defers_the_step(run_registered: RunRegistered) -> None:
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    clients = fake_clients(store=failing(InMemoryBlobStore(), "write", away))

    deferred = run_registered(Activity.WRITE_RECORD, ENDS["quarantined"], clients)
    done = run_registered(Activity.WRITE_RECORD, ENDS["quarantined"], clients)

    assert deferred.deferred is not None
    assert done.value == {}


def test_a_late_second_run_does_not_bring_an_undone_publication_back() -> None:
    clients = fake_clients()
    write_record(facts_of(), clients)
    write_record(facts_of(Status.FAILED), clients)

    write_record(facts_of(), clients)

    stored = clients.store.read(Container.RESULTS, f"{DOCUMENT_ID}.json")
    assert stored is not None
    assert json.loads(stored)["status"] == "failed"
