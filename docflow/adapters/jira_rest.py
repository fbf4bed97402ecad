"""Calls of Jira's REST API, and its failures as errors of docflow.

Jira Cloud and Jira Data Center differ here in the path of the search only. Where the address does
not tell that it is Jira Cloud, the older one is tried first, and no longer used once the server has
refused it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from docflow.adapters.vendor import Vendor
from docflow.errors import DocflowError, ErrorCode, InDoubtError, PermanentError, TransientError

API = "/rest/api/2"
SEARCHES = (f"{API}/search", f"{API}/search/jql")
CLOUD_HOSTS = re.compile(r"api\.atlassian\.com|.+\.atlassian\.net")
"""Jira Cloud has removed the older search; for a token with scopes it does not even say so."""
TIMEOUT_SECONDS = (10, 30)
"""To connect, and between two bytes of the answer."""
SHOWN_FIELD = re.compile(r"[\w.-]{1,64}")
REFUSED_UNSEEN = frozenset({425, 429})
"""Transient answers with which Jira did not look at the request."""
NEVER_SENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
)

TICKETS = Vendor(
    service="Jira",
    throttled=ErrorCode.TICKETS_UNAVAILABLE,
    unavailable=ErrorCode.TICKETS_UNAVAILABLE,
    unauthorized=ErrorCode.TICKETS_UNAUTHORIZED,
    rejected=ErrorCode.TICKET_REJECTED,
    access="check JIRA_USER and JIRA_TOKEN, and that this user may work in JIRA_PROJECT; a token "
    "with scopes works only where JIRA_URL is https://api.atlassian.com/ex/jira/{cloud id}",
)

Json = dict[str, Any]


class FieldsRefusedError(PermanentError):
    """Jira does not take some fields of a request; `fields` are their names in Jira."""

    def __init__(self, fields: frozenset[str]) -> None:
        named = ", ".join(sorted(filter(SHOWN_FIELD.fullmatch, fields))) or "with unusual names"
        super().__init__(
            ErrorCode.TICKET_REJECTED,
            f"Jira answered 400: it does not take the request because of these fields: {named}. "
            "Make each of them optional in the project, or put it on the screen of the issue type.",
        )
        self.fields = fields


class JiraRest:
    """The REST API of one server, in the name of one user."""

    def __init__(self, url: str, *, user: str, token: str) -> None:
        self._url = url
        self._auth = (user, token)
        is_cloud = CLOUD_HOSTS.fullmatch(urlsplit(url).hostname or "")
        self._search_path = SEARCHES[1] if is_cloud else SEARCHES[0]

    def create(self, fields: Json) -> Json:
        """Create an issue and return its key and id.

        Raises:
            InDoubtError: Jira may have created it. After any other error it has not.
        """
        try:
            answer = self._send("POST", f"{API}/issue", json={"fields": fields})
        except requests.RequestException as error:
            failure = TICKETS.unreachable(error)
            raise (failure if _was_never_sent(error) else _in_doubt(failure)) from error
        try:
            created = _content(answer)
            if not created.get("key"):
                raise TICKETS.malformed()
        except TransientError as error:
            if answer.status_code in REFUSED_UNSEEN:
                raise
            raise _in_doubt(error) from error
        return created

    def find(self, jql: str, *, limit: int) -> list[Json]:
        """Return the issues that the search shows; in Jira Cloud it is minutes behind."""
        query = {"jql": jql, "fields": "status,comment", "maxResults": str(limit)}
        answer = self._request("GET", self._search_path, params=query)
        if answer.status_code in {404, 405, 410} and self._search_path == SEARCHES[0]:
            self._search_path = SEARCHES[1]
            answer = self._request("GET", self._search_path, params=query)
        issues = _content(answer).get("issues", [])
        if not all(isinstance(issue, dict) and issue.get("key") for issue in issues):
            raise TICKETS.malformed()
        return list(issues)

    def issue(self, key: str) -> Json | None:
        """Return status and comments of an issue as they are now; None if there is no such one."""
        query = {"fields": "status,comment"}
        answer = self._request("GET", f"{API}/issue/{key}", params=query)
        return None if answer.status_code == 404 else _content(answer)

    def call(self, method: str, path: str, *, json: Json | None = None) -> Json:
        """Make any other call and return its answer."""
        return _content(self._request(method, f"{API}{path}", json=json))

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        json: Json | None = None,
    ) -> requests.Response:
        try:
            return self._send(method, path, params=params, json=json)
        except requests.RequestException as error:
            raise TICKETS.unreachable(error) from error

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        json: Json | None = None,
    ) -> requests.Response:
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


def _content(answer: requests.Response) -> Json:
    """Return the JSON object of an answer; Jira answers a transition with no content."""
    if answer.status_code >= 300:
        raise _failure(answer)
    if not answer.content:
        return {}
    try:
        content = answer.json()
    except requests.JSONDecodeError as error:
        raise TICKETS.malformed() from error
    if not isinstance(content, dict):
        raise TICKETS.malformed()
    return content


def _failure(answer: requests.Response) -> DocflowError:
    fields = _refused_fields(answer) if answer.status_code == 400 else frozenset()
    if fields:
        return FieldsRefusedError(fields)
    if answer.status_code == 404:
        return PermanentError(
            ErrorCode.TICKET_REJECTED,
            f"Jira answered 404, as it does for a wrong address and for one without access: check "
            f"JIRA_URL; {TICKETS.access}.",
        )
    return TICKETS.answered(answer.status_code, answer.headers)


def _refused_fields(answer: requests.Response) -> frozenset[str]:
    """Return the names of the fields that an answer complains about, without what it says."""
    try:
        errors = answer.json()["errors"]
    except (requests.JSONDecodeError, LookupError, TypeError):
        return frozenset()
    return frozenset(map(str, errors)) if isinstance(errors, dict) else frozenset()


def _was_never_sent(error: requests.RequestException) -> bool:
    """Return whether no connection was made, so that Jira cannot have got the request."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    return isinstance(error, NEVER_SENT) or isinstance(reason, NewConnectionError)


def _in_doubt(error: TransientError) -> InDoubtError:
    return InDoubtError(
        error.code,
        f"{error.message} An issue may have been opened.",
        retry_after_seconds=error.retry_after_seconds,
    )
