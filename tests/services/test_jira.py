"""Jira over REST: create, search, transition, comment, and the page that lists issues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from devstack.services.jira.jql import JqlError, parse_jql

AUTH = ("bot@example.com", "token")
API = "/rest/api/2"
TIMEOUT_SECONDS = 10


class Desk:
    """A few lines of Jira client."""

    def __init__(self, address: str) -> None:
        self.address = address

    def call(self, method: str, path: str, body: object = None, **options: Any) -> Any:
        """Calls the API with a credential."""
        options = {"auth": AUTH, "timeout": TIMEOUT_SECONDS, **options}
        return requests.request(method, self.address + API + path, json=body, **options)

    def create(self, **fields: object) -> Any:
        """Creates an issue with sensible fields."""
        plain = {
            "project": {"key": "DOC"},
            "summary": "Final notice",
            "issuetype": {"name": "Task"},
        }
        return self.call("POST", "/issue", {"fields": plain | fields})

    def keys(self, jql: str) -> list[str]:
        """Returns the keys that a search finds."""
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
    assert desk.keys('project = DOC AND labels = "docflow-abc" ORDER BY created DESC') == ["DOC-1"]


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("", ["OPS-1", "DOC-2", "DOC-1"]),
        ("project = DOC", ["DOC-2", "DOC-1"]),
        ("project = DOC ORDER BY created ASC", ["DOC-1", "DOC-2"]),
        ("labels in (one, two) AND project != OPS", ["DOC-2", "DOC-1"]),
        ("labels not in (one)", ["OPS-1", "DOC-2"]),
        ('status = "To Do" and (key = DOC-1 or key = "OPS-1")', ["OPS-1", "DOC-1"]),
        ("statusCategory = Done", []),
        ('summary ~ "second heating"', ["DOC-2"]),
        ("description is EMPTY", ["OPS-1", "DOC-1"]),
        ("NOT project = DOC", ["OPS-1"]),
    ],
)
def test_searches_in_the_subset_of_jql(desk: Desk, jql: str, keys: list[str]) -> None:
    desk.create(labels=["one"])
    desk.create(labels=["two"], summary="Second, about heating", description="Cold")
    desk.create(labels=["two"], project={"key": "OPS"})

    assert desk.keys(jql) == keys


@pytest.mark.parametrize(
    "jql",
    [
        "nonsense = 1",
        "project DOC",
        "labels = ",
        "labels in (one",
        "project = DOC sort",
        "{}",
        "=",
        "order by mood",
    ],
)
def test_jql_outside_the_subset_is_refused(desk: Desk, jql: str) -> None:
    answer = desk.call("POST", "/search", {"jql": jql})

    assert answer.status_code == 400
    assert answer.json()["errorMessages"]


def test_a_label_with_quotes_in_it_finds_nothing_else() -> None:
    query = parse_jql(r'labels = "a\" OR project = DOC OR labels = \"b"')

    assert not query.matches({"labels": ["b"], "project": ["DOC"]})
    with pytest.raises(JqlError):
        parse_jql('labels = "a" b"')


def test_searches_are_cut_into_pages_and_fields(desk: Desk) -> None:
    for _ in range(3):
        desk.create()

    query = {"jql": "project = DOC", "startAt": 1, "maxResults": 1, "fields": ["status"]}
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
    assert desk.keys("labels = docflow-abc") == ["DOC-1"]


def test_a_refused_call_leaves_nothing_behind(
    desk: Desk, set_faults: Callable[[object], None]
) -> None:
    set_faults({"jira.create": {"status": 503, "retry_after": 2, "next": 1}})

    answer = desk.create()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["errorMessages"]
    assert desk.keys("") == []


def test_the_page_escapes_what_it_shows(desk: Desk) -> None:
    desk.create(summary="<script>alert(1)</script>", description="<img src=x>", labels=["<b>"])

    pages = [
        requests.get(desk.address + path, timeout=TIMEOUT_SECONDS).text
        for path in ("/jira", "/browse/DOC-1")
    ]

    assert all("<script>" not in page and "<b>" not in page for page in pages)
    assert "&lt;img src=x&gt;" in pages[1]
