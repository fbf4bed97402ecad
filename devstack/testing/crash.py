"""A host that is killed while it works on many documents: what each of them does after that.

What must hold: each document goes on soon and ends once, and no ticket, message or notification is
there twice or missing.
"""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.client.app import Document
from devstack.environment.root import ROOT
from devstack.testing.letters import LETTER, NOTICE, unique
from devstack.testing.whole_stack import WholeStack
from docflow.contracts import ticket_label_for

SCANS = tuple(
    ROOT / "samples" / "files" / name
    for name in ("final-notice-scan.pdf", "domain-renewal-fax.tiff")
)
_DECIDE_AGAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents that were dropped together: letters, urgent notices and urgent scans."""

    documents: Sequence[str]
    urgent: Sequence[str]
    """Those that wait for a decision, and for which a ticket is opened."""


@dataclass(slots=True)
class Course:
    """What one document did, in seconds from some moment, such as the death of its host."""

    seen_before: str
    went_on: float | None = None
    """When it was first seen in another state."""
    ended: float | None = None


def drop_batch(stack: WholeStack, letters: int, mark: str) -> Batch:
    """Drop so many letters, as many notices, and two scans."""
    normal = [stack.drop(f"club-{n}.txt", unique(LETTER, f"{mark} {n}")) for n in range(letters)]
    notices = [stack.drop(f"notice-{n}.txt", unique(NOTICE, f"{mark} {n}")) for n in range(letters)]
    scans = [stack.drop(scan.name, scan.read_bytes()) for scan in SCANS]
    return Batch([*normal, *notices, *scans], [*notices, *scans])


def courses_of(stack: WholeStack, documents: Iterable[str]) -> dict[str, Course]:
    """Return the course of each document that has not ended."""
    states = {document_id: _state_of(stack.find(document_id)) for document_id in documents}
    return {each: Course(state) for each, state in states.items() if state != _ENDED}


def follow(
    stack: WholeStack, courses: Mapping[str, Course], *, since: float, seconds: float
) -> None:
    """Watch documents until each has ended, approve what waits, and note when what happened.

    Args:
        stack: Where they are.
        courses: What is noted, by the ids of the documents.
        since: The moment from which time is counted, of `time.monotonic`.
        seconds: How long it may take from then.
    """
    decided: dict[str, float] = {}
    while running := {each: course for each, course in courses.items() if course.ended is None}:
        if time.monotonic() - since > seconds:
            raise AssertionError(f"not ended after {seconds:.0f} s: {running}")
        for document_id, course in running.items():
            document = stack.find(document_id)
            if document is None:
                continue  # not noticed, or the host is not up yet
            now = time.monotonic() - since
            if course.went_on is None and _state_of(document) != course.seen_before:
                course.went_on = now
            if document.is_waiting and now - decided.get(document_id, -1e9) > _DECIDE_AGAIN_SECONDS:
                course.went_on = course.went_on or now
                decided[document_id] = now
                stack.raise_event(document_id, {"approved": True})
            if document.is_at_end:
                course.ended = now
        time.sleep(0.2)


def not_once(stack: WholeStack, batch: Batch) -> list[str]:
    """Return what of a batch, the only one of its stack, is there twice or missing."""
    ended = [f"the end {stack.ended(each)['status']} of {each}" for each in batch.documents]
    hooks = [hook["body"] for hook in stack.received()]
    labels = [label for issue in stack.issues() for label in issue["fields"]["labels"]]
    expected = [f"the end published of {each}" for each in batch.documents]
    expected += [f"notification of {each}" for each in batch.documents]
    expected += [f"message about {each}" for each in batch.documents]
    expected += [f"ticket {ticket_label_for(each)}" for each in batch.urgent]
    found = [
        *ended,
        *(
            f"notification of {each['documentId']}"
            for each in hooks
            if each["status"] == _PUBLISHED
        ),
        *(f"message about {each}" for each in _announced(stack)),
        *(f"ticket {label}" for label in labels),
    ]
    there, wanted = Counter(found), Counter(expected)
    return [
        f"{there[each]} instead of {wanted[each]}: {each}"
        for each in sorted({*there, *wanted})
        if there[each] != wanted[each]
    ]


def temporary_files(folder: Path) -> list[str]:
    """Name the temporary files that the app has in a stack's folder, killed hosts included."""
    place = folder / "tmp" / "app"
    left = [path for path in place.glob("process-*/**/*") if path.is_file()]
    processes = [path.name for path in place.glob("process-*/")]
    return [*(path.name for path in left), *(processes if len(processes) > 1 else [])]


_ENDED = "ended"
_PUBLISHED = "published"


def _announced(stack: WholeStack) -> list[str]:
    """Return the documents that the queue has a message about, once for each message."""
    messages = [json.loads(base64.b64decode(message)) for message in stack.messages()]
    return [str(message["documentId"]) for message in messages]


def _state_of(document: Document | None) -> str:
    if document is None:
        return "not noticed"
    if document.is_at_end:
        return _ENDED
    return f"{document.status}, {document.stage}, {document.pages_done}"
