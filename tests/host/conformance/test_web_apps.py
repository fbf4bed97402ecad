"""HTTP beside the functions themselves: web frameworks, browsers of other origins, headers."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devstack.functions_host.settings import SettingsError, load_local_settings
from devstack.functions_host.testing import RunningHost
from devstack.functions_host.triggers.storage_account import Storage

pytestmark = pytest.mark.host
HostOf = Callable[..., RunningHost]
WEB_APP = Path(__file__).parent / "apps" / "web_app"

CODE = """
import os
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="setting/{name}")
def setting(req: func.HttpRequest) -> str:
    return os.environ.get("ConnectionStrings:" + req.route_params["name"], "none")


@app.route(route="params")
def params(req: func.HttpRequest) -> str:
    return "&".join(f"{name}={text}" for name, text in req.params.items())


@app.route(route="framed/{header}/{value}")
def framed(req: func.HttpRequest) -> func.HttpResponse:
    headers = {req.route_params["header"]: req.route_params["value"], "X-Own": "mine"}
    return func.HttpResponse("hello", headers=headers)


@app.route(route="status/{number:int}")
def status(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=int(req.route_params["number"]))
"""
STREAMS = """
from azurefunctions.extensions.base import RequestTrackerMeta
import azure.functions as func


class Request:  # as azurefunctions-extensions-http-fastapi has one
    pass


class RequestTracker(metaclass=RequestTrackerMeta):
    request_type = Request
    synchronizer = object


class StreamingResponse:
    pass


app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route()
async def streamed(req: Request) -> StreamingResponse:
    return StreamingResponse()


@app.route()
def served(req: func.HttpRequest) -> str:
    return "yes"
