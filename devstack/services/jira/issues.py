"""The issues of the stand-in: what Jira refuses in a new one, and the fields that it has."""

from __future__ import annotations

import re
from typing import Any

from devstack.services.http.timestamps import jira_time
from devstack.services.jira.behaviour import FIELD_ERROR, Behaviour

FIRST_ID = 10001
MAX_SUMMARY_CHARS = 255
MAX_TEXT_CHARS = 32_767
MAX_LABEL_CHARS = 255
PROJECT_ERROR = "Specify a valid project ID or key"
PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,9}")
STATUSES = {
    "To Do": ("10000", "new", "To Do"),
    "In Progress": ("3", "indeterminate", "In Progress"),
    "Done": ("10001", "done", "Done"),
    "Cancelled": ("10002", "done", "Done"),
}
"""Status name to its id, and the key and name of its category."""
RESOLUTIONS = ("Done", "Won't Do", "Cancelled", "Duplicate")
TRANSITIONS = {
    "11": ("To Do", "To Do"),
    "21": ("Start progress", "In Progress"),
    "31": ("Done", "Done"),
    "41": ("Cancel", "Cancelled"),
}
"""Transition id to its name and the status it leads to; each is open from every other status."""
USER = {
    "accountId": "docflow-local",
    "name": "docflow",
    "emailAddress": "docflow@example.com",
    "displayName": "docflow",
    "active": True,
    "timeZone": "Etc/UTC",
}
JsonObject = dict[str, Any]


class JiraRefusal(Exception):  # noqa: N818 - an answer, not a failure
    """A request that Jira answers with `errorMessages` or `errors`."""

    def __init__(
        self, status: int, messages: list[str] | None = None, errors: dict[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.messages = messages or []
        self.errors = errors or {}


def check_new_issue(fields: JsonObject, behaviour: Behaviour) -> None:
    """Refuse what Jira refuses, field by field."""
    problems = {
        **{
            name: f"{name} is required."
            for name in behaviour.required_fields
            if not fields.get(name)
        },
        **{
            name: FIELD_ERROR.format(name=name)
            for name in behaviour.fields_off_screen
            if name in fields
        },
        "summary": _summary_error(fields.get("summary")),
        "description": _description_error(fields.get("description")),
        "project": None if project_key(fields.get("project")) else PROJECT_ERROR,
        "issuetype": None if _named(fields.get("issuetype")) else "Specify an issue type",
        "labels": _label_error(fields.get("labels")),
    }
    _refuse({name: problem for name, problem in problems.items() if problem})


def resolution_of(body: JsonObject, target: str, behaviour: Behaviour) -> str:
    """Return the resolution that a transition brings along; refuse one too many or too few."""
    sent = body.get("fields")
    fields = sent if isinstance(sent, dict) else {}
    resolution = _named(fields.get("resolution"))
    is_asked = target == "Cancelled" and behaviour.resolution_required
    if is_asked and not resolution:
        _refuse({"resolution": "Resolution is required."})
    if is_asked and resolution not in RESOLUTIONS:
        _refuse({"resolution": "The resolution selected is invalid."})
    off_screen = set(fields) - ({"resolution"} if is_asked else set())
    _refuse({name: FIELD_ERROR.format(name=name) for name in sorted(off_screen)})
    return resolution


def _refuse(errors: dict[str, str]) -> None:
    if errors:
        raise JiraRefusal(400, errors=errors)


def _summary_error(summary: object) -> str | None:
    if not isinstance(summary, str) or not summary.strip():
        return "You must specify a summary of the issue."
    if "\n" in summary or "\r" in summary:
        return "The summary is invalid because it contains newline characters."
    return None if _units(summary) <= MAX_SUMMARY_CHARS else "Summary can't exceed 255 characters."


def _units(text: str) -> int:
    """Return the number of UTF-16 units: Jira counts characters as Java does."""
    return len(text.encode("utf-16-le", errors="replace")) // 2


def _description_error(description: object) -> str | None:
    if description is not None and not isinstance(description, str):
        return "Operation value must be a string"
    if description and _units(description) > MAX_TEXT_CHARS:
        return "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
    return None


def _label_error(labels: object) -> str | None:
    if labels is None:
        return None
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        return "data was not an array of strings"
    for label in labels:
        if " " in label:
            return f"The label '{label}' contains spaces which is invalid."
        if len(label) > MAX_LABEL_CHARS:
            return f"The label '{label}' exceeds the maximum length for a single label: 255"
    return None


def project_key(project: object) -> str:
    """Return the key, or nothing where it is no project; every well-formed key is one."""
    if not isinstance(project, dict):
        return ""
    key = str(project.get("key") or project.get("id") or "")
    return key if PROJECT_KEY.fullmatch(key) else ""


def _named(thing: object) -> str:
    return str(thing.get("name") or thing.get("id") or "") if isinstance(thing, dict) else ""


def new_fields(project: str, fields: JsonObject) -> JsonObject:
    """Return the fields of a new issue: those that were sent, and those that Jira fills in."""
    now = jira_time()
    return {
        "description": None,
        **fields,
        "project": {"id": "10000", "key": project, "name": project},
        "issuetype": {"name": _named(fields["issuetype"])},
        "priority": {"name": _named(fields.get("priority")) or "Medium"},
        "labels": sorted(set(fields.get("labels") or [])),
        "status": status_of("To Do"),
        "resolution": None,
        "reporter": USER,
        "created": now,
        "updated": now,
        "comment": {"comments": [], "maxResults": 0, "total": 0, "startAt": 0},
    }


def status_of(name: str) -> JsonObject:
    """Return a status with its id and category, as Jira shows it."""
    number, category_key, category_name = STATUSES[name]
    return {
        "name": name,
        "id": number,
        "statusCategory": {"key": category_key, "name": category_name},
    }


def with_fields(issue: JsonObject, names: object) -> JsonObject:
    """Return the issue with the fields asked for; all of them where none are named."""
    listed = names.split(",") if isinstance(names, str) else names
    if not isinstance(listed, list) or not listed or {"*all", "*navigable"} & set(listed):
        return issue
    wanted = {str(name).strip() for name in listed}
    chosen = {name: value for name, value in issue["fields"].items() if name in wanted}
    return {**issue, "fields": chosen}
