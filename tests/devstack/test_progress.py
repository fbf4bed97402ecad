"""Progress as a reader of a log or of a narrow terminal sees it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from rich.console import Console

from devstack.client.app import Document, UnreachableError, Upload
from devstack.client.progress import PlainProgress, Row, Watch, progress_table


def document(status: str, stage: str, **facts: Any) -> Document:
    return Document.read(
        {"id": "a1", "name": "notice.pdf", "status": status, "stage": stage} | facts
    )


def reading(done: int) -> Document:
    return document("processing", "reading", pages={"done": done, "total": 3})


def watch_one(answers: Sequence[Document | None]) -> tuple[list[str], Watch]:
    """Show what the app answers, one answer after the other."""
    lines: list[str] = []
    progress = PlainProgress(lines.append)
    watch = Watch([Upload("notice.pdf", "a1")])
    script = iter(answers)
    for _ in range(len(answers)):
        watch.refresh(lambda _: next(script))
        progress.show(watch.rows)
    return [line.partition(" s  ")[2] for line in lines], watch


def test_plain_progress_writes_a_line_for_each_change() -> None:
    waiting = document(
        "waiting", "waiting_for_review", pages={"done": 3, "total": 3}, urgency="urgent"
    )

    lines, watch = watch_one([None, None, reading(1), reading(1), reading(3), waiting, waiting])

    assert lines == [
        "notice.pdf: dropped",
        "notice.pdf: reading, pages 1/3",
        "notice.pdf: reading, pages 3/3",
        "notice.pdf: waiting for review, pages 3/3, urgent",
    ]
    assert watch.settled
    assert not watch.ended


@pytest.mark.parametrize("status", ["published", "rejected", "expired", "quarantined", "failed"])
def test_each_end_is_an_end(status: str) -> None:
    lines, watch = watch_one([document(status, "done")])

    assert lines == [f"notice.pdf: {status}"]
    assert watch.settled
    assert watch.ended


def test_document_at_its_end_is_not_asked_for_again() -> None:
    _, watch = watch_one([document("published", "done")])

    def refuse(_: str) -> Document:
        raise AssertionError("asked again")

    watch.refresh(refuse)


def unreachable(_: str) -> Document:
    raise UnreachableError("nothing answers")


def test_host_that_answered_before_may_restart() -> None:
    _, watch = watch_one([reading(1)])

    watch.refresh(unreachable)

    assert watch.rows[0].pages == "1/3"


def test_host_that_never_answered_is_an_error() -> None:
    watch = Watch([Upload("notice.pdf", "a1")])

    with pytest.raises(UnreachableError):
        watch.refresh(unreachable)


def test_attachments_of_a_mail_get_rows_below_it_and_are_waited_for() -> None:
    attached = [{"id": "c3", "name": "Programme.pdf"}, {"id": "d4", "name": "run\x1b[2J.exe"}]
    answers: dict[str, Document | None] = {
        "a1": document("published", "done", attachments=attached),
        "b2": document("published", "done"),
        "c3": None,
        "d4": document("quarantined", "done"),
    }
    lines: list[str] = []
    watch = Watch([Upload("visit.eml", "a1"), Upload("notice.pdf", "b2")])

    def settled() -> bool:
        watch.refresh(answers.get)
        return watch.settled

    assert [settled(), settled()] == [False, False]
    answers["c3"] = document("waiting", "waiting_for_review")
    assert settled()
    PlainProgress(lines.append).show(watch.rows)

    assert [line.partition(" s  ")[2] for line in lines] == [
        "visit.eml: published",
        "+ Programme.pdf: waiting for review",
        "+ run[2J.exe: quarantined",
        "notice.pdf: published",
    ]


def test_live_table_fits_a_narrow_terminal() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    name = "a very long name of a document that somebody has scanned and sent to us.pdf"
    row = Row(name, "a1", reading(2), 12.34)

    console.print(progress_table([row]))

    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(len(line.rstrip()) <= 80 for line in shown.splitlines())
    assert "2/3" in shown
    assert "12.3 s" in shown
    assert "…" in shown
