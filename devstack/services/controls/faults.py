"""What can be made to go wrong, per operation: the rules, their checks, and when they fire."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable
from typing import Any, Literal

OPERATIONS = (
    "ocr.analyze",
    "ocr.result",
    "chat.completions",
    "jira.create",
    "jira.search",
    "jira.transition",
    "webhook",
)

FilteredPart = Literal["prompt", "completion"]


class FaultRuleError(ValueError):
    """A fault request that cannot be taken; `field` names what is wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


@dataclasses.dataclass(frozen=True, slots=True)
class FaultRule:
    """One operation's delay and fault, as set through `/_control/faults`."""

    latency_ms: float = 0.0
    status: int | None = None
    retry_after: float | None = None
    retry_after_ms: float | None = None
    rate: float | None = None
    next: int | None = None
    malformed: bool = False
    hang_ms: float = 0.0
    after: bool = False
    content_filter: FilteredPart | None = None
    most_pages: int | None = None
    seed: int = 0

    @property
    def breaks_something(self) -> bool:
        """Return whether the rule makes a request fail, and does not only delay it."""
        breaks = self.status, self.malformed, self.hang_ms, self.content_filter, self.most_pages
        return any(breaks)

    def as_json(self) -> dict[str, Any]:
        """Return the fields that were set."""
        plain = dataclasses.asdict(self)
        return {name: value for name, value in plain.items() if value not in (None, False, 0, 0.0)}


@dataclasses.dataclass(frozen=True, slots=True)
class FaultPlan:
    """What shall happen to one request: the delay always, the rest only where a fault applies."""

    latency_ms: float = 0.0
    faulted: bool = False
    status: int | None = None
    retry_after: float | None = None
    retry_after_ms: float | None = None
    malformed: bool = False
    hang_ms: float = 0.0
    after: bool = False
    content_filter: FilteredPart | None = None
    most_pages: int | None = None


class FaultRules:
    """The rules in force, and how often each still applies."""

    def __init__(self) -> None:
        self._rules: dict[str, FaultRule] = {}
        self._left: dict[str, int] = {}
        self._streams: dict[str, random.Random] = {}

    def set(self, operation: str, rule: FaultRule) -> None:
        """Put `rule` in place of the one that `operation` has."""
        self._rules[operation] = rule
        self._streams[operation] = random.Random(rule.seed)  # noqa: S311 - faults, not secrets
        self._left.pop(operation, None)
        if rule.next is not None:
            self._left[operation] = rule.next

    def clear(self, operation: str | None = None) -> None:
        """Remove the rule of one operation, or all of them."""
        for name in [operation] if operation else list(self._rules):
            self._rules.pop(name, None)
            self._left.pop(name, None)
            self._streams.pop(name, None)

    def plan(self, operation: str) -> FaultPlan:
        """Decide what happens to the request that has just come in."""
        rule = self._rules.get(operation)
        if rule is None:
            return FaultPlan()
        if not rule.breaks_something or not self._applies(operation, rule):
            return FaultPlan(latency_ms=rule.latency_ms)
        return FaultPlan(
            latency_ms=rule.latency_ms,
            faulted=True,
            status=rule.status,
            retry_after=rule.retry_after,
            retry_after_ms=rule.retry_after_ms,
            malformed=rule.malformed,
            hang_ms=rule.hang_ms,
            after=rule.after,
            content_filter=rule.content_filter,
            most_pages=rule.most_pages,
        )

    def as_json(self) -> dict[str, dict[str, Any]]:
        """Return the rules in force, with `remaining` where they end by themselves."""
        listed = {name: rule.as_json() for name, rule in self._rules.items()}
        for name, left in self._left.items():
            listed[name]["remaining"] = left
        return listed

    def _applies(self, operation: str, rule: FaultRule) -> bool:
        if operation in self._left:
            if self._left[operation] <= 0:
                return False
            self._left[operation] -= 1
            return True
        if rule.rate is not None:
            return self._streams[operation].random() < rule.rate
        return True


