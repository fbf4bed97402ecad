"""What the fakes do beyond the contracts that they share with the adapters."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from docflow.adapters.clock import SystemClock
from docflow.errors import ErrorCode, NotFoundError, TransientError
from docflow.models.states import PageMethod
from docflow.ports import FileFacts, FileRefusal, PageSplit
from testkit.fakes import FakeFileParser, FixedClock, InMemoryBlobStore, failing, fake_clients

BUSY = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "busy")


def test_a_method_fails_as_often_as_it_was_told() -> None:
    inner = InMemoryBlobStore()
    store = failing(inner, "write", BUSY, BUSY)

    for _ in range(2):
        with pytest.raises(TransientError):
            store.write("work", "a", b"1", content_type="text/plain")
    store.write("work", "a", b"1", content_type="text/plain")

    assert store.read("work", "a") == b"1"
    assert ("work", "a") in inner.blobs


def test_a_method_may_fail_for_ever() -> None:
    store = failing(InMemoryBlobStore(), "check", BUSY, forever=True)

    for _ in range(3):
        with pytest.raises(TransientError):
            store.check()


def test_only_a_method_that_exists_can_fail() -> None:
    with pytest.raises(AttributeError):
        failing(InMemoryBlobStore(), "wirte", BUSY)


def test_time_moves_when_it_is_told_to() -> None:
    clock = FixedClock()
    before = clock.now()

    clock.advance(hours=2)

    assert clock.now() - before == timedelta(hours=2)


def test_the_clock_of_the_system_is_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_the_fake_parser_gives_the_pages_that_were_set(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"anything")
    parser = FakeFileParser(["Text", None, ""])

    split = parser.split(file, content_type="application/pdf", into=tmp_path)
    assert isinstance(split, PageSplit)

    assert parser.inspect(file) == FileFacts("application/pdf", 3)
    assert [(page.number, page.method, page.text) for page in split.texts] == [
        (1, PageMethod.TEXT_LAYER, "Text"),
        (3, PageMethod.EMPTY, ""),
    ]
    assert [page.number for page in split.ocr] == [2]
    assert split.ocr[0].file.read_bytes()
    picture = parser.render(file, content_type="application/pdf", page=1, max_pixels=1)
    assert picture.startswith(b"\x89PNG")
    with pytest.raises(NotFoundError):
        parser.render(file, content_type="application/pdf", page=4, max_pixels=1)


def test_the_fake_parser_may_refuse(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"anything")
    refusal = FileRefusal(ErrorCode.ENCRYPTED, "It has a password.")

    assert FakeFileParser(refusal=refusal).inspect(file) == refusal


def test_clients_are_made_of_fakes_but_for_those_given() -> None:
    store = InMemoryBlobStore()

    clients = fake_clients(store=store)

    assert clients.store is store
    assert clients.settings.jira_project == "DOC"
    clients.index.check()
