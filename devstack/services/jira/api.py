"""Jira's REST API v2, as much as a ticket desk needs: create, search, transition, comment."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from typing import Any

from aiohttp import web

from devstack.services.controls.operations import Ledger, operation, retry_header
from devstack.services.http.credentials import has_authorization
from devstack.services.http.timestamps import jira_time
from devstack.services.jira.jql import JqlError, parse_jql, searchable

API = "/rest/api/2"
FIRST_ID = 10001
MAX_SUMMARY_CHARS = 255
MAX_TEXT_CHARS = 32_767
MAX_LABEL_CHARS = 255
MAX_RESULTS = 100
PROJECT_ERROR = "Specify a valid project ID or key"
PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,9}")

STATUSES = {
    "To Do": ("10000", "new", "To Do"),
    "In Progress": ("3", "indeterminate", "In Progress"),
    "Done": ("10001", "done", "Done"),
    "Cancelled": ("10002", "done", "Done"),
}
"""Status name to its id, and the key and name of its category."""

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


class Jira:
    """The stand-in's issues, kept in memory."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._issues: dict[str, JsonObject] = {}
        self._numbers: dict[str, int] = {}

    def reset(self) -> None:
        """Forgets all issues; numbering begins anew."""
        self._issues.clear()
        self._numbers.clear()

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes of this stand-in."""
        create = operation(self._ledger, "jira.create", _fault_body)(_answering(self._create))
        search = operation(self._ledger, "jira.search", _fault_body)(_answering(self._search))
        move = operation(self._ledger, "jira.transition", _fault_body)(_answering(self._move))
        issue = f"{API}/issue/{{key}}"
        return [
            web.post(f"{API}/issue", create),
            *(
                route
                for path in (f"{API}/search", f"{API}/search/jql")
                for route in (web.get(path, search), web.post(path, search))
            ),
            web.get(issue, _answering(self._show)),
            web.get(f"{issue}/transitions", _answering(self._list_transitions)),
            web.post(f"{issue}/transitions", move),
            web.get(f"{issue}/comment", _answering(self._list_comments)),
            web.post(f"{issue}/comment", _answering(self._comment)),
            web.get(f"{API}/serverInfo", _server_info),
            web.get(f"{API}/myself", _answering(_myself)),
            web.get("/jira", self._page),
            web.get("/browse/{key}", self._issue_page),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        fields = (await _json_body(request)).get("fields")
        if not isinstance(fields, dict):
            raise JiraRefusal(400, ["one of 'fields' or 'update' required"])
        _check_new_issue(fields)
        project = _project_key(fields["project"])
        number = self._numbers.get(project, 0) + 1
        self._numbers[project] = number
        key = f"{project}-{number}"
        issue_id = str(FIRST_ID + len(self._issues))
        self._issues[key] = {
            "id": issue_id,
            "key": key,
            "self": f"{request.url.origin()}{API}/issue/{issue_id}",
            "fields": _new_fields(project, fields),
        }
        self._ledger.stats.issues_created += 1
        created = {name: self._issues[key][name] for name in ("id", "key", "self")}
        return web.json_response(created, status=201)

    async def _search(self, request: web.Request) -> web.Response:
        asked = dict(request.query) if request.method == "GET" else await _json_body(request)
        try:
            query = parse_jql(str(asked.get("jql") or ""))
        except JqlError as error:
            raise JiraRefusal(400, [str(error)]) from error
        issues = self._issues.values() if query.oldest_first else reversed(self._issues.values())
        found = [
            issue
            for issue in issues
            if query.matches(searchable(issue["key"], issue["fields"] | {"id": issue["id"]}))
        ]
        start = _whole_number(asked, "startAt", 0)
        limit = min(_whole_number(asked, "maxResults", 50), MAX_RESULTS)
        page = [_selected(issue, asked.get("fields")) for issue in found[start : start + limit]]
        if request.path.endswith("/jql"):
            return web.json_response({"issues": page, "isLast": start + limit >= len(found)})
        return web.json_response(
            {
                "expand": "schema,names",
                "startAt": start,
                "maxResults": limit,
                "total": len(found),
                "issues": page,
            }
        )

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(_selected(self._issue(request), request.query.get("fields")))

    async def _list_transitions(self, request: web.Request) -> web.Response:
        current = self._issue(request)["fields"]["status"]["name"]
        listed = [
            {"id": number, "name": name, "to": _status(target), "isAvailable": True}
            for number, (name, target) in TRANSITIONS.items()
            if target != current
        ]
        return web.json_response({"expand": "transitions", "transitions": listed})

    async def _move(self, request: web.Request) -> web.Response:
        fields = self._issue(request)["fields"]
        body = await _json_body(request)
        transition = body.get("transition")
        number = str(transition.get("id", "")) if isinstance(transition, dict) else ""
        target = TRANSITIONS.get(number, ("", ""))[1]
        if not target or target == fields["status"]["name"]:
            message = "It seems that you have tried to perform an illegal workflow operation: "
            raise JiraRefusal(400, [f"{message}transition {number!r} is not valid for this issue."])
        fields["status"] = _status(target)
        fields["updated"] = jira_time()
        done = STATUSES[target][1] == "done"
        fields["resolution"] = {"name": target} if done else None
        self._ledger.stats.issues_cancelled += target == "Cancelled"
        return web.Response(status=204)

    async def _list_comments(self, request: web.Request) -> web.Response:
        return web.json_response(self._issue(request)["fields"]["comment"])

    async def _comment(self, request: web.Request) -> web.Response:
        issue = self._issue(request)
        text = (await _json_body(request)).get("body")
        if not isinstance(text, str) or not text.strip():
            raise JiraRefusal(400, errors={"comment": "Comment body can not be empty!"})
        comments = issue["fields"]["comment"]
        comment_id = str(len(comments["comments"]) + FIRST_ID)
        comment = {
            "self": f"{issue['self']}/comment/{comment_id}",
            "id": comment_id,
            "author": USER,
            "body": text,
            "created": jira_time(),
        }
        comments["comments"].append(comment)
        comments["total"] = comments["maxResults"] = len(comments["comments"])
        return web.json_response(comment, status=201)

    async def _page(self, request: web.Request) -> web.Response:
        rows = "".join(_row(issue) for issue in reversed(self._issues.values()))
        table = (
            "<table><tr><th>Key</th><th>Summary</th><th>Status</th><th>Priority</th><th>Labels</th>"
            f"<th>Created</th></tr>{rows}</table>"
        )
        return _html("Issues", table if rows else "<p>There are no issues.</p>")

    async def _issue_page(self, request: web.Request) -> web.Response:
        issue = self._issues.get(request.match_info["key"].upper())
        if issue is None:
            return _html("No such issue", "<p>This issue does not exist.</p>", status=404)
        return _html(f"{issue['key']} {issue['fields']['summary']}", _details(issue))

    def _issue(self, request: web.Request) -> JsonObject:
        """Returns the issue by key or id."""
        wanted = request.match_info["key"]
        by_key = self._issues.get(wanted.upper())
        found = by_key or next(
            (issue for issue in self._issues.values() if issue["id"] == wanted), None
        )
        if found is None:
            raise JiraRefusal(
                404, ["Issue does not exist or you do not have permission to see it."]
            )
        return found


def _answering(handler: Any) -> Any:  # noqa: ANN401
    """Asks for credentials first, and puts refusals into Jira's shape."""

    async def answering(request: web.Request) -> web.StreamResponse:
        if not _is_authenticated(request):
            message = (
                "You are not authenticated. Authentication required to perform this operation."
            )
            return web.json_response(
                _error_body([message]),
                status=401,
                headers={"WWW-Authenticate": 'Basic realm="Jira stand-in"'},
            )
        try:
            answer: web.StreamResponse = await handler(request)
        except JiraRefusal as refusal:
            body = _error_body(refusal.messages, refusal.errors)
            return web.json_response(body, status=refusal.status)
        return answer

    return answering


