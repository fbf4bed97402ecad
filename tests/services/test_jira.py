"""Jira over REST: create, search, transition, comment, and the page that lists issues."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from devstack.services.jira.searches import UNDERSTOOD, JqlError, parse_search
from docflow.adapters.jira import JiraTicketDesk
from docflow.errors import PermanentError
from docflow.ports import TicketDraft

AUTH = ("bot@example.com", "token")
API = "/rest/api/2"
TIMEOUT_SECONDS = 10
IN_PROJECT = 'project = "DOC"'


def by_label(label: str) -> str:
    """Return the search for a label, as the app writes it."""
    return f'{IN_PROJECT} AND labels = "{label}" ORDER BY created ASC'


class Desk:
    """A few lines of Jira client."""

    def __init__(self, address: str) -> None:
        self.address = address

    def call(self, method: str, path: str, body: object = None, **options: Any) -> Any:
        """Call the API with a credential."""
        options = {"auth": AUTH, "timeout": TIMEOUT_SECONDS, **options}
        return requests.request(method, self.address + API + path, json=body, **options)

    def create(self, **fields: object) -> Any:
        """Create an issue with fields that Jira takes."""
        plain = {
            "project": {"key": "DOC"},
            "summary": "Final notice",
            "issuetype": {"name": "Task"},
        }
        return self.call("POST", "/issue", {"fields": plain | fields})

    def keys(self, jql: str) -> list[str]:
        """Return the keys that a search finds."""
        found = self.call("GET", "/search", params={"jql": jql}).json()
        return [issue["key"] for issue in found["issues"]]


@pytest.fixture
def desk(services: str) -> Desk:
    return Desk(services)


def test_a_created_issue_is_found_by_its_label(desk: Desk) -> None:
    created = desk.create(labels=["docflow-abc", "urgent"])
    desk.create(labels=["docflow-abcd"])

    assert created.status_code == 201
    assert created.json() == {
        "id": "10001",
        "key": "DOC-1",
        "self": f"{desk.address}{API}/issue/10001",
    }
    assert desk.keys(by_label("docflow-abc")) == ["DOC-1"]


def test_a_search_by_label_finds_the_oldest_first_and_one_project_alone(desk: Desk) -> None:
    desk.create(labels=["one"])
    desk.create(labels=["two"])
    desk.create(labels=["one", "two"])
    desk.create(labels=["one"], project={"key": "OPS"})

    assert desk.keys(by_label("one")) == ["DOC-1", "DOC-3"]
    assert desk.keys(by_label("ONE")) == ["DOC-1", "DOC-3"]
    assert desk.keys(by_label("three")) == []


def test_a_search_by_project_finds_the_newest_first(desk: Desk) -> None:
    desk.create()
    desk.create()
    desk.create(project={"key": "OPS"})

    assert desk.keys(IN_PROJECT) == ["DOC-2", "DOC-1"]
    assert desk.keys('project = "ABSENT"') == []


@pytest.mark.parametrize(
    "jql",
    [
        "",
        "project = DOC",
        'project = "DOC" ORDER BY created ASC',
        'project = "DOC" AND labels = "one"',
        'project = "DOC" AND labels = "one" ORDER BY created DESC',
        'project = "DOC" AND labels = "one" OR labels = "two" ORDER BY created ASC',
        'project = "DOC" AND labels = "a" b" ORDER BY created ASC',
        'project = "DOC',
        "labels in (one, two)",
        'summary ~ "heating"',
        "{}",
        "=",
    ],
)
@pytest.mark.parametrize("path", ["/search", "/search/jql"])
def test_any_other_search_is_refused_with_those_that_are_understood(
    desk: Desk, path: str, jql: str
) -> None:
    answer = desk.call("POST", path, {"jql": jql})

    assert answer.status_code == 400
    (message,) = answer.json()["errorMessages"]
    assert all(each in message for each in UNDERSTOOD)


def test_a_label_with_quotes_in_it_finds_nothing_else() -> None:
    search = parse_search(by_label(r"a\" OR project = \"DOC"))

    assert search.label == 'a" OR project = "DOC'
    assert not search.matches({"labels": ["a"], "project": {"key": "DOC"}})
    with pytest.raises(JqlError):
        parse_search(by_label('a" OR project = "DOC'))


def test_the_searches_that_the_app_sends_are_understood(services: str) -> None:
    desk = JiraTicketDesk(
        services,
        user="dev",
        token="token",
        project="DOC",
        issue_type="Task",
        cancel_transition="Cancel",
    )
    draft = TicketDraft(label='quoted"label', title="A", description="", urgent=True)

    desk.check()
    assert desk.open(draft) == desk.open(draft)
    assert not desk.cancel("another", reason="none")


Behave = Callable[..., Any]


@pytest.fixture
def behave(services: str) -> Behave:
    """Change how the stand-in behaves."""

    def change(**fields: object) -> Any:
        url = f"{services}/_control/jira"
        answer = requests.post(url, json=fields, timeout=TIMEOUT_SECONDS)
        return answer.json() if answer.ok else answer

    return change


def ticket_desk(url: str, **options: Any) -> JiraTicketDesk:
    """Return the app's own desk."""
    return JiraTicketDesk(
        url,
        user="dev",
        token="token",
        project="DOC",
        issue_type="Task",
        cancel_transition="Cancelled",
        **options,
    )


