"""Count what the stand-ins were asked and what they did."""

from __future__ import annotations

import dataclasses
from typing import Any

from devstack.services.controls.faults import OPERATIONS

TOTALS_BY_OPERATION = {
    "ocr.analyze": ("pages_analysed",),
    "chat.completions": ("prompt_tokens", "completion_tokens"),
    "jira.create": ("issues_created",),
    "jira.transition": ("issues_cancelled",),
    "webhook": ("webhooks_received",),
}
"""Which totals are repeated beside the operation that makes them."""


@dataclasses.dataclass(slots=True)
class Gauge:
    """How many are going on now, and the most there were at once."""

    in_flight: int = 0
    max_in_flight: int = 0

    def enter(self) -> None:
        """Count one that begins."""
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def leave(self) -> None:
        """Count one that ends."""
        self.in_flight -= 1


@dataclasses.dataclass(slots=True)
class OperationCount:
    """The requests of one operation."""

    requests: int = 0
    faulted: int = 0
    gauge: Gauge = dataclasses.field(default_factory=Gauge)

    def as_json(self) -> dict[str, int]:
        """Return the four counts."""
        return {
            "requests": self.requests,
            "faulted": self.faulted,
            "in_flight": self.gauge.in_flight,
            "max_in_flight": self.gauge.max_in_flight,
        }


@dataclasses.dataclass(slots=True)
class Stats:
    """Everything counted since the start or the last reset."""

    operations: dict[str, OperationCount] = dataclasses.field(
        default_factory=lambda: {name: OperationCount() for name in OPERATIONS}
    )
    analyses: Gauge = dataclasses.field(default_factory=Gauge)
    """The OCR operations that were accepted and are not finished."""
    pages_analysed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    issues_created: int = 0
    issues_cancelled: int = 0
    webhooks_received: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return all counts; some totals are repeated under their operation."""
        totals = {
            name: getattr(self, name) for names in TOTALS_BY_OPERATION.values() for name in names
        }
        operations: dict[str, dict[str, int]] = {
            name: count.as_json() for name, count in self.operations.items()
        }
        for operation, names in TOTALS_BY_OPERATION.items():
            operations[operation].update({name: totals[name] for name in names})
        operations["ocr.analyze"].update(
            analyses_in_flight=self.analyses.in_flight,
            max_analyses_in_flight=self.analyses.max_in_flight,
        )
        return {"operations": operations, **totals}
