"""Tickets in Jira, over its REST API version 2.

Jira Cloud and Jira Data Center differ here in the path of the search only. The older one is tried
first, and no longer used once the server has refused it.
"""

from __future__ import annotations

from typing import Any

import requests

from docflow.adapters.vendor import Vendor
from docflow.errors import ErrorCode, PermanentError
from docflow.models.facts import Ticket
from docflow.ports import TicketDraft

TIMEOUT_SECONDS = (10, 30)
"""To connect, and between two bytes of the answer."""
SEARCHES = ("/rest/api/2/search", "/rest/api/2/search/jql")
MAX_SUMMARY = 255
MAX_TEXT = 32_767
"""Limits of Jira, in characters."""

TICKETS = Vendor(
    service="Jira",
    throttled=ErrorCode.TICKETS_UNAVAILABLE,
    unavailable=ErrorCode.TICKETS_UNAVAILABLE,
    unauthorized=ErrorCode.TICKETS_UNAUTHORIZED,
    rejected=ErrorCode.TICKET_REJECTED,
    access="check JIRA_USER and JIRA_TOKEN, and that this user may work in JIRA_PROJECT",
)

Json = dict[str, Any]


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
    ) -> None:
        self._url = url
        self._auth = (user, token)
        self._project = project
        self._issue_type = issue_type
        self._cancelled = cancel_transition.casefold()
        self._search_path = SEARCHES[0]

    def open(self, draft: TicketDraft) -> Ticket:
        """Open an issue, or return the open one that already has the label."""
        known = self._search(draft.label)
        still_open = next((issue for issue in known if not self._is_cancelled(issue)), None)
        if still_open is not None:
            return self._ticket(still_open)
        fields: Json = {
            "project": {"key": self._project},
            "issuetype": {"name": self._issue_type},
            "summary": " ".join(draft.title.split())[:MAX_SUMMARY],
            "description": draft.description[:MAX_TEXT],
            "labels": [draft.label],
        }
        if draft.urgent:
            fields["priority"] = {"name": "Highest"}
        return self._ticket(self._call("POST", "/rest/api/2/issue", json={"fields": fields}))

    def cancel(self, label: str, *, reason: str) -> bool:
        """Cancel the issue with this label and comment why; return whether there was one.

        The comment comes first, so that no issue is cancelled without a reason. It is not repeated
        where the issue has it already.
        """
        issues = self._search(label)
        for issue in issues:
            if not self._is_cancelled(issue):
                self._comment(issue, reason[:MAX_TEXT])
                self._move_to_cancelled(str(issue["key"]))
        return bool(issues)

    def check(self) -> None:
        """Raise where Jira cannot be reached or does not know the user."""
        self._find_issues(f'project = "{_escaped(self._project)}"', limit=1)

    def _comment(self, issue: Json, text: str) -> None:
        comments = (_fields(issue).get("comment") or {}).get("comments", [])
        if not any(comment.get("body") == text for comment in comments):
            self._call("POST", f"/rest/api/2/issue/{issue['key']}/comment", json={"body": text})

    def _move_to_cancelled(self, key: str) -> None:
        path = f"/rest/api/2/issue/{key}/transitions"
        transitions = self._call("GET", path).get("transitions", [])
        transition = next(filter(self._leads_to_cancelled, transitions), None)
        if transition is None:
            raise PermanentError(
                ErrorCode.TICKET_REJECTED,
                f"Issue {key} cannot be cancelled: it has no transition with the name in "
                "JIRA_CANCEL_TRANSITION.",
            )
        self._call("POST", path, json={"transition": {"id": transition["id"]}})

    def _leads_to_cancelled(self, transition: Json) -> bool:
        names = (transition.get("name", ""), transition.get("to", {}).get("name", ""))
        return self._cancelled in (name.casefold() for name in names)

    def _is_cancelled(self, issue: Json) -> bool:
        status = _fields(issue).get("status") or {}
        return str(status.get("name", "")).casefold() == self._cancelled

    def _search(self, label: str) -> list[Json]:
        return self._find_issues(
            f'project = "{_escaped(self._project)}" AND labels = "{_escaped(label)}"'
            " ORDER BY created ASC",
            limit=50,
        )

    def _find_issues(self, jql: str, *, limit: int) -> list[Json]:
        query = {"jql": jql, "fields": "status,comment", "maxResults": str(limit)}
        answer = self._request("GET", self._search_path, params=query)
        if answer.status_code in {404, 405, 410} and self._search_path == SEARCHES[0]:
            self._search_path = SEARCHES[1]
            answer = self._request("GET", self._search_path, params=query)
        issues: list[Json] = _content(answer).get("issues", [])
        return issues

    def _ticket(self, issue: Json) -> Ticket:
        key = issue.get("key")
        if not key:
            raise TICKETS.malformed()
        return Ticket(key=key, url=f"{self._url}/browse/{key}")

    def _call(self, method: str, path: str, *, json: Json | None = None) -> Json:
        return _content(self._request(method, path, json=json))

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        json: Json | None = None,
    ) -> requests.Response:
        try:
            return requests.request(
                method,
                f"{self._url}{path}",
                params=params,
                json=json,
                auth=self._auth,
                headers={"Accept": "application/json"},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise TICKETS.unreachable(error) from error


def _content(answer: requests.Response) -> Json:
    """Return the JSON object of an answer; Jira answers a transition with no content."""
    if answer.status_code >= 300:
        raise TICKETS.answered(answer.status_code, answer.headers)
    if not answer.content:
        return {}
    try:
        content = answer.json()
    except requests.JSONDecodeError as error:
        raise TICKETS.malformed() from error
    if not isinstance(content, dict):
        raise TICKETS.malformed()
    return content


def _fields(issue: Json) -> Json:
    fields: Json = issue.get("fields") or {}
    return fields


def _escaped(text: str) -> str:
    """Escape a text for use between quotes in JQL."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
