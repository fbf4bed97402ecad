"""The two searches that docflow sends, read out of their JQL; every other one is refused.

JQL is a language of its own, and an interpreter of some of it would have answers of its own where
Jira has others. So a search is either one of these, to the letter, or an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devstack.services.jira.issues import JiraRefusal

UNDERSTOOD = (
    'project = "KEY"',
    'project = "KEY" AND labels = "LABEL" ORDER BY created ASC',
)
MOST_RECONCILED = 50
QUOTED = r'"((?:[^"\\]|\\.)*)"'
IN_PROJECT = re.compile(rf"project = {QUOTED}")
BY_LABEL = re.compile(rf"project = {QUOTED} AND labels = {QUOTED} ORDER BY created ASC")
ESCAPED = re.compile(r"\\(.)")


class JqlError(ValueError):
    """The search is none that is understood; the message is for `errorMessages`."""


@dataclass(frozen=True, slots=True)
class Search:
    """The issues of a project, those with one label where one is named."""

    project: str
    label: str | None = None

    @property
    def oldest_first(self) -> bool:
        """Return whether the oldest issue comes first; Jira's own order is the newest first."""
        return self.label is not None

    def matches(self, fields: Mapping[str, Any]) -> bool:
        """Return whether an issue with these fields is found; letter case makes no difference."""
        if fields["project"]["key"].casefold() != self.project.casefold():
            return False
        labels = (label.casefold() for label in fields["labels"])
        return self.label is None or self.label.casefold() in labels


def reconciled_ids(asked: Mapping[str, Any]) -> set[str]:
    """Return the ids of the issues that a search shall show as they are now.

    Raises:
        JiraRefusal: there are more than Jira takes.
    """
    listed = asked.get("reconcileIssues") or []
    ids = {str(each).strip() for each in (listed.split(",") if isinstance(listed, str) else listed)}
    if len(ids) > MOST_RECONCILED:
        raise JiraRefusal(400, [f"reconcileIssues takes at most {MOST_RECONCILED} issues."])
    return ids


def parse_search(jql: str) -> Search:
    """Return the search that a query stands for.

    Raises:
        JqlError: it is neither of the two; the message names both.
    """
    found = IN_PROJECT.fullmatch(jql) or BY_LABEL.fullmatch(jql)
    if found is None:
        raise JqlError(
            f"This stand-in for Jira does not understand the search {jql!r}. It understands: "
            f"{', and '.join(UNDERSTOOD)}."
        )
    return Search(*(ESCAPED.sub(r"\1", text) for text in found.groups()))
