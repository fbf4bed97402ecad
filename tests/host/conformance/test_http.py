"""HTTP functions: routes, values, return conventions, keys, the admin endpoints, logging."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from devstack.functions_host.testing import RunningHost, until
from devstack.functions_host.web.server import MAX_BODY

pytestmark = pytest.mark.host
HostOf = Callable[..., RunningHost]


def test_a_function_sees_the_whole_request(basics: RunningHost) -> None:
    answer = basics.call(
        "POST",
        "api/ECHO/a%20b/7?x=1&y=2&x=3",
        data="body",
        headers={"x-test": "header"},
    )
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "method": "POST",
        "url": f"http://127.0.0.1:{basics.port}/api/ECHO/a%20b/7?x=1&y=2&x=3",
        "header": "header",
        "query": {"x": "1,3", "y": "2"},
        "route": {"word": "a b", "number": "7"},
        "body": "body",
        "function": "echo",
        "invocation": 36,
    }


def test_an_optional_segment_may_be_missing(basics: RunningHost) -> None:
    assert basics.call("GET", "api/echo/word").json()["route"] == {"word": "word"}


def test_a_constraint_that_does_not_hold_is_404(basics: RunningHost) -> None:
    assert basics.call("GET", "api/echo/word/seven").status_code == 404


def test_another_verb_is_404_and_not_405(basics: RunningHost) -> None:
    assert basics.call("DELETE", "api/echo/word").status_code == 404


def test_a_catch_all_segment_takes_the_rest(basics: RunningHost) -> None:
    assert basics.call("PATCH", "api/files/a/b%20c/d").text == "a/b c/d"
    assert basics.call("GET", "api/files").text == ""


def test_the_default_route_is_the_name_of_the_function(basics: RunningHost) -> None:
    assert basics.call("GET", "api/default_route").text == "by name"


def test_what_a_function_returns_decides_the_response(basics: RunningHost) -> None:
    text = basics.call("GET", "api/returns/text")
    assert (text.status_code, text.text) == (200, "plain")
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    described = basics.call("GET", "api/returns/object")
    assert (described.status_code, described.json()) == (418, {"tea": 1})
    assert described.headers["X-A"] == "b"


@pytest.mark.parametrize("kind", ["none", "bytes", "dict", "number"])
def test_what_is_neither_text_nor_a_response_is_500(basics: RunningHost, kind: str) -> None:
    answer = basics.call("GET", f"api/returns/{kind}")
    assert (answer.status_code, answer.content) == (500, b"")


def test_text_that_is_json_comes_back_indented(basics: RunningHost) -> None:
    answer = basics.call("GET", "api/returns/json")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == json.dumps(json.loads(answer.text), indent=2, ensure_ascii=False)
    assert answer.json() == {"a": [1, {"b": "ü"}], "c": {}}
    assert basics.call("GET", "api/returns/nearly-json").text == '{"a":'


def test_first_function_by_name_wins_where_routes_overlap(basics: RunningHost) -> None:
    assert basics.call("GET", "api/overlap/special").text == "general"


def test_route_that_begins_with_admin_is_in_error(basics: RunningHost) -> None:
    assert basics.call("GET", "api/administration").status_code == 404
    assert "The 'conflicting_route' function is in error" in basics.output


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ("api/echo/a%2Fb", "a%2Fb"),
        ("api/echo/a%2fb%20c", "a%2fb c"),
        ("api/echo/%20+%3F%25", " +?%"),
        ("API/Echo/x/", "x"),
        ("api/nothing/../echo/./x", "x"),
    ],
)
def test_path_is_decoded_but_for_its_slashes(basics: RunningHost, sent: str, word: str) -> None:
    status, body = raw_get(basics, sent)
    assert status == 201
    assert body["route"] == {"word": word}


def test_address_keeps_what_was_quoted(basics: RunningHost) -> None:
    _, body = raw_get(basics, "api/echo/a%2Fb%20%3F?q=%20+%41&q=&r=&s")
    assert body["url"].endswith("/api/echo/a%2Fb%20%3F?q=%20+%41&q=&r=&s")
    assert body["query"] == {"q": "  A"}, "empty values are dropped"


@pytest.mark.parametrize("path", ["api//echo/x", "/api/echo/x", "api/echo/x//"])
def test_empty_segment_is_404(basics: RunningHost, path: str) -> None:
    assert raw_get(basics, path)[0] == 404


def test_repeated_headers_are_joined_and_their_names_in_lower_case(basics: RunningHost) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", basics.port, timeout=20)
    connection.putrequest("GET", "/api/request-headers")
    for name, value in (("X-Twice", "1"), ("x-twice", "2"), ("Cookie", "a=1"), ("Cookie", "b=2")):
        connection.putheader(name, value)
    connection.endheaders()
    seen = json.loads(connection.getresponse().read())
    connection.close()
    assert (seen["x-twice"], seen["cookie"]) == ("1,2", "a=1,b=2")


def test_header_that_is_not_ascii_is_400(basics: RunningHost) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", basics.port, timeout=20)
    connection.putrequest("GET", "/api/request-headers")
    connection.putheader("X-Name", "Zoë".encode())
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    assert status == 400


def test_body_above_the_limit_closes_the_connection(basics: RunningHost) -> None:
    with pytest.raises(requests.ConnectionError):
        basics.call("POST", "api/echo/x", data=b"x" * (MAX_BODY + 1))


def raw_get(host: RunningHost, path: str) -> tuple[int, Any]:
    """Send a path as it is; most clients tidy it up first."""
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=20)
    connection.request("GET", f"/{path}")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body) if body else None


def test_bytes_headers_and_cookies_arrive_as_given(basics: RunningHost) -> None:
    answer = basics.call("GET", "api/returns/cookies")
    assert answer.content == b"\x00\x01"
    assert answer.headers["X-One"] == "1"
    assert answer.cookies.get_dict() == {"a": "1", "b": "2"}


def test_an_exception_is_500_with_no_body_and_a_traceback_on_the_console(
    basics: RunningHost,
) -> None:
    answer = basics.call("GET", "api/returns/raise")
    assert (answer.status_code, answer.content) == (500, b"")
    until(lambda: "ValueError: an error of the app" in basics.output, "the traceback")
    assert "Executed 'Functions.returns' (Failed, Id=" in basics.output


def test_levels_and_keys_are_ignored_without_the_option(basics: RunningHost) -> None:
    assert basics.call("GET", "api/for-admins").text == "secret"


def test_log_levels_come_from_host_json(basics: RunningHost) -> None:
    assert basics.call("GET", "api/log").text == "logged"
    until(lambda: "an error line" in basics.output, "the error line")
    assert "an informational line" not in basics.output


def test_the_root_says_that_the_host_runs(basics: RunningHost) -> None:
    assert basics.call("GET", "").status_code == 200
    assert basics.call("GET", "api/nothing").status_code == 404


# Admin


def test_the_admin_endpoints_report_the_host(basics: RunningHost) -> None:
    status = basics.call("GET", "admin/host/status").json()
    assert status["state"] == "Running"
    assert {"id", "version", "versionDetails", "processUptime"} <= set(status)
    for method in ("GET", "POST"):
        assert basics.call(method, "admin/host/ping").status_code == 200
    assert basics.call("POST", "admin/host/synctriggers").json() == {"status": "success"}


def test_the_admin_endpoints_list_functions(basics: RunningHost) -> None:
    listed = basics.call("GET", "admin/functions").json()
    assert {"echo", "hello", "often"} <= {function["name"] for function in listed}
    one = basics.call("GET", "admin/functions/often").json()
    assert one["config"]["bindings"][0]["type"] == "timerTrigger"
    assert basics.call("GET", "admin/functions/often/status").status_code == 200
    assert basics.call("GET", "admin/functions/nobody").status_code == 404


def test_a_function_is_started_by_hand(basics: RunningHost) -> None:
    answer = basics.call("POST", "admin/functions/raises", json={"input": "way"})
    assert (answer.status_code, answer.content) == (202, b"")
    until(lambda: "ValueError: no way" in basics.output, "the call")
    assert basics.call("POST", "admin/functions/raises").status_code == 400
    assert basics.call("POST", "admin/functions/nobody", json={"input": ""}).status_code == 404


def test_a_timer_fires_by_its_schedule(basics: RunningHost) -> None:
    until(lambda: "timer fired, past due: False" in basics.output, "the timer")


# Keys


@pytest.mark.parametrize("option", ["--keys", "--enableAuth"])
def test_keys_are_asked_for_where_an_option_says_so(host_of: HostOf, option: str) -> None:
    host = host_of("basics", option, OFTEN="0 0 0 1 1 *")
    keys = json.loads(host.state.with_name("functions-host.keys.json").read_text())
    function = keys["functions"]["returns"]

    def status(path: str, **headers: str) -> int:
        return host.call("GET", path, headers=headers).status_code

    assert status("api/files/x") == 200, "anonymous"
    assert status("api/returns/text") == 401
    assert status("api/returns/text", **{"x-functions-key": function}) == 200
    assert status(f"api/returns/text?code={keys['host']}") == 200
    assert status("api/log", **{"x-functions-key": function}) == 401, "the key of another one"
    assert status("api/for-admins", **{"x-functions-key": keys["host"]}) == 401
    assert status("api/for-admins", **{"x-functions-key": keys["master"]}) == 200
    assert (
        status("api/returns/text", **{"x-functions-key": keys["systems"]["blobs_extension"]}) == 401
    )
    assert status(f"api/log?code={keys['host']}", **{"x-functions-key": "wrong"}) == 401, "header"
    assert status("admin/host/status") == 401
    assert status(f"admin/host/status?code={keys['master']}") == 200
    assert status("admin/host/ping") == 200, "always"
    webhook = "runtime/webhooks/durabletask/instances"
    refused = host.call("GET", webhook)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert host.call("POST", "runtime/webhooks/blobs").headers["WWW-Authenticate"] == "Bearer"
    assert "WWW-Authenticate" not in host.call("GET", "api/log").headers
    assert status(f"{webhook}?code={keys['systems']['durabletask_extension']}") == 200
    started = host.call("POST", f"api/client/start?code={keys['host']}", json={"name": "fan_out"})
    address = started.json()["statusQueryGetUri"]
    assert host.call("GET", address.split("/", 3)[3]).status_code in (200, 202)


def test_a_disabled_function_does_not_answer(host_of: HostOf) -> None:
    environment = {"OFTEN": "0 0 0 1 1 *", "AzureWebJobs.default_route.Disabled": "true"}
    host = host_of("basics", **environment)
    assert host.call("GET", "api/default_route").status_code == 404


def make_app(folder: Path, code: str, **files: object) -> Path:
    folder.mkdir()
    (folder / "function_app.py").write_text(code, encoding="utf-8")
    for name, content in {"host": {"version": "2.0"}, **files}.items():
        path = folder / f"{name.replace('_', '.')}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
    return folder


ROUTES = """
import os
import azure.functions as func
app = func.FunctionApp()

@app.route(route="{first}/x")
def one(req: func.HttpRequest) -> str:
    return "one " + os.environ["FROM_FILE"] + os.environ["FLAG"] + os.environ["BOTH"]

@app.route(route="a/{second}")
def two(req: func.HttpRequest) -> str:
    return "two"
"""


def test_route_prefix_and_settings_files_are_heeded(host_of: HostOf, tmp_path: Path) -> None:
    values = {"FROM_FILE": "file ", "FLAG": True, "BOTH": " from the file"}
    app = make_app(
        tmp_path / "app",
        ROUTES,
        host={"version": "2.0", "extensions": {"http": {"routePrefix": ""}}},
        local_settings={"IsEncrypted": False, "Values": values},
    )
    host = host_of(app, BOTH=" from outside")
    assert host.call("GET", "a/x").text == "one file true from outside", "the first route wins"
    assert host.call("GET", "a/y").text == "two"
    assert host.call("GET", "api/a/y").status_code == 404