"""


def app_of(folder: Path, code: str, **files: object) -> Path:
    folder.mkdir()
    (folder / "function_app.py").write_text(code, encoding="utf-8")
    for name, content in {"host": {"version": "2.0"}, **files}.items():
        path = folder / f"{name.replace('_', '.')}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=["ASGI", "WSGI"])
def web_app(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHost]:
    state = tmp_path_factory.mktemp("web") / "state.sqlite"
    host = RunningHost(WEB_APP, state, environment={"WEB_APP": request.param})
    host.start()
    yield host
    host.end()


@pytest.mark.parametrize(
    ("path", "seen", "query"),
    [
        ("/", "/", ""),
        ("/items/", "/items/", ""),
        ("/items/?a", "/items/", "a"),
        ("/A%20b/c%3Fd%25/x", "/A b/c?d%/x", ""),
        ("/x?a=1&a=2&e=&p=a+b%2B&u=%C3%A9", "/x", "a=1&a=2&e=&p=a+b%2B&u=%C3%A9"),
        ("/up/../x/./y", "/x/y", ""),
    ],
)
def test_web_framework_sees_path_and_query_as_they_were_sent(
    web_app: RunningHost, path: str, seen: str, query: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web_app.port, timeout=20)
    connection.putrequest("POST", path)
    connection.putheader("X-Twice", "1")
    connection.putheader("X-Twice", "2")
    connection.putheader("Content-Length", "4")
    connection.endheaders(b"body")
    answer = connection.getresponse()
    got = json.loads(answer.read())
    connection.close()
    sent = {"method": "POST", "twice": "1,2", "body": "body"}
    assert got == {"path": seen, "query": query, **sent}
    assert answer.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/x"]


def test_names_of_query_parameters_have_no_letter_case(host_of: HostOf, tmp_path: Path) -> None:
    host = host_of(app_of(tmp_path / "app", CODE))
    assert host.call("GET", "api/params?Name=1&name=2&NAME=&b=%C3%A9+%2B").text == "Name=1,2&b=é +"


@pytest.mark.parametrize(
    ("header", "value"),
    [("Content-Length", "2"), ("content-length", "9"), ("Transfer-Encoding", "chunked")],
)
def test_host_frames_the_answer_whatever_the_function_says(
    host_of: HostOf, tmp_path: Path, header: str, value: str
) -> None:
    answer = host_of(app_of(tmp_path / "app", CODE)).call("GET", f"api/framed/{header}/{value}")
    assert (answer.text, answer.headers["Content-Length"]) == ("hello", "5")
    assert "Transfer-Encoding" not in answer.headers


def test_status_that_is_none_is_an_error(host_of: HostOf, tmp_path: Path) -> None:
    host = host_of(app_of(tmp_path / "app", CODE))
    assert host.call("GET", "api/status/42").status_code == 500


def test_custom_headers_of_host_json_are_on_every_answer(host_of: HostOf, tmp_path: Path) -> None:
    headers = {"X-Content-Type-Options": "nosniff", "x-own": "of host.json"}
    host_json = {"version": "2.0", "extensions": {"http": {"customHeaders": headers}}}
    host = host_of(app_of(tmp_path / "app", CODE, host=host_json))
    answer = host.call("GET", "api/framed/X-A/b")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Own"] == "mine", "that of the function wins"
    assert host.call("GET", "api/nothing").headers["X-Own"] == "of host.json"


@pytest.mark.parametrize(
    ("cors", "origin", "allowed", "credentials"),
    [
        ("*", "https://a.example", "*", None),
        ("https://a.example,https://b.example", "https://b.example", "https://b.example", None),
        ("https://a.example", "https://c.example", None, None),
        ("https://a.example", "https://a.example", "https://a.example", "true"),
        ("", "https://a.example", None, None),
    ],
)
def test_cors_of_local_settings_answers_browsers(
    host_of: HostOf,
    tmp_path: Path,
    cors: str,
    origin: str,
    allowed: str | None,
    credentials: str | None,
) -> None:
    host = {"CORS": cors, "CORSCredentials": credentials == "true"}
    running = host_of(app_of(tmp_path / "app", CODE, local_settings={"Host": host}))
    asks = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    asks["Access-Control-Request-Headers"] = "content-type,x-a"

    answer = running.call("GET", "api/params?a=1", headers={"Origin": origin})
    asked = running.call("OPTIONS", "api/params", headers=asks)

    assert answer.text == "a=1"
    for response in (answer, asked):
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
        assert response.headers.get("Access-Control-Allow-Credentials") == credentials
    if cors:
        assert asked.status_code == 204
    granted = (
        asked.headers.get("Access-Control-Allow-Methods"),
        asked.headers.get("Access-Control-Allow-Headers"),
    )
    assert granted == (("PUT", "content-type,x-a") if allowed else (None, None))
    assert "Access-Control-Allow-Origin" not in running.call("GET", "api/params").headers


def test_cookies_from_everywhere_are_refused(tmp_path: Path) -> None:
    settings = {"Host": {"CORS": "*", "CORSCredentials": True}}
    app = app_of(tmp_path / "app", CODE, local_settings=settings)
    with pytest.raises(SettingsError, match=r'"Host\.CORSCredentials" is true'):
        load_local_settings(app, {})


def test_connection_strings_reach_the_app(host_of: HostOf, tmp_path: Path) -> None:
    strings = {
        "Plain": "Server=plain",
        "WithProvider": {"ConnectionString": "Server=x", "ProviderName": "System.Data.SqlClient"},
    }
    host = host_of(app_of(tmp_path / "app", CODE, local_settings={"ConnectionStrings": strings}))
    assert host.call("GET", "api/setting/Plain").text == "Server=plain"
    assert host.call("GET", "api/setting/WithProvider").text == "Server=x"


def test_connection_of_a_trigger_is_found_among_the_connection_strings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ConnectionStrings:Documents", "UseDevelopmentStorage=true")
    assert Storage("Documents").blobs().account_name == "devstoreaccount1"


def test_function_with_http_streams_is_left_out_with_a_word(
    host_of: HostOf, tmp_path: Path
) -> None:
    host = host_of(app_of(tmp_path / "app", STREAMS))
    assert host.call("GET", "api/served").text == "yes"
    assert host.call("GET", "api/streamed").status_code == 404
    assert (
        "The function streamed is left out: this stand-in host has no HTTP streams" in host.output
    )
