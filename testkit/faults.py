"""Ports with random faults from a seed, and a ledger of what the faults may cost.

Between any two calls of a port the process may crash. A call may fail before its effect, or after
its effect, so that the answer is lost.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

from docflow.clients import Clients
from docflow.errors import ErrorCode, InDoubtError, TransientError
from docflow.ports import ModelBlocked

Rule = Callable[[str, tuple[object, ...]], None]
"""A function that gets each call of a port before it is made, and raises if the call must fail."""

_PAID = frozenset({"ocr", "model"})
_AWAY = {
    "ocr": ErrorCode.OCR_UNAVAILABLE,
    "model": ErrorCode.MODEL_UNAVAILABLE,
    "tickets": ErrorCode.TICKETS_UNAVAILABLE,
    "notifier": ErrorCode.WEBHOOK_UNAVAILABLE,
}
"""The code of a fault by port; all other ports use storage, so their code is for storage."""
_NOT_CALLED_FROM_OUTSIDE = frozenset({"settings", "clock"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """The probabilities of the faults of one call."""

    fails: float = 0.0
    """The call fails before its effect."""
    loses_answer: float = 0.0
    """The call fails after its effect."""
    crash: type[BaseException] | None = None
    """The exception that ends the process; None for no crashes."""
    crashes: float = 0.0
    """The process crashes, in half of the cases before the call, otherwise after it."""
    loses_first_answer_of: frozenset[str] = frozenset()
    """Calls such as `tickets.open` whose first answer is always lost."""


@dataclass(slots=True)
class Ledger:
    """Counts, for each work, of paid answers and of paid answers that a fault lost."""

    answers: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    _work: str = ""
    _unkept: int = 0

    def begin(self, activity: str, payload: Mapping[str, Any]) -> None:
        """Note that an activity begins; it may be a repetition."""
        self._work = f"{activity} {json.dumps(payload, sort_keys=True)}"
        self._unkept = 0

    def paid(self) -> None:
        """Note an answer that costs money."""
        self.answers[self._work] += 1
        self._unkept += 1

    def kept(self) -> None:
        """Note that all answers so far are stored."""
        self._unkept = 0

    def fault(self) -> None:
        """Note a fault: answers that are not stored yet may be paid for again."""
        self.lost[self._work] += self._unkept
        self._unkept = 0

    def paid_too_often(self) -> list[str]:
        """Return the work that was paid for more often than the faults explain."""
        return [work for work, times in self.answers.items() if times > 1 + self.lost[work]]


def unreliable(
    clients: Clients,
    trouble: Trouble,
    chance: random.Random,
    ledger: Ledger,
    rules: Mapping[str, Rule] | None = None,
) -> Clients:
    """Return the same clients with faults in the calls of their ports.

    Args:
        clients: get the calls that do not fail.
        trouble: the probabilities of the faults.
        chance: the source of random numbers.
        ledger: notes what is paid for, what is stored, and each fault.
        rules: permanent faults, by the name of the port.
    """
    known = rules or {}
    ports = {
        name: _UnreliablePort(name, getattr(clients, name), trouble, chance, ledger, known)
        for name in (f.name for f in fields(clients))
        if name not in _NOT_CALLED_FROM_OUTSIDE
    }
    return replace(clients, **cast("dict[str, Any]", ports))


class _UnreliablePort:
    def __init__(
        self,
        role: str,
        inner: object,
        trouble: Trouble,
        chance: random.Random,
        ledger: Ledger,
        rules: Mapping[str, Rule],
    ) -> None:
        self._role = role
        self._inner = inner
        self._trouble = trouble
        self._chance = chance
        self._ledger = ledger
        self._rule = rules.get(role)
        self._answered: set[str] = set()

    def __getattr__(self, name: str) -> object:
        call: Callable[..., object] = getattr(self._inner, name)

        def attempt(*args: object, **kwargs: object) -> object:
            return self._attempt(name, lambda: call(*args, **kwargs), args)

        return attempt

    def _attempt(self, method: str, call: Callable[[], object], args: tuple[object, ...]) -> object:
        if self._rule is not None:
            self._rule(method, args)
        self._perhaps_crash()
        if self._chance.random() < self._trouble.fails:
            raise self._failure("did not answer")
        result = call()
        self._note(method, args, result)
        self._perhaps_crash()
        if self._loses_answer_of(method):
            raise self._failure("did what was asked, but its answer got lost", InDoubtError)
        return result

    def _loses_answer_of(self, method: str) -> bool:
        first = method not in self._answered
        self._answered.add(method)
        sure = first and f"{self._role}.{method}" in self._trouble.loses_first_answer_of
        return self._chance.random() < self._trouble.loses_answer or sure

    def _perhaps_crash(self) -> None:
        trouble = self._trouble
        if trouble.crash is not None and self._chance.random() < trouble.crashes / 2:
            self._ledger.fault()
            raise trouble.crash

    def _failure(self, what: str, kind: type[TransientError] = TransientError) -> TransientError:
        self._ledger.fault()
        code = _AWAY.get(self._role, ErrorCode.STORAGE_UNAVAILABLE)
        return kind(code, f"The {self._role} {what}.")

    def _note(self, method: str, args: tuple[object, ...], result: object) -> None:
        if self._role in _PAID and not isinstance(result, ModelBlocked):
            self._ledger.paid()
        elif self._role == "store" and method == "write" and not _counts_only(args):
            self._ledger.kept()


def _counts_only(args: tuple[object, ...]) -> bool:
    """Return whether a write stores the usage of an answer, and not the answer."""
    return any("/calls/" in str(arg) for arg in args[:2])
