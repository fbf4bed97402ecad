"""The ticket desk: issues of one Jira project, identified by a label."""

from __future__ import annotations

from docflow.adapters.jira_rest import FieldsRefusedError, JiraRest, Json
from docflow.errors import ErrorCode, PermanentError
from docflow.models.facts import Ticket
from docflow.ports import TicketDraft

MAX_SUMMARY = 255
MAX_TEXT = 32_767
"""Limits of Jira, in UTF-16 units: it counts characters as Java does."""
MOST_FOUND = 50
"""Most issues of one document; there is one, or two after a lost answer."""


class JiraTicketDesk:
    """Issues of one project, identified by a label.

    An issue counts as cancelled where its status has the name of the transition that cancels. Where
    the two have different names in a workflow, the setting should name the status.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str,
        token: str,
        project: str,
        issue_type: str,
        cancel_transition: str,
        browse_url: str | None = None,
        priority: str = "Highest",
        cancel_resolution: str | None = None,
    ) -> None:
        self._rest = JiraRest(url, user=user, token=token)
        self._browse_url = browse_url or url
        self._project = project
        self._issue_type = issue_type
        self._priority = priority
        self._cancelled = cancel_transition.casefold()
        self._cancel_resolution = cancel_resolution

    def find(self, label: str) -> Ticket | None:
        """Return the open issue with this label, if the search shows one."""
        found = self._rest.find(self._labelled(label), limit=MOST_FOUND)
        issue = next((issue for issue in found if not self._is_cancelled(issue)), None)
        return None if issue is None else self._ticket(issue)

    def open(self, draft: TicketDraft) -> Ticket:
        """Return the open issue with the draft's label; open it if the search shows none."""
        return self.find(draft.label) or self._ticket(self._create(draft))

    def cancel(self, label: str, *, reason: str) -> bool:
        """Cancel all issues with this label; return whether the search showed any.

        What the search says about an issue may be out of date, so each one is read again.
        """
        found = self._rest.find(self._labelled(label), limit=MOST_FOUND)
        for issue in found:
            self._cancel(self._rest.issue(str(issue["key"])) or issue, reason)
        return bool(found)

    def cancel_issue(self, key: str, *, reason: str) -> None:
        """Cancel the issue with this key.

        Raises:
            PermanentError: Jira does not show it, so that it may still be open.
        """
        issue = self._rest.issue(key)
        if issue is None:
            raise PermanentError(
                ErrorCode.TICKET_REJECTED,
                f"Jira no longer shows issue {key}: it was deleted, or JIRA_USER may not see it.",
            )
        self._cancel(issue, reason)

    def check(self) -> None:
        """Raise where Jira cannot be reached or does not know the user."""
        self._rest.find(f'project = "{_escaped(self._project)}"', limit=1)

    def _create(self, draft: TicketDraft) -> Json:
        """Create the issue; without the priority where the project's issues have none."""
        fields: Json = {
            "project": {"key": self._project},
            "issuetype": {"name": self._issue_type},
            "summary": _cut(" ".join(draft.title.split()), MAX_SUMMARY).strip() or draft.label,
            "description": _cut(draft.description, MAX_TEXT),
            "labels": [draft.label],
        }
        if not draft.urgent or not self._priority:
            return self._rest.create(fields)
        try:
            return self._rest.create({**fields, "priority": {"name": self._priority}})
        except FieldsRefusedError as error:
            if error.fields != {"priority"}:
                raise
        return self._rest.create(fields)

    def _cancel(self, issue: Json, reason: str) -> None:
        """Comment why, then cancel, so that no issue is cancelled without a reason.

        The comment is not repeated where the issue has it already.
        """
        if not self._is_cancelled(issue):
            self._comment(issue, _cut(reason, MAX_TEXT))
            self._move_to_cancelled(str(issue["key"]))

    def _comment(self, issue: Json, text: str) -> None:
        comments = (_fields(issue).get("comment") or {}).get("comments", [])
        if not any(comment.get("body") == text for comment in comments):
            self._rest.call("POST", f"/issue/{issue['key']}/comment", json={"body": text})

    def _move_to_cancelled(self, key: str) -> None:
        path = f"/issue/{key}/transitions"
        transitions = self._rest.call("GET", path).get("transitions", [])
        transition = next(filter(self._leads_to_cancelled, transitions), None)
        if transition is None:
            raise PermanentError(
                ErrorCode.TICKET_REJECTED,
                f"Issue {key} cannot be cancelled: it has no transition with the name in "
                "JIRA_CANCEL_TRANSITION.",
            )
        try:
            self._move(path, {"transition": {"id": transition["id"]}})
        except FieldsRefusedError as error:
            raise PermanentError(
                error.code,
                f"Issue {key} cannot be cancelled: {error.message} A resolution is set by "
                "JIRA_CANCEL_RESOLUTION.",
            ) from error

    def _move(self, path: str, transition: Json) -> None:
        """Make a transition; without the resolution where its screen has none."""
        if self._cancel_resolution:
            resolution = {"resolution": {"name": self._cancel_resolution}}
            try:
                self._rest.call("POST", path, json={**transition, "fields": resolution})
            except FieldsRefusedError as error:
                if error.fields != {"resolution"}:
                    raise
            else:
                return
        self._rest.call("POST", path, json=transition)

    def _leads_to_cancelled(self, transition: Json) -> bool:
        names = (transition.get("name", ""), transition.get("to", {}).get("name", ""))
        return self._cancelled in (name.casefold() for name in names)

    def _is_cancelled(self, issue: Json) -> bool:
        status = _fields(issue).get("status") or {}
        return str(status.get("name", "")).casefold() == self._cancelled

    def _labelled(self, label: str) -> str:
        return (
            f'project = "{_escaped(self._project)}" AND labels = "{_escaped(label)}"'
            " ORDER BY created ASC"
        )

    def _ticket(self, issue: Json) -> Ticket:
        key = str(issue["key"])
        return Ticket(key=key, url=f"{self._browse_url}/browse/{key}")


def _fields(issue: Json) -> Json:
    fields: Json = issue.get("fields") or {}
    return fields


def _cut(text: str, most_units: int) -> str:
    """Return the first UTF-16 units of a text; a character of two units is not cut in half."""
    units = text.encode("utf-16-le", errors="replace")[: 2 * most_units]
    return units.decode("utf-16-le", errors="ignore")


def _escaped(text: str) -> str:
    """Escape a text for use between quotes in JQL."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