DRAFT = TicketDraft(label="docflow-abc", title="A", description="", urgent=True)


def test_a_search_can_be_behind_and_the_issue_itself_is_not(desk: Desk, behave: Behave) -> None:
    behave(search_lag_seconds=600)
    number = desk.create(labels=["docflow-abc"]).json()["id"]
    jql = by_label("docflow-abc")

    assert desk.keys(jql) == []
    assert desk.call("GET", "/issue/DOC-1").status_code == 200
    for params in ({"reconcileIssues": number}, {"reconcileIssues": f"1,{number}"}):
        query = {"jql": jql, **params}
        assert [i["key"] for i in desk.call("GET", "/search/jql", params=query).json()["issues"]]
        assert not desk.call("GET", "/search", params=query).json()["issues"]

    behave(search_lag_seconds=0)
    assert desk.keys(jql) == ["DOC-1"]


def test_a_search_that_is_behind_shows_issues_as_they_were(desk: Desk, behave: Behave) -> None:
    desk.create(labels=["docflow-abc"])
    time.sleep(0.3)
    behave(search_lag_seconds=0.25)
    desk.call("POST", "/issue/DOC-1/transitions", {"transition": {"id": "41"}})

    query = {"jql": by_label("docflow-abc"), "fields": "status"}
    (found,) = desk.call("GET", "/search/jql", params=query).json()["issues"]

    assert found["fields"]["status"]["name"] == "To Do"


def test_at_most_fifty_issues_are_reconciled(desk: Desk) -> None:
    body = {"jql": IN_PROJECT, "reconcileIssues": list(range(51))}

    assert desk.call("POST", "/search/jql", body).status_code == 400


def test_the_cloud_has_removed_the_older_search(desk: Desk, services: str, behave: Behave) -> None:
    behave(cloud=True)

    assert desk.call("GET", "/search", params={"jql": IN_PROJECT}).status_code == 410
    ticket = ticket_desk(services).open(DRAFT)
    assert ticket_desk(services).find(DRAFT.label) == ticket


def test_a_project_can_demand_fields_and_have_no_priority(
    desk: Desk, services: str, behave: Behave
) -> None:
    behave(fields_off_screen=["priority"])
    assert ticket_desk(services).open(DRAFT).key == "DOC-1"

    behave(required_fields=["customfield_10050"])
    answer = desk.create(priority={"name": "Highest"})

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"priority", "customfield_10050"}
    with pytest.raises(PermanentError, match="customfield_10050"):
        ticket_desk(services).open(replace(DRAFT, label="docflow-other"))


def test_a_transition_can_ask_for_a_resolution(services: str, behave: Behave) -> None:
    behave(resolution_required=True)
    ticket = ticket_desk(services).open(DRAFT)

    with pytest.raises(PermanentError, match="JIRA_CANCEL_RESOLUTION"):
        ticket_desk(services).cancel_issue(ticket.key, reason="undone")
    resolving = ticket_desk(services, cancel_resolution="Won't Do")
    resolving.cancel_issue(ticket.key, reason="undone")

    assert resolving.find(DRAFT.label) is None


def test_a_resolution_that_no_screen_has_is_left_out(services: str) -> None:
    desk = ticket_desk(services, cancel_resolution="Won't Do")
    ticket = desk.open(DRAFT)

    desk.cancel_issue(ticket.key, reason="undone")

    assert desk.find(DRAFT.label) is None


def test_tokens_with_scopes_work_through_the_gateway_alone(services: str, behave: Behave) -> None:
    behave(scoped_tokens=True, cloud=True)

    with pytest.raises(PermanentError, match=r"api\.atlassian\.com/ex/jira"):
        ticket_desk(services).open(DRAFT)
    through_gateway = ticket_desk(f"{services}/ex/jira/1-2-3", browse_url=services)
    assert through_gateway.open(DRAFT).url == f"{services}/browse/DOC-1"

    behave(missing_scopes=["write:jira-work"])
    assert through_gateway.find(DRAFT.label) is not None
    with pytest.raises(PermanentError, match="TICKETS_UNAUTHORIZED"):
        through_gateway.open(replace(DRAFT, label="docflow-other"))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"lag": 3}, "lag"),
        ({"search_lag_seconds": "3"}, "search_lag_seconds"),
        ({"search_lag_seconds": -1}, "search_lag_seconds"),
        ({"cloud": 1}, "cloud"),
        ({"required_fields": "summary"}, "required_fields"),
    ],
)
def test_a_behaviour_that_is_not_known_is_refused(
    behave: Behave, fields: dict[str, Any], named: str
) -> None:
    answer = behave(**fields)

    assert answer.status_code == 400
    assert answer.json()["field"] == named


