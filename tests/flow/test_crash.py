"""A host that is killed in the middle of several documents: each goes on soon, and ends once."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from devstack.client.app import Document
from devstack.testing.letters import LETTER, NOTICE, unique
from devstack.testing.whole_stack import GOES_ON_SECONDS, WholeStack, whole_stack
from docflow.contracts import ticket_label_for

SAMPLES = Path(__file__).parents[2] / "samples" / "files"
SCANS = ("final-notice-scan.pdf", "domain-renewal-fax.tiff")

pytestmark = [pytest.mark.host, pytest.mark.timeout(900)]


@dataclass
class Course:
    """What one document did after its host was killed, in seconds from then."""

    seen_before: str
    went_on: float | None = None
    """When it was first seen in another state."""
    ended: float | None = None


def drop_documents(stack: WholeStack, letters: int) -> tuple[list[str], list[str]]:
    """Drop letters, as many notices, and two scans; return all ids, and those that are urgent."""
    normal = [stack.drop(f"club-{n}.txt", unique(LETTER, f"crash {n}")) for n in range(letters)]
    notices = [stack.drop(f"notice-{n}.txt", unique(NOTICE, f"crash {n}")) for n in range(letters)]
    scans = [stack.drop(name, (SAMPLES / name).read_bytes()) for name in SCANS]
    return [*normal, *notices, *scans], [*notices, *scans]


def kill_in_the_middle(
    stack: WholeStack, documents: list[str], chance: random.Random
) -> dict[str, Course]:
    """Kill the host at some moment of its work, and return each document that had not ended."""
    stack.until(documents[0], lambda document: document.status != "received")
    time.sleep(chance.uniform(0.0, 8.0 if stack.engine == "func" else 1.5))
    before = {document_id: state_of(stack.find(document_id)) for document_id in documents}
    stack.kill_host()
    return {document_id: Course(state) for document_id, state in before.items() if state != "ended"}


def state_of(document: Document | None) -> str:
    if document is None:
        return "not noticed"
    if document.is_at_end:
        return "ended"
    return f"{document.status}, {document.stage}, {document.pages_done}"


def follow(stack: WholeStack, courses: dict[str, Course], seconds: float) -> None:
    """Watch documents until each has ended, and approve what waits."""
    killed = time.monotonic()
    while running := {each: course for each, course in courses.items() if course.ended is None}:
        assert time.monotonic() - killed < seconds, courses
        for document_id, course in running.items():
            document = stack.find(document_id)
            if document is None:
                continue  # not noticed, or the host is not up yet
            now = time.monotonic() - killed
            if course.went_on is None and state_of(document) != course.seen_before:
                course.went_on = now
            if document.is_waiting:
                course.went_on = course.went_on or now
                stack.raise_event(document_id, {"approved": True})
            if document.is_at_end:
                course.ended = now
        time.sleep(0.2)


def temporary_files(stack_folder: Path) -> list[str]:
    """Name the files that the app has left, killed hosts included."""
    temporary = stack_folder / "tmp" / "app"
    assert len(list(temporary.glob("process-*/"))) == 1, "those of killed hosts are still there"
    return [path.name for path in temporary.glob("process-*/**/*") if path.is_file()]


def test_documents_of_a_killed_host_go_on_in_time_and_end_once(tmp_path: Path) -> None:
    chance = random.Random()
    with whole_stack(tmp_path) as stack:
        documents, urgent = drop_documents(stack, letters=3)
        courses = kill_in_the_middle(stack, documents, chance)

        follow(stack, courses, GOES_ON_SECONDS[stack.engine] + stack.patience)

        for document_id in documents:
            stack.ended(document_id)
        stack.settle()
        went_on = {each: course.went_on for each, course in courses.items()}
        late = {k: s for k, s in went_on.items() if (s or 0) > GOES_ON_SECONDS[stack.engine]}
        assert late == {}
        told = Counter(hook["body"]["documentId"] for hook in stack.received())
        ended = [each["body"] for each in stack.received() if each["body"]["status"] == "published"]
        assert Counter(each["documentId"] for each in ended) == Counter(documents), told
        labels = [label for issue in stack.issues() for label in issue["fields"]["labels"]]
        assert sorted(labels) == sorted(map(ticket_label_for, urgent))
        assert temporary_files(tmp_path) == []
