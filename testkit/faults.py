"""Ports that fail at the worst moments, by chance drawn from a seed; and what that may cost.

Between any two calls of a port the process may die, and a call may fail before its effect or, what
is worse, after it: the answer gets lost.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

from docflow.clients import Clients
from docflow.errors import ErrorCode, TransientError
from docflow.ports import ModelBlocked

Rule = Callable[[str, tuple[object, ...]], None]
"""Looks at a call of a port before it is made; raises where the port is broken for it."""

_PAID = frozenset({"ocr", "model"})
_AWAY = {
    "ocr": ErrorCode.OCR_UNAVAILABLE,
    "model": ErrorCode.MODEL_UNAVAILABLE,
    "tickets": ErrorCode.TICKETS_UNAVAILABLE,
    "notifier": ErrorCode.WEBHOOK_UNAVAILABLE,
}
"""What a port says that fails; the others, which the store feeds, say that storage is away."""
_NOT_CALLED_FROM_OUTSIDE = frozenset({"settings", "clock"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """How likely a call of a port goes wrong."""

    fails: float = 0.0
    """Nothing has happened, and the caller is told so."""
    loses_answer: float = 0.0
    """It has happened, and the caller is told that it has not."""
    crash: type[BaseException] | None = None
    """What ends the process; with none it lives."""
    crashes: float = 0.0
    """The process dies, in half of the cases before the call and else after it."""
    loses_first_answer_of: frozenset[str] = frozenset()
    """Calls such as `tickets.open` whose first answer gets lost for sure."""


@dataclass(slots=True)
class Ledger:
    """What was paid for by each piece of work, and how often a fault came before it was kept."""

    answers: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    _work: str = ""
    _unkept: int = 0

    def begin(self, activity: str, payload: Mapping[str, Any]) -> None:
        """A piece of work begins, perhaps not for the first time."""
        self._work = f"{activity} {json.dumps(payload, sort_keys=True)}"
        self._unkept = 0

    def paid(self) -> None:
        """A service gave an answer that costs money."""
        self.answers[self._work] += 1
        self._unkept += 1

    def kept(self) -> None:
        """What was known by now is stored."""
        self._unkept = 0

    def fault(self) -> None:
        """Something goes wrong on purpose: what is not stored by now may be asked for again."""
        self.lost[self._work] += self._unkept
        self._unkept = 0

    def paid_in_vain(self) -> list[str]:
        """Name the work that was paid for more often than the faults explain."""
        return [work for work, times in self.answers.items() if times > 1 + self.lost[work]]


def unreliable(
    clients: Clients,
    trouble: Trouble,
    chance: random.Random,
    ledger: Ledger,
    rules: Mapping[str, Rule] | None = None,
) -> Clients:
    """Give the same clients, but all calls of their ports may go wrong.

    Args:
        clients: what plays the roles in truth.
        trouble: how likely a call goes wrong.
        chance: where chance comes from.
        ledger: is told what is paid for, what is kept, and each fault.
        rules: what is broken for good, by the name of the port.
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
            raise self._failure("did what was asked, but its answer got lost")
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

    def _failure(self, what: str) -> TransientError:
        self._ledger.fault()
        code = _AWAY.get(self._role, ErrorCode.STORAGE_UNAVAILABLE)
        return TransientError(code, f"The {self._role} {what}.")

    def _note(self, method: str, args: tuple[object, ...], result: object) -> None:
        if self._role in _PAID and not isinstance(result, ModelBlocked):
            self._ledger.paid()
        elif self._role == "store" and method == "write" and not _counts_only(args):
            self._ledger.kept()


def _counts_only(args: tuple[object, ...]) -> bool:
    """Whether a write keeps what an answer took, and not yet the answer itself."""
    return any("/calls/" in str(arg) for arg in args[:2])
