"""Results that were paid for, stored in `work/cache` under a digest of everything that shaped them.

An entry is checked before it is used: it holds the key of its question, a digest of the schema of
its payload, and a digest of its content. An entry that fails a check is ignored and replaced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from logging import WARNING
from threading import Event, Lock
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from docflow.contracts import CACHE_FOLDER, Container
from docflow.errors import DocflowError
from docflow.ports import BlobStore
from docflow.telemetry import log_event

LONGEST_WAIT_SECONDS = 300
"""Timeout of a caller that waits for another one with the same question; then it asks itself."""

SchemaT = TypeVar("SchemaT", bound=BaseModel)
FoundT = TypeVar("FoundT")


class CacheEntry(BaseModel):
    """An entry, as it is stored."""

    model_config = ConfigDict(
        extra="forbid", hide_input_in_errors=True, validate_by_name=True, serialize_by_alias=True
    )

    version: Literal[1] = 1
    key: str
    schema_sha256: str = Field(alias="form")
    """Digest of the JSON Schema of the payload; stored under the name that entries always had."""
    sha256: str
    """Digest of key and payload."""
    payload: str
    """A JSON object, as text: the digest is of exactly these characters."""


class ResultCache:
    """Entries of one namespace."""

    def __init__(self, store: BlobStore, namespace: str) -> None:
        self._store = store
        self._namespace = namespace
        self._in_flight: dict[str, Event] = {}
        self._lock = Lock()

    def single_flight(
        self, key: str, find: Callable[[], FoundT | None], ask: Callable[[], FoundT]
    ) -> FoundT:
        """Return what is stored, else ask for it, once for all callers of the same moment.

        Copies of a file are often sent together. Of the callers in this process with the same key
        one asks, and the others wait and look again. If it failed, they ask too.

        Args:
            key: identifies the question.
            find: returns the stored result, or None.
            ask: asks the service, and stores the result.
        """
        found = find()
        if found is not None:
            return found
        with self._flight(key) as leads:
            found = None if leads else find()
            return ask() if found is None else found

    @contextmanager
    def _flight(self, key: str) -> Iterator[bool]:
        """Yield whether the caller is the one that asks; else wait until that one has finished."""
        finished = Event()
        with self._lock:
            in_flight = self._in_flight.setdefault(key, finished)
        if in_flight is not finished:
            in_flight.wait(LONGEST_WAIT_SECONDS)
            yield False
            return
        try:
            yield True
        finally:
            with self._lock:
                del self._in_flight[key]
            finished.set()

    def read(self, key: str, schema: type[SchemaT]) -> SchemaT | None:
        """Return the stored value; None where there is none, or none that passes the checks.

        Raises:
            TransientError: the store cannot be reached. To ask the service meanwhile would be of
                no use, since no result could be stored either.
        """
        content = self._store.read(Container.WORK, self._name(key))
        if content is None:
            return None
        try:
            return _checked(content, key, schema)
        except ValueError as error:
            reason = type(error).__name__
            log_event(
                "cache_entry_ignored",
                level=WARNING,
                namespace=self._namespace,
                key=key,
                code=reason,
            )
            return None

    def write(self, key: str, value: BaseModel) -> None:
        """Store a value. A failure is only logged: the result is paid for, and is used anyway."""
        payload = value.model_dump_json()
        entry = CacheEntry(
            key=key,
            schema_sha256=schema_digest(type(value)),
            sha256=_digest(key, payload),
            payload=payload,
        )
        content = entry.model_dump_json().encode()
        try:
            self._store.write(
                Container.WORK, self._name(key), content, content_type="application/json"
            )
        except DocflowError as error:
            log_event(
                "cache_entry_not_written",
                level=WARNING,
                namespace=self._namespace,
                key=key,
                code=error.code,
            )

    def _name(self, key: str) -> str:
        return f"{CACHE_FOLDER}{self._namespace}/{key}.json"


def cache_key(*parts: str | bytes | int) -> str:
    """Return the key of a question that consists of these parts, in this order."""
    digests = [
        hashlib.sha256(part if isinstance(part, bytes) else str(part).encode()).hexdigest()
        for part in parts
    ]
    return _digest(*digests)


@cache
def schema_digest(schema: type[BaseModel]) -> str:
    """Return the digest of the JSON Schema of a model."""
    return _digest(json.dumps(schema.model_json_schema(), sort_keys=True))


def _checked(content: bytes, key: str, schema: type[SchemaT]) -> SchemaT:
    entry = CacheEntry.model_validate_json(content)
    if (entry.key, entry.schema_sha256) != (key, schema_digest(schema)):
        raise StaleEntryError
    if entry.sha256 != _digest(key, entry.payload):
        raise DamagedEntryError
    return schema.model_validate_json(entry.payload)


class StaleEntryError(ValueError):
    """The entry answers another question, or has another schema."""


class DamagedEntryError(ValueError):
    """The entry is not as it was written."""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
