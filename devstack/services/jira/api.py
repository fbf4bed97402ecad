"""Jira's REST API v2, as much as a ticket desk needs: create, search, transition, comment."""

from __future__ import annotations

import json

from aiohttp import web

from devstack.services.controls.operations import ControlState, Handler, operation, retry_header
from devstack.services.http.timestamps import jira_time
from devstack.services.jira.access import API, GATEWAY_API, denial, error_body
from devstack.services.jira.behaviour import BehaviourControl
from devstack.services.jira.index import SearchIndex
from devstack.services.jira.issues import (
    FIRST_ID,
    STATUSES,
    TRANSITIONS,
    USER,
    JiraRefusal,
    JsonObject,
    check_new_issue,
    new_fields,
    project_key,
    resolution_of,
    status_of,
    with_fields,
)
from devstack.services.jira.pages import issue_list, issue_page, missing_page
from devstack.services.jira.searches import JqlError, parse_search, reconciled_ids

MAX_RESULTS = 100
REMOVED = "The requested API has been removed. Use /rest/api/2/search/jql instead."


class Jira:
    """The stand-in's issues, kept in memory."""

    def __init__(self, control: ControlState) -> None:
        self._control = control
        self._behaviour = BehaviourControl()
        self._issues: dict[str, JsonObject] = {}
        self._numbers: dict[str, int] = {}
        self._index = SearchIndex()

    def reset(self) -> None:
        """Forget all issues, the next one is number 1 again; behave as at the start."""
        self._issues.clear()
        self._numbers.clear()
        self._index.clear()
        self._behaviour.reset()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this stand-in."""
        return [
            *self._behaviour.routes(),
            *(route for base in (API, GATEWAY_API) for route in self._api(base)),
            web.get("/jira", self._page),
            web.get("/browse/{key}", self._issue_page),
        ]

    def _api(self, base: str) -> list[web.RouteDef]:
        """Return the routes of the API below a path."""
        create = operation(self._control, "jira.create", _fault_body)(self._guarded(self._create))
        search = operation(self._control, "jira.search", _fault_body)(self._guarded(self._search))
        move = operation(self._control, "jira.transition", _fault_body)(self._guarded(self._move))
        issue = f"{base}/issue/{{key}}"
        return [
            web.post(f"{base}/issue", create),
            *(
                route
                for path in (f"{base}/search", f"{base}/search/jql")
                for route in (web.get(path, search), web.post(path, search))
            ),
            web.get(issue, self._guarded(self._show)),
            web.get(f"{issue}/transitions", self._guarded(self._list_transitions)),
            web.post(f"{issue}/transitions", move),
            web.get(f"{issue}/comment", self._guarded(self._list_comments)),
            web.post(f"{issue}/comment", self._guarded(self._comment)),
            web.get(f"{base}/serverInfo", _server_info),
            web.get(f"{base}/myself", self._guarded(_myself)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        """Ask for credentials first, and answer refusals as Jira does."""

        async def answering(request: web.Request) -> web.StreamResponse:
            denied = denial(request, self._behaviour.now)
            if denied is not None:
                return denied
            try:
                return await handler(request)
            except JiraRefusal as refusal:
                body = error_body(refusal.messages, refusal.errors)
                return web.json_response(body, status=refusal.status)

        return answering

    async def _create(self, request: web.Request) -> web.Response:
        fields = (await _json_body(request)).get("fields")
        if not isinstance(fields, dict):
            raise JiraRefusal(400, ["one of 'fields' or 'update' required"])
        check_new_issue(fields, self._behaviour.now)
        project = project_key(fields["project"])
        number = self._numbers.get(project, 0) + 1
        self._numbers[project] = number
        key = f"{project}-{number}"
        issue_id = str(FIRST_ID + len(self._issues))
        self._issues[key] = {
            "id": issue_id,
            "key": key,
            "self": f"{request.url.origin()}{API}/issue/{issue_id}",
            "fields": new_fields(project, fields),
        }
        self._index.note(self._issues[key])
        self._control.stats.issues_created += 1
        created = {name: self._issues[key][name] for name in ("id", "key", "self")}
        return web.json_response(created, status=201)

    async def _search(self, request: web.Request) -> web.Response:
        is_newer = request.path.endswith("/jql")
        if self._behaviour.now.cloud and not is_newer:
            raise JiraRefusal(410, [REMOVED])
        asked = dict(request.query) if request.method == "GET" else await _json_body(request)
        try:
            search = parse_search(str(asked.get("jql") or ""))
        except JqlError as error:
            raise JiraRefusal(400, [str(error)]) from error
        shown = self._index.issues(
            lag_seconds=self._behaviour.now.search_lag_seconds,
            reconciled=reconciled_ids(asked) if is_newer else (),
        )
        found = [issue for issue in shown if search.matches(issue["fields"])]
        if not search.oldest_first:
            found.reverse()
        start = _whole_number(asked, "startAt", 0)
        limit = min(_whole_number(asked, "maxResults", 50), MAX_RESULTS)
        page = [with_fields(issue, asked.get("fields")) for issue in found[start : start + limit]]
        if is_newer:
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
        return web.json_response(with_fields(self._issue(request), request.query.get("fields")))

    async def _list_transitions(self, request: web.Request) -> web.Response:
        current = self._issue(request)["fields"]["status"]["name"]
        listed = [
            {"id": number, "name": name, "to": status_of(target), "isAvailable": True}
            for number, (name, target) in TRANSITIONS.items()
            if target != current
        ]
        return web.json_response({"expand": "transitions", "transitions": listed})

    async def _move(self, request: web.Request) -> web.Response:
        issue = self._issue(request)
        fields = issue["fields"]
        body = await _json_body(request)
        transition = body.get("transition")
        number = str(transition.get("id", "")) if isinstance(transition, dict) else ""
        target = TRANSITIONS.get(number, ("", ""))[1]
        if not target or target == fields["status"]["name"]:
            message = "It seems that you have tried to perform an illegal workflow operation: "
            raise JiraRefusal(400, [f"{message}transition {number!r} is not valid for this issue."])
        resolution = resolution_of(body, target, self._behaviour.now)
        fields["status"] = status_of(target)
        fields["updated"] = jira_time()
        done = STATUSES[target][1] == "done"
        fields["resolution"] = {"name": resolution or target} if done else None
        self._index.note(issue)
        self._control.stats.issues_cancelled += target == "Cancelled"
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
        self._index.note(issue)
        return web.json_response(comment, status=201)

    async def _page(self, _request: web.Request) -> web.Response:
        return issue_list(reversed(self._issues.values()))

    async def _issue_page(self, request: web.Request) -> web.Response:
        issue = self._issues.get(request.match_info["key"].upper())
        return missing_page() if issue is None else issue_page(issue)

    def _issue(self, request: web.Request) -> JsonObject:
        """Return the issue by key or id."""
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


def _fault_body(status: int, retry_after: float | None) -> web.Response:
    messages = {429: "Rate limit exceeded.", 503: "The service is temporarily unavailable."}
    body = error_body([messages.get(status, "Internal server error.")])
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
