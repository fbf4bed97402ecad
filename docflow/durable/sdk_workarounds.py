"""Workarounds for faults of the Durable SDK (1.7.0)."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any


class QueuedEvents(dict[Any, Any]):
    """The SDK's dictionary of early events, with a queue for events of one name.

    For an event that comes before a task waits for it, the SDK stores a callback here, which passes
    the event to the task. The SDK calls it when there is such a task, but never removes it.
    """

    def __init__(self, name: str, arrivals: Mapping[Any, Any]) -> None:
        super().__init__(arrivals)
        self._name = name
        self._queue: deque[Callable[[], None]] = deque()

    def __setitem__(self, key: object, hand_over: Callable[[], None]) -> None:
        if key == self._name:
            self._queue.append(hand_over)
            hand_over = self._hand_over_oldest
        super().__setitem__(key, hand_over)

    def _hand_over_oldest(self) -> None:
        oldest = self._queue.popleft()
        if not self._queue:
            del self[self._name]
        oldest()


class _MatchesAnything(str):
    """A string that is equal to every other string."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


class _AnyJsonType(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        return _MatchesAnything("AnyJson")

    @property
    def __module__(cls) -> str:  # type: ignore[override]
        return _MatchesAnything("docflow.durable.sdk_workarounds")

    def __instancecheck__(cls, instance: object) -> bool:
        return True


class AnyJson(metaclass=_AnyJsonType):
    """An expected type for event bodies that accepts any JSON value.

    Bodies come from outside. If one has the three keys of the SDK's envelope for Python objects
    (`__class__`, `__module__`, `__data__`), the decoder compares this class with the expected type
    and raises an error if they differ, which would end the orchestration. This type is equal to
    every class, and makes an invalid body of such an envelope.
    """

    @staticmethod
    def to_json(value: object) -> object:
        """Return the value; the SDK requires this method."""
        return value

    @staticmethod
    def from_json(_data: object) -> str:
        """Return a body that is never valid."""
        return "an envelope of a Python object"


def require_strict_typing() -> None:
    """Set the SDK's decoder to strict: it then never loads a class that a payload names."""
    os.environ.setdefault("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", "1")
