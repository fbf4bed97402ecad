"""Record the histories that the replay tests keep: a run of each kind of end and of work.

Run with `.venv/bin/python -m devstack.testing.record_histories`, once for each version of the
orchestrations (`docflow.contracts.WORKFLOW_VERSION`), and commit what it writes; with names of
scenarios it records those alone. Recordings of versions that may still have instances in flight
stay.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from devstack.environment.root import ROOT
from devstack.testing.letters import LETTER, NOTICE, unique
from devstack.testing.scans import numbered
from devstack.testing.whole_stack import QUICK, WholeStack, whole_stack
from docflow.contracts import WORKFLOW_VERSION, Container

Scenario = Callable[[WholeStack], str]

SAMPLES = ROOT / "samples" / "files"
RECORDED = ROOT / "tests" / "replay" / "recorded"

SHORT_WAIT = {
    **QUICK,
    "APPROVAL_TIMEOUT_SECONDS": "4",
    "APPROVAL_REMINDER_SECONDS": "2",
    "APPROVAL_ESCALATION_SECONDS": "1",
}
SMALL_WAVES = {**QUICK, "PAGES_IN_FLIGHT": "6", "PAGES_PER_RANGE": "2"}


def sample(stack: WholeStack, name: str) -> str:
    """Drop a sample and return its id."""
    return stack.drop(name, (SAMPLES / name).read_bytes())


def published(stack: WholeStack) -> str:
    """Record a normal text, published directly."""
    return stack.drop("club.txt", unique(LETTER, "recorded"))


def approved(stack: WholeStack) -> str:
    """Record a scan that is approved after a malformed decision."""
    document_id = sample(stack, "final-notice-scan.pdf")
    stack.waiting(document_id)
    stack.raise_event(document_id, {"approved": "perhaps"})
    stack.raise_event(document_id, {"approved": True, "reviewer": "r@example.com"})
    return document_id


def rejected(stack: WholeStack) -> str:
    """Record a fax that is rejected through the app's own API, after one throttled page."""
    stack.faults({"ocr.analyze": {"status": 429, "retry_after": 1, "next": 1}})
    document_id = sample(stack, "domain-renewal-fax.tiff")
    stack.waiting(document_id)
    stack.post(f"/api/reviews/{document_id}", json={"approved": False})
    return document_id


def undone(stack: WholeStack) -> str:
    """Record a notice whose delivery fails for good."""
    document_id = stack.drop("undone.txt", unique(NOTICE, "recorded"))
    stack.waiting(document_id)
    stack.faults({"webhook": {"status": 500}})
    stack.raise_event(document_id, {"approved": True})
    return document_id


def quarantined(stack: WholeStack) -> str:
    """Record an encrypted file."""
    return sample(stack, "payslip-encrypted.pdf")


def report(stack: WholeStack) -> str:
    """Record a long report, summarized in parts."""
    return sample(stack, "annual-report.pdf")


def parked(stack: WholeStack) -> str:
    """Record a photo that OCR was away for."""
    stack.faults({"ocr.analyze": {"status": 503}})
    return sample(stack, "delivery-note-photo.jpg")


def expired(stack: WholeStack) -> str:
    """Record a notice about which nobody decides, with a reminder."""
    return stack.drop("expired.txt", unique(NOTICE, "nobody decides"))


def mail(stack: WholeStack) -> str:
    """Record a mail with attachments, which are documents of their own."""
    document_id = sample(stack, "map-room-visit.eml")
    stack.ended(document_id)
    unpacked = json.loads(stack.read_blob(Container.WORK, f"{document_id}/attachments.json"))
    for attached in unpacked["attachments"]:
        stack.ended(attached["document_id"])
    return document_id


def waves(stack: WholeStack) -> str:
    """Record a long fax in waves of ranges, with a page that OCR refuses."""
    stack.faults({"ocr.analyze": {"status": 400, "next": 1}})
    document_id = stack.drop("numbered.tiff", numbered(15))
    stack.waiting(document_id)
    stack.raise_event(document_id, {"approved": True})
    return document_id


SCENARIOS: dict[Scenario, dict[str, str]] = {
    published: QUICK,
    approved: QUICK,
    rejected: QUICK,
    undone: QUICK,
    quarantined: QUICK,
    report: QUICK,
    parked: QUICK,
    expired: SHORT_WAIT,
    mail: QUICK,
    waves: SMALL_WAVES,
}


def main(chosen: list[str]) -> None:
    """Record each scenario that was chosen, or all, on a stack of its own."""
    target = RECORDED / f"v{WORKFLOW_VERSION}"
    target.mkdir(parents=True, exist_ok=True)
    for scenario, settings in SCENARIOS.items():
        if not chosen or scenario.__name__ in chosen:
            record(scenario, settings, target)


def record(scenario: Scenario, settings: Mapping[str, str], target: Path) -> None:
    """Run a scenario and keep its histories."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder, "recorded")
        with whole_stack(Path(folder, "stack"), settings, record=raw) as stack:
            stack.ended(scenario(stack))
            stack.settle()
        keep(raw, target, scenario.__name__)


def keep(raw: Path, target: Path, scenario: str) -> None:
    """Keep the recordings of one scenario, on as few lines as git can compare."""
    for number, file in enumerate(sorted(raw.glob("*.json"))):
        recording = json.loads(file.read_text(encoding="utf-8"))
        events = recording["context"].pop("history")
        head = json.dumps(recording, ensure_ascii=False)[:-2]
        lines = ",\n".join(json.dumps(event, ensure_ascii=False) for event in events)
        name = f"{scenario}-{recording['orchestrator']}-{number}.json"
        (target / name).write_text(f'{head}, "history": [\n{lines}\n]}}}}\n', encoding="utf-8")
        print(f"{name}: {len(events)} events")


if __name__ == "__main__":
    main(sys.argv[1:])