def _is_authenticated(request: web.Request) -> bool:
    if has_authorization(request, "bearer"):
        return True
    if not has_authorization(request, "basic"):
        return False
    encoded = request.headers["Authorization"].partition(" ")[2]
    try:
        user, _, secret = base64.b64decode(encoded, validate=True).partition(b":")
    except binascii.Error:
        return False
    return bool(user.strip() and secret.strip())


async def _json_body(request: web.Request) -> JsonObject:
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise JiraRefusal(
            400, ["There was an error parsing JSON. Check that your request body is valid."]
        ) from None
    if not isinstance(body, dict):
        raise JiraRefusal(400, ["The request body must be a JSON object."])
    return body


def _whole_number(asked: JsonObject, name: str, default: int) -> int:
    try:
        return max(0, int(asked.get(name, default)))
    except (TypeError, ValueError):
        raise JiraRefusal(400, [f"{name} must be a whole number."]) from None


def _check_new_issue(fields: JsonObject) -> None:
    """Refuses what Jira refuses, field by field."""
    problems = {
        "summary": _summary_error(fields.get("summary")),
        "description": _description_error(fields.get("description")),
        "project": None if _project_key(fields.get("project")) else PROJECT_ERROR,
        "issuetype": None if _named(fields.get("issuetype")) else "Specify an issue type",
        "labels": _label_error(fields.get("labels")),
    }
    errors = {name: problem for name, problem in problems.items() if problem}
    if errors:
        raise JiraRefusal(400, errors=errors)


