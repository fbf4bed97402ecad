"""Entries that were paid for: kept, found again, and never trusted blindly."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from docflow.adapters.cache.results import ResultCache, cache_key
from docflow.contracts import Container
from docflow.errors import ErrorCode, TransientError
from testkit.fakes import InMemoryBlobStore, failing

KEY = cache_key("a question")
NAME = f"cache/facts/{KEY}.json"
AWAY = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")


class Fact(BaseModel):
    """What is kept."""

    text: str


class OtherFact(BaseModel):
    """The same, as a later version has it."""

    text: str
    page: int = 1


FACT = Fact(text="Grüße")


@pytest.fixture
def store() -> InMemoryBlobStore:
    return InMemoryBlobStore()


@pytest.fixture
def cache(store: InMemoryBlobStore) -> ResultCache:
    cache = ResultCache(store, "facts")
    cache.write(KEY, FACT)
    return cache


def test_what_was_kept_is_found_again(cache: ResultCache) -> None:
    assert cache.read(KEY, Fact) == FACT


def test_nothing_is_known_of_another_question(cache: ResultCache) -> None:
    assert cache.read(cache_key("another question"), Fact) is None


def test_parts_of_a_question_do_not_run_into_each_other() -> None:
    keys = {cache_key("ab", "c"), cache_key("a", "bc"), cache_key("abc"), cache_key("c", "ab")}

    assert len(keys) == 4
    assert cache_key(b"abc", 7) == cache_key("abc", "7")


def changed(**fields: object) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps({**json.loads(content), **fields}).encode()


def without(field: str) -> Callable[[bytes], bytes]:
    def drop(content: bytes) -> bytes:
        entry: dict[str, Any] = json.loads(content)
        del entry[field]
        return json.dumps(entry).encode()

    return drop


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: b"\xff\xfe" + content,
        lambda content: b"[]",
        lambda content: content.replace("Grüße".encode(), b"Gr\xc3\xbcsse"),
        changed(payload='{"text": "something else"}'),
        changed(sha256="0" * 64),
        changed(version=2),
        changed(form="0" * 64),
        changed(key=cache_key("another question")),
        changed(beside="the point"),
        without("sha256"),
    ],
)
def test_an_entry_that_is_not_what_was_written_counts_as_none(
    cache: ResultCache, store: InMemoryBlobStore, damage: Callable[[bytes], bytes]
) -> None:
    content = store.read(Container.WORK, NAME) or b""
    assert damage(content) != content
    store.write(Container.WORK, NAME, damage(content), content_type="application/json")

    assert cache.read(KEY, Fact) is None

    cache.write(KEY, FACT)
    assert cache.read(KEY, Fact) == FACT


def test_an_entry_of_another_schema_counts_as_none(cache: ResultCache) -> None:
    assert cache.read(KEY, OtherFact) is None


STORED_BY_AN_EARLIER_RELEASE = (
    r'{"version":1,"key":"bde591e092f76ad3012eb684c7c221b119e6fc4b8a5064d1da141ff45238ec4d",'
    r'"form":"2dfb8e6d6b5bbd4abf16679ae72327ca30a8e74de57c681a62529b47cfacd163",'
    r'"sha256":"c8838e7458649ab2147f189bfee80bd37f22cbd0cb47bb29bc9013a019dba645",'
    r'"payload":"{\"text\":\"Grüße\"}"}'
).encode()


def test_entries_of_earlier_releases_are_read(cache: ResultCache, store: InMemoryBlobStore) -> None:
    assert store.read(Container.WORK, NAME) == STORED_BY_AN_EARLIER_RELEASE

    store.write(Container.WORK, NAME, STORED_BY_AN_EARLIER_RELEASE, content_type="text/plain")
    assert cache.read(KEY, Fact) == FACT


def test_an_entry_under_a_wrong_name_counts_as_none(
    cache: ResultCache, store: InMemoryBlobStore
) -> None:
    other = cache_key("another question")
    store.copy((Container.WORK, NAME), (Container.WORK, f"cache/facts/{other}.json"))

    assert cache.read(other, Fact) is None


def test_an_answer_that_could_not_be_kept_is_used_all_the_same(store: InMemoryBlobStore) -> None:
    cache = ResultCache(failing(store, "write", AWAY), "facts")

    cache.write(KEY, FACT)

    assert cache.read(KEY, Fact) is None


def test_nothing_is_paid_for_while_the_cache_cannot_be_asked(store: InMemoryBlobStore) -> None:
    with pytest.raises(TransientError):
        ResultCache(failing(store, "read", AWAY), "facts").read(KEY, Fact)


def test_what_went_wrong_is_logged_without_what_was_kept(
    cache: ResultCache, store: InMemoryBlobStore, caplog: pytest.LogCaptureFixture
) -> None:
    content = (store.read(Container.WORK, NAME) or b"").replace(b"version", b"edition")
    store.write(Container.WORK, NAME, content, content_type="application/json")

    cache.read(KEY, Fact)

    assert "cache_entry_ignored" in caplog.text
    assert "Gr" not in caplog.text
