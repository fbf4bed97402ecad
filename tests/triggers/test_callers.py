from __future__ import annotations

import json
from typing import Any

import pytest

from docflow.errors import ConfigurationError
from docflow.models.states import Stage, Status
from docflow.platform import Platform
from docflow.settings import Settings
from docflow.work import artefacts
from testkit.app import Answer, InMemoryApp
from testkit.examples import DOCUMENT_ID
from testkit.fakes import START

OWN = "http://127.0.0.1:9"
FORM = "application/x-www-form-urlencoded"
IN_AZURE = Platform(host_name="docflow.azurewebsites.net")
REFUSED = (403, "ORIGIN_NOT_ALLOWED")
ROUTES = {
    "upload": ("documents", b"%PDF", {"name": "a.pdf"}),
    "form": (
        "documents",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
        b"\r\n%PDF\r\n--b--",
        {},
    ),
    "decision": (f"reviews/{DOCUMENT_ID}", b'{"approved": true}', {}),
    "reprocess": (f"documents/{DOCUMENT_ID}/reprocess", b"", {}),
}
TYPES = {
    "upload": {"Content-Type": "text/plain"},
    "form": {"Content-Type": "multipart/form-data; boundary=b"},
    "decision": {"Content-Type": "application/json"},
    "reprocess": {},
}


@pytest.fixture
def waiting(app: InMemoryApp) -> InMemoryApp:
    """The app with a document that waits for a decision."""
    app.lists(status=Status.WAITING, stage=Stage.WAITING_FOR_REVIEW, waiting_since=START)
    app.instance_is("Running", {"stage": "waiting_for_review"})
    return app


def ask(app: InMemoryApp, route: str, headers: dict[str, str]) -> Answer:
    path, body, query = ROUTES[route]
    return app.post(path, body, {**TYPES[route], **headers}, **query)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:10"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": f"{OWN}.evil.example"},
        {"Origin": f"{OWN}, https://evil.example"},
        {"Origin": "ftp://127.0.0.1:9"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(
    waiting: InMemoryApp, route: str, headers: dict[str, str]
) -> None:
    assert ask(waiting, route, headers).problem == REFUSED

    assert waiting.store.blobs == {}
    assert (waiting.client.events, waiting.client.starts) == ([], [])


@pytest.mark.parametrize("route", ["upload", "form", "decision"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OWN},
        {"Origin": OWN.upper()},
        {"Origin": OWN, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Host": "localhost:9", "Origin": "http://localhost:9"},
        {"Host": "[::1]:9", "Origin": "http://[::1]:9"},
    ],
)
def test_own_pages_and_other_programs_are_let_through(
    waiting: InMemoryApp, route: str, headers: dict[str, str]
) -> None:
    assert ask(waiting, route, headers).status == 202


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://docflow.azurewebsites.net"}, 202),
        ({"Origin": "https://docs.example.com", "X-Forwarded-Host": "docs.example.com"}, 202),
        ({"Origin": "https://public.example.com"}, 202),
        ({"Origin": "https://portal.example.com:8443", "Sec-Fetch-Site": "cross-site"}, 202),
        ({"Origin": "http://portal.example.com:8443"}, 403),
        ({"Origin": "https://other.azurewebsites.net"}, 403),
    ],
)
def test_addresses_of_the_app_are_known(
    waiting: InMemoryApp, headers: dict[str, str], status: int
) -> None:
    waiting.use(
        platform=IN_AZURE,
        settings=Settings(
            public_base_url="https://public.example.com",
            allowed_origins="https://portal.example.com:8443, https://b.example",
        ),
    )

    answer = ask(waiting, "decision", {"Host": "docflow.azurewebsites.net", **headers})

    assert answer.status == status


def test_another_site_may_read_what_its_pages_cannot_see(app: InMemoryApp) -> None:
    assert app.get("documents", {"Origin": "https://evil.example"}).status == 200


# Foreign names.


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9", "127.0.0.1.evil.example", "["])
@pytest.mark.parametrize("path", ["documents", "health", "stats", f"documents/{DOCUMENT_ID}"])
def test_locally_a_foreign_host_name_is_refused(app: InMemoryApp, host: str, path: str) -> None:
    forwarded = {"Host": host, "X-Forwarded-Host": "localhost", "Origin": f"http://{host}"}

    answer = app.get(path, forwarded)

    assert answer.problem == (421, "HOST_NOT_ALLOWED")
    assert "ALLOWED_HOSTS" in answer.detail


def test_a_foreign_host_name_decides_nothing(waiting: InMemoryApp) -> None:
    headers = {"Host": "evil.example:9", "Origin": "http://evil.example:9"}

    assert ask(waiting, "decision", headers).problem == (421, "HOST_NOT_ALLOWED")
    assert waiting.work.read(artefacts.DECISION) is None


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:7071", "127.0.0.1:1", "127.8.8.8", "[::1]:9", "docflow.test:9"]
)
def test_names_of_this_machine_are_known(app: InMemoryApp, host: str) -> None:
    app.use(settings=Settings(allowed_hosts="other.test, Docflow.test"))

    assert app.get("documents", {"Host": host}).status == 200


def test_in_azure_the_platform_decides_over_host_names(app: InMemoryApp) -> None:
    app.use(platform=IN_AZURE)

    assert app.get("documents", {"Host": "docs.example.com"}).status == 200


# JSON.


@pytest.mark.parametrize("kind", [None, "text/plain", FORM, "multipart/form-data; boundary=b"])
def test_a_decision_is_taken_as_json_alone(waiting: InMemoryApp, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}

    answer = waiting.post(f"reviews/{DOCUMENT_ID}", b'{"approved": true}', headers)

    assert answer.problem == (415, "JSON_EXPECTED")
    assert waiting.work.read(artefacts.DECISION) is None


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/vnd.x+JSON"])
def test_json_is_known_by_its_media_type(waiting: InMemoryApp, kind: str) -> None:
    body = json.dumps({"approved": True}).encode()

    assert waiting.post(f"reviews/{DOCUMENT_ID}", body, {"Content-Type": kind}).status == 202


def test_a_form_reprocesses_nothing(waiting: InMemoryApp) -> None:
    answer = waiting.post(f"documents/{DOCUMENT_ID}/reprocess", b"a=b", {"Content-Type": FORM})

    assert answer.problem == (415, "JSON_EXPECTED")


# What is set.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://a.example/path"),
        ("ALLOWED_ORIGINS", "a.example"),
        ("ALLOWED_HOSTS", "http://a.example"),
        ("ALLOWED_HOSTS", "a.example:80"),
    ],
)
def test_a_wrong_list_stops_the_app_at_start(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.load({name: value})


@pytest.mark.parametrize(
    ("environment", "platform"),
    [
        ({}, Platform()),
        ({"WEBSITE_HOSTNAME": "localhost:7071"}, Platform()),
        ({"WEBSITE_HOSTNAME": "127.0.0.1:7071"}, Platform()),
        ({"WEBSITE_HOSTNAME": "Docflow.azurewebsites.net"}, IN_AZURE),
        ({"WEBSITE_AUTH_ENABLED": "True"}, Platform(signs_users_in=True)),
        ({"WEBSITE_AUTH_ENABLED": "False"}, Platform()),
    ],
)
def test_the_platform_says_where_the_app_runs(environment: dict[str, str], platform: Any) -> None:
    assert Platform.of(environment) == platform
