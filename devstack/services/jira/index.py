"""The search index of the stand-in: issues as they were some time ago."""

from __future__ import annotations

import copy
import time
from collections.abc import Collection, Iterator

from devstack.services.jira.issues import JsonObject


class SearchIndex:
    """All states that each issue had, in the order in which the issues were created."""

    def __init__(self) -> None:
        self._states: dict[str, list[tuple[float, JsonObject]]] = {}

    def clear(self) -> None:
        """Forget all issues."""
        self._states.clear()

    def note(self, issue: JsonObject) -> None:
        """Note the state that an issue has now."""
        states = self._states.setdefault(issue["id"], [])
        states.append((time.monotonic(), copy.deepcopy(issue)))

    def issues(self, *, lag_seconds: float, reconciled: Collection[str]) -> Iterator[JsonObject]:
        """Return each issue as it was some seconds ago, and the reconciled ones as they are now."""
        moment = time.monotonic() - lag_seconds
        for issue_id, states in self._states.items():
            at = time.monotonic() if issue_id in reconciled else moment
            known = [issue for when, issue in states if when <= at]
            yield from known[-1:]
