"""Each end that a document can come to, on the whole stack: real storage, SDKs, orchestrations."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from devstack.testing.letters import LETTER, NOTICE, unique
from devstack.testing.scans import stamped
from devstack.testing.whole_stack import QUICK, WholeStack, whole_stack
from docflow.contracts import Container, ticket_label_for

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples" / "files"
SCHEMA = json.loads((ROOT / "schemas" / "result.schema.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.host


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def valid(record: dict[str, Any]) -> dict[str, Any]:
    jsonschema.validate(record, SCHEMA)
    return record


def issues_of(stack: WholeStack, document_id: str) -> list[dict[str, Any]]:
    label = ticket_label_for(document_id)
    return [issue for issue in stack.issues() if label in issue["fields"]["labels"]]


def webhooks_of(stack: WholeStack, document_id: str) -> list[dict[str, Any]]:
    received = stack.received()
    return [hook["body"] for hook in received if hook["body"].get("documentId") == document_id]


def test_a_normal_document_is_published_directly(stack: WholeStack) -> None:
    document_id = stack.drop("letters/club.txt", unique(LETTER, "normal"))

    record = valid(stack.ended(document_id))

    assert record["status"] == "published"
    assert record["source"]["name"] == "letters/club.txt"
    assert record["urgency"]["level"] == "normal"
    assert not record["review"]["required"]
    assert record["ticket"] is None
    assert record["coverage"]["complete"]
    assert 3 <= len(record["summary"]["bullets"]) <= 4
    assert all(bullet["grounded"] for bullet in record["summary"]["bullets"])
    assert issues_of(stack, document_id) == []
    assert [hook["status"] for hook in webhooks_of(stack, document_id)] == ["published"]
    readable = stack.read_blob(Container.RESULTS, f"{document_id}.md").decode()
    assert record["summary"]["bullets"][0]["text"][:20] in readable.replace("\\", "")


def test_an_approved_urgent_document_gets_one_ticket_and_is_published(stack: WholeStack) -> None:
    document_id = stack.drop("notice.txt", unique(NOTICE, "approved"))
    waiting = stack.waiting(document_id)
    assert waiting.urgency == "urgent"

    decision = {"approved": True, "reviewer": "r@example.com", "comment": "checked"}
    assert stack.raise_event(document_id, decision).status_code == 202

    record = valid(stack.ended(document_id))
    assert record["status"] == "published"
    assert record["review"]["decision"] == {
        "approved": True,
        "reviewer": "r@example.com",
        "comment": "checked",
        "decidedAt": record["review"]["decision"]["decidedAt"],
        "via": "event",
    }
    (issue,) = issues_of(stack, document_id)
    assert record["ticket"]["key"] == issue["key"]
    assert stack.raise_event(document_id, {"approved": False}).status_code == 410


def test_a_rejected_document_gets_a_record_and_no_ticket(stack: WholeStack) -> None:
    document_id = stack.drop("notice-2.txt", unique(NOTICE, "rejected"))
    stack.waiting(document_id)

    stack.raise_event(document_id, {"approved": False, "comment": "a scam"})

    record = valid(stack.ended(document_id))
    assert (record["status"], record["ticket"]) == ("rejected", None)
    assert record["review"]["decision"]["comment"] == "a scam"
    assert issues_of(stack, document_id) == []


def test_a_decision_through_the_reviews_api_counts_once(stack: WholeStack) -> None:
    document_id = stack.drop("notice-3.txt", unique(NOTICE, "by api"))
    stack.waiting(document_id)
    reviews = stack.get("/api/reviews").json()["reviews"]
    assert document_id in [review["id"] for review in reviews]

    body = {"approved": True, "summary": ["Pay at once."], "urgency": "normal"}
    first = stack.post(f"/api/reviews/{document_id}", json=body)
    second = stack.post(f"/api/reviews/{document_id}", json={"approved": False})

    assert (first.status_code, second.status_code) == (202, 409)
    assert second.headers["Content-Type"] == "application/problem+json"
    record = valid(stack.ended(document_id))
    assert record["review"]["decision"]["via"] == "api"
    assert [bullet["text"] for bullet in record["summary"]["bullets"]] == ["Pay at once."]
    assert record["urgency"]["decidedBy"] == "reviewer"
    assert record["ticket"] is None


def test_an_event_of_another_name_is_shown_and_decides_nothing(stack: WholeStack) -> None:
    document_id = stack.drop("notice-9.txt", unique(NOTICE, "misnamed"))
    stack.waiting(document_id)
    path = stack.app.event_path(document_id).replace("ApprovalDecision", "approvaldecision")

    assert stack.post(path, json={"approved": True}).status_code == 202

    def tells(_: object) -> bool:
        review = stack.get(f"/api/documents/{document_id}").json()["review"]
        return bool(review["ignoredEvents"] == ["approvaldecision"])

    assert stack.until(document_id, tells).is_waiting
    exact = stack.get(f"/api/documents/{document_id}").json()["links"]["sendDecisionPostUri"]
    assert requests.post(exact, json={"approved": True}, timeout=30).status_code == 202
    assert valid(stack.ended(document_id))["review"]["decision"]["approved"] is True


def test_a_malformed_decision_is_shown_and_the_wait_goes_on(stack: WholeStack) -> None:
    document_id = stack.drop("notice-4.txt", unique(NOTICE, "malformed"))
    stack.waiting(document_id)

    for body in (
        "yes",
        {"approved": "true"},
        [True],
        {"__class__": "A", "__module__": "b", "__data__": 1},
    ):
        assert stack.raise_event(document_id, body).status_code == 202

    def counted() -> int:
        status = stack.get(f"/runtime/webhooks/durabletask/instances/{document_id}").json()
        assert status["runtimeStatus"] == "Running"
        return int(status["customStatus"]["review"]["invalidDecisions"])

    stack.until(document_id, lambda document: document.is_waiting and counted() >= 1)
    stack.raise_event(document_id, {"approved": False})
    assert stack.ended(document_id)["status"] == "rejected"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("payslip-encrypted.pdf", "ENCRYPTED"),
        ("report-truncated.pdf", "DAMAGED"),
        ("empty.pdf", "EMPTY_FILE"),
        ("setup-program.pdf", "UNSUPPORTED_TYPE"),
    ],
)
def test_a_refused_file_is_set_aside_with_its_reason(
    stack: WholeStack, name: str, code: str
) -> None:
    document_id = stack.drop(name, sample(name))

    record = valid(stack.ended(document_id))

    assert (record["status"], record["error"]["code"]) == ("quarantined", code)
    reason = json.loads(stack.read_blob(Container.QUARANTINE, f"{document_id}/reason.json"))
    assert reason["code"] == code
    assert stack.read_blob(Container.QUARANTINE, f"{document_id}/{name}") == sample(name)


def test_a_delivery_that_fails_for_good_is_undone(stack: WholeStack) -> None:
    document_id = stack.drop("notice-5.txt", unique(NOTICE, "undone"))
    stack.waiting(document_id)
    cancelled = stack.stats()["issues_cancelled"]
    stack.faults({"webhook": {"status": 500}})
    stack.raise_event(document_id, {"approved": True})

    record = valid(stack.ended(document_id))

    assert (record["status"], record["error"]["code"]) == ("failed", "DELIVERY_FAILED")
    assert record["ticket"] is None
    assert "notify_webhook" in record["error"]["message"]
    (issue,) = issues_of(stack, document_id)
    assert issue["fields"]["status"]["name"] == "Cancelled"
    assert stack.stats()["issues_cancelled"] == cancelled + 1
    messages = [json.loads(base64.b64decode(message)) for message in stack.messages()]
    told = [(m["event"], m.get("status")) for m in messages if m["documentId"] == document_id]
    assert told == [
        ("document-processed", "published"),
        ("document-withdrawn", None),
        ("document-processed", "failed"),
    ]


def test_ocr_that_is_away_for_long_parks_the_document_and_reprocessing_finishes_it(
    stack: WholeStack,
) -> None:
    stack.faults({"ocr.analyze": {"status": 503}})
    fax = stamped(sample("domain-renewal-fax.tiff"), "parked whole")
    document_id = stack.drop("fax.tiff", fax)
    record = valid(stack.ended(document_id))
    assert (record["status"], record["error"]["code"]) == ("failed", "OCR_UNAVAILABLE")
    assert record["coverage"]["pagesFailed"] == 3

    stack.heal()
    again = stack.post(f"/api/documents/{document_id}/reprocess")
    assert again.status_code == 202
    second_id = again.json()["id"]
    stack.waiting(second_id)
    stack.raise_event(second_id, {"approved": False})

    second = valid(stack.ended(second_id))
    assert (second["status"], second["attempt"]) == ("rejected", 2)
    assert second["source"]["attemptOf"] == document_id
    assert {page["method"] for page in second["pages"]} == {"ocr"}


def test_throttling_is_waited_out(stack: WholeStack) -> None:
    stack.faults(
        {
            "ocr.analyze": {"status": 429, "retry_after": 1, "next": 2},
            "chat.completions": {"status": 429, "retry_after": 1, "next": 1},
        }
    )
    fax = stamped(sample("domain-renewal-fax.tiff"), "throttled")
    document_id = stack.drop("throttled.tiff", fax)

    assert stack.waiting(document_id).urgency == "urgent"


def test_an_answer_of_another_form_is_asked_for_again_and_paid_for(stack: WholeStack) -> None:
    before = stack.stats()
    stack.faults({"chat.completions": {"malformed": True, "next": 1}})
    document_id = stack.drop("club-2.txt", unique(LETTER, "malformed answer"))

    record = stack.ended(document_id)

    assert record["status"] == "published"
    after = stack.stats()
    for counted, recorded in (
        ("prompt_tokens", "promptTokens"),
        ("completion_tokens", "completionTokens"),
    ):
        assert record["cost"][recorded] == after[counted] - before[counted]


def test_nobody_decides_and_the_document_expires(tmp_path: Path) -> None:
    waits = {"TIMEOUT": "4", "REMINDER": "2", "ESCALATION": "1"}
    settings = {f"APPROVAL_{what}_SECONDS": seconds for what, seconds in waits.items()}
    with whole_stack(tmp_path, {**QUICK, **settings}) as stack:
        document_id = stack.drop("notice.txt", unique(NOTICE, "expired"))

        record = valid(stack.ended(document_id))

        assert (record["status"], record["ticket"]) == ("expired", None)
        assert record["review"]["reminders"] >= 1
        assert record["review"]["escalated"]
        late = stack.post(f"/api/reviews/{document_id}", json={"approved": True})
        assert late.status_code == 409
        assert "expired" in late.json()["detail"]