def _summary_error(summary: object) -> str | None:
    if not isinstance(summary, str) or not summary.strip():
        return "You must specify a summary of the issue."
    if "\n" in summary or "\r" in summary:
        return "The summary is invalid because it contains newline characters."
    return None if len(summary) <= MAX_SUMMARY_CHARS else "Summary can't exceed 255 characters."


def _description_error(description: object) -> str | None:
    if description is not None and not isinstance(description, str):
        return "Operation value must be a string"
    if description and len(description) > MAX_TEXT_CHARS:
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


def _project_key(project: object) -> str:
    """Returns the key, or nothing where it is no project; every well-formed key is one."""
    if not isinstance(project, dict):
        return ""
    key = str(project.get("key") or project.get("id") or "")
    return key if PROJECT_KEY.fullmatch(key) else ""


def _named(thing: object) -> str:
    return str(thing.get("name") or thing.get("id") or "") if isinstance(thing, dict) else ""


def _new_fields(project: str, fields: JsonObject) -> JsonObject:
    now = jira_time()
    return {
        "description": None,
        **fields,
        "project": {"id": "10000", "key": project, "name": project},
        "issuetype": {"name": _named(fields["issuetype"])},
        "priority": {"name": _named(fields.get("priority")) or "Medium"},
        "labels": sorted(set(fields.get("labels") or [])),
        "status": _status("To Do"),
        "resolution": None,
        "reporter": USER,
        "created": now,
        "updated": now,
        "comment": {"comments": [], "maxResults": 0, "total": 0, "startAt": 0},
    }


def _status(name: str) -> JsonObject:
    number, category_key, category_name = STATUSES[name]
    return {
        "name": name,
        "id": number,
        "statusCategory": {"key": category_key, "name": category_name},
    }


def _selected(issue: JsonObject, names: object) -> JsonObject:
    """Returns the issue with the fields asked for; all of them where none are named."""
    listed = names.split(",") if isinstance(names, str) else names
    if not isinstance(listed, list) or not listed or {"*all", "*navigable"} & set(listed):
        return issue
    wanted = {str(name).strip() for name in listed}
    chosen = {name: value for name, value in issue["fields"].items() if name in wanted}
    return {**issue, "fields": chosen}


def _error_body(messages: list[str], errors: dict[str, str] | None = None) -> JsonObject:
    return {"errorMessages": messages, "errors": errors or {}}


def _fault_body(status: int, retry_after: float | None) -> web.Response:
    messages = {429: "Rate limit exceeded.", 503: "The service is temporarily unavailable."}
    body = _error_body([messages.get(status, "Internal server error.")])
    return web.json_response(body, status=status, headers=retry_header(retry_after))


async def _server_info(request: web.Request) -> web.Response:
    return web.json_response(
        {
            "baseUrl": str(request.url.origin()),
            "version": "1001.0.0-SNAPSHOT",
            "deploymentType": "Cloud",
            "serverTime": jira_time(),
            "serverTitle": "Jira stand-in",
        }
    )


async def _myself(request: web.Request) -> web.Response:
    return web.json_response({"self": f"{request.url.origin()}{API}/myself", **USER})


STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.4rem;"
    "text-align:left;vertical-align:top}pre{white-space:pre-wrap}"
)


def _html(title: str, body: str, status: int = 200) -> web.Response:
    """Returns a page; `body` must be escaped already."""
    heading = html.escape(title)
    text = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{heading}</title>"
        f"<style>{STYLE}</style><h1>{heading}</h1>{body}"
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        headers={"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"},
    )


def _cells(issue: JsonObject) -> list[str]:
    fields = issue["fields"]
    values = (
        fields["summary"],
        fields["status"]["name"],
        fields["priority"]["name"],
        ", ".join(fields["labels"]),
        fields["created"],
    )
    return [html.escape(str(value)) for value in values]


def _row(issue: JsonObject) -> str:
    key = html.escape(issue["key"])
    cells = "".join(f"<td>{cell}</td>" for cell in _cells(issue))
    return f'<tr><td><a href="/browse/{key}">{key}</a></td>{cells}</tr>'


def _details(issue: JsonObject) -> str:
    fields = issue["fields"]
    comments = "".join(
        f"<li><pre>{html.escape(comment['body'])}</pre></li>"
        for comment in fields["comment"]["comments"]
    )
    _, status, priority, labels, created = _cells(issue)
    return (
        f"<p>{status}, priority {priority}, created {created}<br>Labels: {labels}</p>"
        f"<pre>{html.escape(str(fields['description'] or ''))}</pre><ul>{comments}</ul>"
        '<p><a href="/jira">All issues</a></p>'
    )
