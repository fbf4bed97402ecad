"""A host that is killed or down: each document goes on soon, ends once, and none is overlooked."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from devstack.testing.crash import (
    courses_of,
    drop_batch,
    follow,
    not_once,
    temporary_files,
)
from devstack.testing.letters import LETTER, unique
from devstack.testing.whole_stack import GOES_ON_SECONDS, whole_stack

pytestmark = [pytest.mark.host, pytest.mark.timeout(900)]


def test_documents_of_a_killed_host_go_on_in_time_and_end_once(tmp_path: Path) -> None:
    with whole_stack(tmp_path) as stack:
        batch = drop_batch(stack, 3, "crash")
        stack.until(batch.documents[0], lambda document: document.status != "received")
        time.sleep(random.uniform(0.0, 8.0 if stack.engine == "func" else 1.5))
        courses = courses_of(stack, batch.documents)
        killed = time.monotonic()
        stack.kill_host()

        within = GOES_ON_SECONDS[stack.engine]
        follow(stack, courses, since=killed, seconds=within + stack.patience)

        stack.settle()
        late = {k: each.went_on for k, each in courses.items() if (each.went_on or 0) > within}
        assert late == {}
        assert not_once(stack, batch) == []
        assert temporary_files(tmp_path) == []


@pytest.mark.long
def test_files_dropped_while_the_host_is_down_are_all_noticed(tmp_path: Path) -> None:
    with whole_stack(tmp_path) as stack:
        stack.stop_host()
        documents = [
            stack.drop(f"down-{number}.txt", unique(LETTER, f"down {number}"))
            for number in range(20)
        ]
        stack.start_host()

        records = [stack.ended(document_id) for document_id in documents]

    assert [record["status"] for record in records] == ["published"] * 20
    assert [record["source"]["name"] for record in records] == [f"down-{n}.txt" for n in range(20)]
