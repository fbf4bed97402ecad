"""The contract of the ticket desk, held against the fake and against Jira's REST API."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import Any

import pytest
import requests

from docflow.adapters.jira import JiraTicketDesk
from docflow.errors import DocflowError, InDoubtError, PermanentError, TransientError
from docflow.ports import TicketDesk, TicketDraft
from testkit.fakes import InMemoryTicketDesk
from testkit.stub_server import Reply, Request, StubServer

DRAFT = TicketDraft(
    label="docflow-abc", title="Pay\nthe invoice", description="Due tomorrow.", urgent=True
)
SEARCH = "/rest/api/2/search"
NEW_SEARCH = "/rest/api/2/search/jql"
ISSUE = "/rest/api/2/issue"


class JiraServer:
    """As much of Jira as the contract needs, on a scripted server."""

    def __init__(self, server: StubServer) -> None:
        self.issues: list[dict[str, Any]] = []
        self._server = server
        server.on("GET", SEARCH, self._search)
        server.on("POST", ISSUE, self._create)

    def _search(self, request: Request) -> Reply:
        label = re.search(r'labels = "([^"]*)"', request.query["jql"])
        wanted = label.group(1) if label else None
        found = [i for i in self.issues if wanted is None or wanted in i["fields"]["labels"]]
        return Reply(body={"issues": found})

    def _create(self, request: Request) -> Reply:
        key = f"DOC-{len(self.issues) + 1}"
        comments: list[dict[str, Any]] = []
        fields = {
            **request.json()["fields"],
            "status": {"name": "To Do"},
            "comment": {"comments": comments},
        }

        def comment(request: Request) -> Reply:
            comments.append(request.json())
            return Reply(201, {})

        def move(request: Request) -> Reply:
            assert request.json() == {"transition": {"id": "41"}}
            fields["status"] = {"name": "Cancelled"}
            return Reply(204)

        transitions = [
            {"id": "31", "name": "Done", "to": {"name": "Done"}},
            {"id": "41", "name": "Cancel", "to": {"name": "Cancelled"}},
        ]
        path = f"{ISSUE}/{key}"
        self._server.on("GET", path, lambda _: Reply(body={"key": key, "fields": fields}))
        self._server.on("GET", f"{path}/transitions", Reply(body={"transitions": transitions}))
        self._server.on("POST", f"{path}/transitions", move)
        self._server.on("POST", f"{path}/comment", comment)
        self.issues.append({"key": key, "fields": fields})
        return Reply(201, {"key": key})


def jira(url: str, **options: Any) -> JiraTicketDesk:
    return JiraTicketDesk(
        url,
        user="me@example.com",
        token="the-token",
        project="DOC",
        issue_type="Task",
        cancel_transition="Cancelled",
        **options,
    )


@pytest.fixture
def jira_server(server: StubServer) -> JiraServer:
    return JiraServer(server)


@pytest.fixture(params=["memory", "jira"])
def desk(request: pytest.FixtureRequest, server: StubServer) -> TicketDesk:
    if request.param == "memory":
        return InMemoryTicketDesk()
    request.getfixturevalue("jira_server")
    return jira(server.url)


def test_an_opened_issue_has_a_key_and_an_address(desk: TicketDesk) -> None:
    ticket = desk.open(DRAFT)

    assert ticket.key == "DOC-1"
    assert ticket.url.endswith("/browse/DOC-1")
    desk.check()


def test_opening_twice_gives_the_same_issue(desk: TicketDesk) -> None:
    assert desk.open(DRAFT) == desk.open(DRAFT)


def test_another_label_is_another_issue(desk: TicketDesk) -> None:
    assert desk.open(DRAFT) != desk.open(replace(DRAFT, label="docflow-other"))


def test_a_cancelled_issue_is_not_found_and_a_new_one_can_be_opened(desk: TicketDesk) -> None:
    first = desk.open(DRAFT)

    assert desk.cancel(DRAFT.label, reason="rejected")
    assert desk.open(DRAFT) != first


def test_cancelling_twice_is_as_good_as_once(desk: TicketDesk) -> None:
    desk.open(DRAFT)

    assert desk.cancel(DRAFT.label, reason="rejected")
    assert desk.cancel(DRAFT.label, reason="rejected")


def test_there_may_be_nothing_to_cancel(desk: TicketDesk) -> None:
    assert not desk.cancel(DRAFT.label, reason="rejected")


def test_an_issue_is_found_by_its_label(desk: TicketDesk) -> None:
    assert desk.find(DRAFT.label) is None

    ticket = desk.open(DRAFT)

    assert desk.find(DRAFT.label) == ticket


def test_an_issue_is_cancelled_by_its_key(desk: TicketDesk) -> None:
    ticket = desk.open(DRAFT)

    for _ in range(2):
        desk.cancel_issue(ticket.key, reason="rejected")

    assert desk.find(DRAFT.label) is None


def test_an_issue_that_is_not_shown_does_not_count_as_cancelled(desk: TicketDesk) -> None:
    with pytest.raises(PermanentError, match="DOC-9"):
        desk.cancel_issue("DOC-9", reason="rejected")


def test_an_issue_whose_key_is_known_is_cancelled_without_a_search(
    server: StubServer, jira_server: JiraServer
) -> None:
    desk = jira(server.url)
    ticket = desk.open(DRAFT)
    searches = len(server.asked("GET", SEARCH))

    desk.cancel_issue(ticket.key, reason="rejected")

    fields = jira_server.issues[0]["fields"]
    assert (fields["status"]["name"], len(fields["comment"]["comments"])) == ("Cancelled", 1)
    assert len(server.asked("GET", SEARCH)) == searches


def test_what_an_old_search_says_about_an_issue_is_not_believed(
    server: StubServer, jira_server: JiraServer
) -> None:
    desk = jira(server.url)
    desk.cancel_issue(desk.open(DRAFT).key, reason="rejected")
    as_before = {"key": "DOC-1", "fields": {"status": {"name": "To Do"}}}
    server.on("GET", SEARCH, Reply(body={"issues": [as_before]}))

    assert desk.cancel(DRAFT.label, reason="rejected")

    assert len(server.asked("POST", f"{ISSUE}/DOC-1/transitions")) == 1
    assert len(server.asked("POST", f"{ISSUE}/DOC-1/comment")) == 1


@pytest.mark.parametrize("priority", ["P1", ""])
def test_the_priority_is_a_setting_and_may_be_left_to_jira(
    server: StubServer, jira_server: JiraServer, priority: str
) -> None:
    jira(server.url, priority=priority).open(DRAFT)

    sent = jira_server.issues[0]["fields"].get("priority")
    assert sent == ({"name": priority} if priority else None)


def refused(*fields: str) -> Reply:
    return Reply(400, {"errorMessages": [], "errors": dict.fromkeys(fields, "Secret words.")})


def test_an_issue_without_a_priority_on_its_screen_is_opened_without_it(
    server: StubServer,
) -> None:
    server.on("GET", SEARCH, Reply(body={"issues": []}))
    server.on("POST", ISSUE, refused("priority"), Reply(201, {"key": "DOC-1"}))

    assert jira(server.url).open(DRAFT).key == "DOC-1"

    first, second = (request.json()["fields"] for request in server.asked("POST", ISSUE))
    assert first.pop("priority") == {"name": "Highest"}
    assert first == second


@pytest.mark.parametrize(
    "fields", [("customfield_10050",), ("priority", "customfield_10050"), ("labels",)]
)
def test_fields_that_the_desk_needs_or_does_not_know_are_named(
    server: StubServer, fields: tuple[str, ...]
) -> None:
    server.on("GET", SEARCH, Reply(body={"issues": []}))
    server.on("POST", ISSUE, refused(*fields))

    with pytest.raises(PermanentError) as caught:
        jira(server.url).open(DRAFT)

    assert all(name in caught.value.message for name in fields)
    assert "Secret" not in caught.value.message
    assert len(server.asked("POST", ISSUE)) == 1


@pytest.mark.parametrize("again", [Reply(201, {"key": "DOC-1"}), refused("priority")])
def test_a_field_is_left_out_once(server: StubServer, again: Reply) -> None:
    server.on("GET", SEARCH, Reply(body={"issues": []}))
    server.on("POST", ISSUE, refused("priority"), again)

    if again.status == 400:
        with pytest.raises(PermanentError, match="priority"):
            jira(server.url).open(DRAFT)
    else:
        jira(server.url).open(DRAFT)

    assert len(server.asked("POST", ISSUE)) == 2


@pytest.mark.parametrize("title", ["", " \n\t", "\u2028 \x0b"])
def test_a_summary_is_never_blank(server: StubServer, jira_server: JiraServer, title: str) -> None:
    jira(server.url).open(replace(DRAFT, title=title))

    assert jira_server.issues[0]["fields"]["summary"] == DRAFT.label


def test_a_summary_is_counted_as_jira_counts(server: StubServer, jira_server: JiraServer) -> None:
    jira(server.url).open(replace(DRAFT, title="a" + "\U0001f600" * 200))

    summary = jira_server.issues[0]["fields"]["summary"]
    assert summary == "a" + "\U0001f600" * 127


def test_links_lead_to_the_site_and_calls_to_the_gateway(server: StubServer) -> None:
    base = "/ex/jira/1-2-3"
    server.on("GET", base + SEARCH, Reply(body={"issues": []}))
    server.on("POST", base + ISSUE, Reply(201, {"key": "DOC-1"}))
    desk = jira(server.url + base, browse_url="https://example.atlassian.net")

    assert desk.open(DRAFT).url == "https://example.atlassian.net/browse/DOC-1"


@pytest.mark.parametrize(
    "url", ["https://api.atlassian.com/ex/jira/1-2-3", "https://example.atlassian.net"]
)
def test_the_cloud_is_not_asked_by_the_search_that_it_has_removed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(method: str, url: str, **_: object) -> None:
        asked.append(url)
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "request", refuse)

    with pytest.raises(TransientError):
        jira(url).check()
    assert asked == [url + NEW_SEARCH]


def test_a_transition_gets_the_resolution_that_it_asks_for(
    server: StubServer, jira_server: JiraServer
) -> None:
    desk = jira(server.url, cancel_resolution="Won't Do")
    desk.open(DRAFT)
    move = f"{ISSUE}/DOC-1/transitions"
    server.on("POST", move, Reply(204))

    desk.cancel_issue("DOC-1", reason="rejected")

    (asked,) = server.asked("POST", move)
    resolution = {"resolution": {"name": "Won't Do"}}
    assert asked.json() == {"transition": {"id": "41"}, "fields": resolution}


def test_a_transition_without_a_resolution_on_its_screen_gets_none(
    server: StubServer, jira_server: JiraServer
) -> None:
    desk = jira(server.url, cancel_resolution="Won't Do")
    desk.open(DRAFT)
    move = f"{ISSUE}/DOC-1/transitions"
    server.on("POST", move, refused("resolution"), Reply(204))

    desk.cancel_issue("DOC-1", reason="rejected")

    assert server.asked("POST", move)[1].json() == {"transition": {"id": "41"}}


def test_a_transition_that_asks_for_a_resolution_names_the_setting(
    server: StubServer, jira_server: JiraServer
) -> None:
    desk = jira(server.url)
    desk.open(DRAFT)
    server.on("POST", f"{ISSUE}/DOC-1/transitions", refused("resolution"))

    with pytest.raises(PermanentError, match=r"resolution.*JIRA_CANCEL_RESOLUTION"):
        desk.cancel_issue("DOC-1", reason="rejected")


@pytest.mark.parametrize(
    ("reply", "in_doubt"),
    [
        (Reply(500), True),
        (Reply(503), True),
        (Reply(504), True),
        (Reply(408), True),
        (Reply(hang_up=True), True),
        (Reply(200, b"<html>log in</html>"), True),
        (Reply(201, {}), True),
        (Reply(429), False),
        (Reply(400), False),
        (Reply(401), False),
        (Reply(404), False),
        (Reply(302, headers={"Location": "/login"}), False),
    ],
)
def test_it_is_told_whether_an_issue_may_have_been_opened(
    server: StubServer, jira_server: JiraServer, reply: Reply, in_doubt: bool
) -> None:
    server.on("POST", ISSUE, reply)

    with pytest.raises(DocflowError) as caught:
        jira(server.url).open(DRAFT)

    assert isinstance(caught.value, InDoubtError) is in_doubt


def test_without_a_connection_no_issue_can_have_been_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = jira("http://127.0.0.1:1")
    monkeypatch.setattr(desk, "find", lambda _label: None)

    with pytest.raises(TransientError) as caught:
        desk.open(DRAFT)

    assert not isinstance(caught.value, InDoubtError)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_with_scopes_at_the_wrong_address_is_explained(
    server: StubServer, jira_server: JiraServer, status: int
) -> None:
    server.on("POST", ISSUE, Reply(status))

    with pytest.raises(PermanentError, match=r"JIRA_URL.*api\.atlassian\.com/ex/jira"):
        jira(server.url).open(DRAFT)


def test_an_issue_carries_what_the_draft_says(server: StubServer, jira_server: JiraServer) -> None:
    ticket = jira(server.url).open(DRAFT)

    assert ticket.url == f"{server.url}/browse/DOC-1"
    (asked,) = server.asked("POST", ISSUE)
    assert asked.json() == {
        "fields": {
            "project": {"key": "DOC"},
            "issuetype": {"name": "Task"},
            "summary": "Pay the invoice",
            "description": "Due tomorrow.",
            "labels": ["docflow-abc"],
            "priority": {"name": "Highest"},
        }
    }
    credentials = base64.b64encode(b"me@example.com:the-token").decode()
    assert asked.headers["authorization"] == f"Basic {credentials}"


def test_an_issue_that_is_not_urgent_has_the_default_priority(
    server: StubServer, jira_server: JiraServer
) -> None:
    draft = TicketDraft(label="docflow-abc", title="t" * 300, description="", urgent=False)

    jira(server.url).open(draft)

    fields = jira_server.issues[0]["fields"]
    assert "priority" not in fields
    assert len(fields["summary"]) == 255


def test_the_reason_of_a_cancellation_is_commented_once(
    server: StubServer, jira_server: JiraServer
) -> None:
    desk = jira(server.url)
    desk.open(DRAFT)
    move = f"{ISSUE}/DOC-1/transitions"
    server.on("POST", move, Reply(503))

    for _ in range(2):
        with pytest.raises(TransientError):
            desk.cancel(DRAFT.label, reason="rejected")

    assert jira_server.issues[0]["fields"]["comment"]["comments"] == [{"body": "rejected"}]


def test_a_workflow_without_the_transition_is_told(
    server: StubServer, jira_server: JiraServer
) -> None:
    desk = jira(server.url)
    desk.open(DRAFT)
    server.on("GET", f"{ISSUE}/DOC-1/transitions", Reply(body={"transitions": []}))

    with pytest.raises(PermanentError, match="JIRA_CANCEL_TRANSITION"):
        desk.cancel(DRAFT.label, reason="rejected")


@pytest.mark.parametrize("status", [404, 410])
def test_the_newer_search_is_used_where_the_older_is_gone(server: StubServer, status: int) -> None:
    server.on("GET", SEARCH, Reply(status))
    server.on("GET", NEW_SEARCH, Reply(body={"issues": [{"key": "DOC-9"}]}))
    desk = jira(server.url)

    for _ in range(2):
        assert desk.open(DRAFT).key == "DOC-9"
    assert len(server.asked("GET", SEARCH)) == 1


def test_a_label_cannot_break_out_of_the_query(server: StubServer) -> None:
    server.on("GET", SEARCH, Reply(body={"issues": []}))

    assert not jira(server.url).cancel('x" OR project = "SECRET', reason="rejected")

    (asked,) = server.requests
    assert 'labels = "x\\" OR project = \\"SECRET"' in asked.query["jql"]


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(429), TransientError, "TICKETS_UNAVAILABLE"),
        (Reply(500), TransientError, "TICKETS_UNAVAILABLE"),
        (Reply(503), TransientError, "TICKETS_UNAVAILABLE"),
        (Reply(hang_up=True), TransientError, "TICKETS_UNAVAILABLE"),
        (Reply(200, b"<html>log in</html>"), TransientError, "TICKETS_UNAVAILABLE"),
        (Reply(200, []), TransientError, "TICKETS_UNAVAILABLE"),
        (Reply(200, {}), TransientError, "TICKETS_UNAVAILABLE"),
        (Reply(401), PermanentError, "TICKETS_UNAUTHORIZED"),
        (Reply(403), PermanentError, "TICKETS_UNAUTHORIZED"),
        (Reply(400), PermanentError, "TICKET_REJECTED"),
        (Reply(302, headers={"Location": "/login"}), PermanentError, "TICKET_REJECTED"),
    ],
)
def test_failures_are_told_apart_and_not_retried(
    server: StubServer, jira_server: JiraServer, reply: Reply, kind: type[Exception], code: str
) -> None:
    server.on("POST", ISSUE, reply)

    with pytest.raises(DocflowError) as caught:
        jira(server.url).open(DRAFT)

    assert isinstance(caught.value, kind)
    assert caught.value.code == code
    assert len(server.asked("POST", ISSUE)) == 1


def test_throttling_says_how_long_to_wait(server: StubServer) -> None:
    server.on("GET", SEARCH, Reply(429, headers={"Retry-After": "12"}))

    with pytest.raises(TransientError) as caught:
        jira(server.url).check()

    assert caught.value.retry_after_seconds == 12


def test_a_desk_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(TransientError, match="TICKETS_UNAVAILABLE"):
        jira("http://127.0.0.1:1").check()