def test_a_reset_ends_all_behaviour(services: str, behave: Behave) -> None:
    assert behave(cloud=True)["cloud"] is True

    requests.post(f"{services}/_control/reset", timeout=TIMEOUT_SECONDS)

    shown = requests.get(f"{services}/_control/jira", timeout=TIMEOUT_SECONDS).json()
    assert not any(shown.values())


def test_searches_are_cut_into_pages_and_fields(desk: Desk) -> None:
    for _ in range(3):
        desk.create()

    query = {"jql": IN_PROJECT, "startAt": 1, "maxResults": 1, "fields": ["status"]}
    answer = desk.call("POST", "/search", query).json()

    assert (answer["total"], answer["startAt"], answer["maxResults"]) == (3, 1, 1)
    assert [issue["key"] for issue in answer["issues"]] == ["DOC-2"]
    assert answer["issues"][0]["fields"].keys() == {"status"}


def test_an_issue_is_cancelled_by_a_transition(
    desk: Desk, stats: Callable[[], dict[str, Any]]
) -> None:
    desk.create()
    listed = desk.call("GET", "/issue/DOC-1/transitions").json()["transitions"]
    cancel = next(entry["id"] for entry in listed if entry["to"]["name"] == "Cancelled")

    moved = desk.call("POST", "/issue/DOC-1/transitions", {"transition": {"id": cancel}})
    again = desk.call("POST", "/issue/DOC-1/transitions", {"transition": {"id": cancel}})

    assert (moved.status_code, again.status_code) == (204, 400)
    issue = desk.call("GET", "/issue/DOC-1").json()
    assert issue["fields"]["status"]["name"] == "Cancelled"
    assert (stats()["issues_created"], stats()["issues_cancelled"]) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"summary": ""}, "summary"),
        ({"summary": "two\nlines"}, "summary"),
        ({"summary": "x" * 256}, "summary"),
        ({"description": "x" * 32_768}, "description"),
        ({"labels": ["two words"]}, "labels"),
        ({"project": {"key": "lower"}}, "project"),
        ({"issuetype": None}, "issuetype"),
    ],
)
def test_fields_that_jira_refuses_are_named(desk: Desk, fields: dict[str, Any], named: str) -> None:
    answer = desk.create(**fields)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [named]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer "}, {"Authorization": "Basic !"}]
)
def test_calls_without_a_credential_are_refused(desk: Desk, headers: dict[str, str]) -> None:
    answer = desk.call("GET", "/myself", auth=None, headers=headers)

    assert answer.status_code == 401


def test_bearer_tokens_are_taken(desk: Desk) -> None:
    answer = desk.call("GET", "/myself", auth=None, headers={"Authorization": "Bearer pat"})

    assert answer.json()["active"] is True


def test_comments_are_kept(desk: Desk) -> None:
    desk.create()

    added = desk.call("POST", "/issue/DOC-1/comment", {"body": "Rejected by the reviewer."})

    assert added.status_code == 201
    comments = desk.call("GET", "/issue/DOC-1").json()["fields"]["comment"]["comments"]
    assert [comment["body"] for comment in comments] == ["Rejected by the reviewer."]


def test_an_unknown_issue_is_not_found(desk: Desk) -> None:
    assert desk.call("GET", "/issue/DOC-9").status_code == 404


def test_a_lost_answer_leaves_its_issue_behind(
    desk: Desk, set_faults: Callable[[object], None]
) -> None:
    set_faults({"jira.create": {"status": 503, "next": 1, "after": True}})

    answer = desk.create(labels=["docflow-abc"])

    assert answer.status_code == 503
    assert desk.keys(by_label("docflow-abc")) == ["DOC-1"]


def test_a_refused_call_leaves_nothing_behind(
    desk: Desk, set_faults: Callable[[object], None]
) -> None:
    set_faults({"jira.create": {"status": 503, "retry_after": 2, "next": 1}})

    answer = desk.create()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["errorMessages"]
    assert desk.keys(IN_PROJECT) == []


def test_the_page_escapes_what_it_shows(desk: Desk) -> None:
    desk.create(summary="<script>alert(1)</script>", description="<img src=x>", labels=["<b>"])

    pages = [
        requests.get(desk.address + path, timeout=TIMEOUT_SECONDS).text
        for path in ("/jira", "/browse/DOC-1")
    ]

    assert all("<script>" not in page and "<b>" not in page for page in pages)
    assert "&lt;img src=x&gt;" in pages[1]
