"""Answers that were paid for, kept in `work/cache` under a digest of all that shaped them.

An entry is never trusted blindly: it says which question it answers, in which form, and carries a
digest of its own. One that is not what it should be counts as none, and is made anew.
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

from pydantic import BaseModel, ConfigDict

from docflow.contracts import CACHE_FOLDER, Container
from docflow.errors import DocflowError
from docflow.ports import BlobStore
from docflow.telemetry import log_event

LONGEST_WAIT_SECONDS = 300
"""How long the same question is waited for, before it is asked again after all."""

FormT = TypeVar("FormT", bound=BaseModel)
FoundT = TypeVar("FoundT")


class CacheEntry(BaseModel):
    """An entry, as it is stored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = 1
    key: str
    form: str
    """Digest of the JSON Schema of the payload."""
    sha256: str
    """Digest of key and payload."""
    payload: str
    """A JSON object, as text: the digest is of exactly these characters."""


class ResultCache:
    """Entries of one kind."""

    def __init__(self, store: BlobStore, kind: str) -> None:
        self._store = store
        self._kind = kind
        self._under_way: dict[str, Event] = {}
        self._counting = Lock()

    def once(
        self, key: str, find: Callable[[], FoundT | None], ask: Callable[[], FoundT]
    ) -> FoundT:
        """Give what is found, else ask for it.

        Copies of a file are often sent together. Of those in this process who ask the same at the
        same time one does, and the others look again when it has; if it failed, they ask too.
        """
        found = find()
        if found is not None:
            return found
        with self._turn(key) as first:
            found = None if first else find()
            return ask() if found is None else found

    @contextmanager
    def _turn(self, key: str) -> Iterator[bool]:
        """Give whether the caller is the first who asks; else wait until that one is done."""
        done = Event()
        with self._counting:
            under_way = self._under_way.setdefault(key, done)
        if under_way is not done:
            under_way.wait(LONGEST_WAIT_SECONDS)
            yield False
            return
        try:
            yield True
        finally:
            with self._counting:
                del self._under_way[key]
            done.set()

    def read(self, key: str, form: type[FormT]) -> FormT | None:
        """Give what was kept under a key; None where there is nothing, or nothing to rely on.

        Raises:
            TransientError: the store cannot be asked; paying meanwhile would help nobody, since
                no answer could be stored either.
        """
        content = self._store.read(Container.WORK, self._name(key))
        if content is None:
            return None
        try:
            return _trusted(content, key, form)
        except ValueError as error:
            reason = type(error).__name__
            log_event("cache_entry_ignored", level=WARNING, kind=self._kind, key=key, code=reason)
            return None

    def write(self, key: str, value: BaseModel) -> None:
        """Keep a value. Where that fails the answer is used all the same: it is paid for."""
        payload = value.model_dump_json()
        entry = CacheEntry(
            key=key,
            form=form_digest(type(value)),
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
                kind=self._kind,
                key=key,
                code=error.code,
            )

    def _name(self, key: str) -> str:
        return f"{CACHE_FOLDER}{self._kind}/{key}.json"


def cache_key(*parts: str | bytes | int) -> str:
    """Give the key of a question that is made of these parts, in this order."""
    digests = [
        hashlib.sha256(part if isinstance(part, bytes) else str(part).encode()).hexdigest()
        for part in parts
    ]
    return _digest(*digests)


@cache
def form_digest(form: type[BaseModel]) -> str:
    """Give the digest of the JSON Schema of a form: another schema makes another form."""
    return _digest(json.dumps(form.model_json_schema(), sort_keys=True))


def _trusted(content: bytes, key: str, form: type[FormT]) -> FormT:
    entry = CacheEntry.model_validate_json(content)
    if (entry.key, entry.form) != (key, form_digest(form)):
        raise StaleEntryError
    if entry.sha256 != _digest(key, entry.payload):
        raise DamagedEntryError
    return form.model_validate_json(entry.payload)


class StaleEntryError(ValueError):
    """The entry answers another question, or in another form."""


class DamagedEntryError(ValueError):
    """The entry is not what was written."""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