def rules_from_json(body: object) -> dict[str, FaultRule | None]:
    """Read a fault request; `None` clears an operation's rule.

    Takes `{"ocr.analyze": {...}}`, `{"operation": "ocr.analyze", ...}` and `{"faults": {...}}`.
    """
    if not isinstance(body, dict):
        raise FaultRuleError("body", "must be a JSON object")
    if "operation" in body:
        fields = {name: value for name, value in body.items() if name != "operation"}
        body = {body["operation"]: fields}
    elif set(body) == {"faults"}:
        body = body["faults"]
        if not isinstance(body, dict):
            raise FaultRuleError("faults", "must be an object of operations")
    return {_operation(name): _rule(name, fields) for name, fields in body.items()}


def _operation(name: object) -> str:
    if not isinstance(name, str) or name not in OPERATIONS:
        raise FaultRuleError(
            "operation", f"{name!r} is not known; use one of {', '.join(OPERATIONS)}"
        )
    return name


def _rule(operation: str, fields: object) -> FaultRule | None:
    if fields is None:
        return None
    if not isinstance(fields, dict):
        raise FaultRuleError(operation, "must be an object of fault fields")
    for name, value in fields.items():
        _check_field(operation, name, value)
    set_fields = {name: value for name, value in fields.items() if value is not None}
    if "rate" in set_fields and "next" in set_fields:
        raise FaultRuleError(f"{operation}.rate", "give either rate or next, not both")
    if "content_filter" in set_fields and operation != "chat.completions":
        raise FaultRuleError(f"{operation}.content_filter", "is for chat.completions alone")
    if "most_pages" in set_fields and operation != "ocr.analyze":
        raise FaultRuleError(f"{operation}.most_pages", "is for ocr.analyze alone")
    rule = FaultRule(**set_fields)
    if ("rate" in set_fields or "next" in set_fields) and not rule.breaks_something:
        raise FaultRuleError(
            f"{operation}.status", "rate and next need a fault: status, malformed or hang_ms"
        )
    return rule


def _is_number(value: object, low: float, high: float) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and low <= value <= high
    )


def _is_integer(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and _is_number(value, low, high)


HOUR_MS = 3_600_000

FIELD_CHECKS: dict[str, tuple[Callable[[object], bool], str]] = {
    "latency_ms": (lambda value: _is_number(value, 0, HOUR_MS), "a number from 0 to 3600000"),
    "status": (lambda value: _is_integer(value, 400, 599), "an HTTP status from 400 to 599"),
    "retry_after": (lambda value: _is_number(value, 0, 86_400), "seconds from 0 to 86400"),
    "retry_after_ms": (lambda value: _is_number(value, 0, HOUR_MS), "a number from 0 to 3600000"),
    "rate": (lambda value: _is_number(value, 0, 1), "a share from 0 to 1"),
    "next": (lambda value: _is_integer(value, 1, 1_000_000), "a count from 1"),
    "malformed": (lambda value: isinstance(value, bool), "true or false"),
    "hang_ms": (lambda value: _is_number(value, 0, HOUR_MS), "a number from 0 to 3600000"),
    "after": (lambda value: isinstance(value, bool), "true or false"),
    "content_filter": (lambda value: value in ("prompt", "completion"), "prompt or completion"),
    "most_pages": (lambda value: _is_integer(value, 1, 1_000_000), "a count of pages from 1"),
    "seed": (lambda value: _is_integer(value, 0, 2**63), "a whole number from 0"),
}


def _check_field(operation: str, name: object, value: object) -> None:
    if name not in FIELD_CHECKS:
        raise FaultRuleError(
            f"{operation}.{name}", f"is not a fault field; use {', '.join(FIELD_CHECKS)}"
        )
    is_valid, expected = FIELD_CHECKS[str(name)]
    if value is not None and not is_valid(value):
        raise FaultRuleError(f"{operation}.{name}", f"must be {expected}, not {value!r}")
