"""Where the Durable SDK (1.7.0) does not do what an orchestration needs, and how that is mended."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any


class QueuedEvents(dict[Any, Any]):
    """What came for nobody so far, as the SDK keeps it, but with a queue for events of one name.

    The SDK puts in a callback that hands the arrival to the task that waits by then, and calls it
    when there is one; it never takes it out again.
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
    """A name that equals every other."""

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
    """Declares an event body as "any JSON whatever" to the SDK's decoder.

    Bodies come from outside. One that has the three keys of the SDK's envelope for Python objects
    (`__class__`, `__module__`, `__data__`) makes the decoder look for that class and raise where it
    is another than the declared one, which would end the orchestration. This type claims to be
    every class and turns such a body into one that is merely invalid.
    """

    @staticmethod
    def to_json(value: object) -> object:
        """Take part in the SDK's protocol for Python objects."""
        return value

    @staticmethod
    def from_json(_data: object) -> str:
        """Give a body that no reader takes for valid."""
        return "an envelope of a Python object"


def require_strict_typing() -> None:
    """Make the SDK's decoder strict: it then never looks up classes that a payload names."""
    os.environ.setdefault("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", "1")
