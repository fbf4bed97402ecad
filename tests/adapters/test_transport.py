"""Connections of the SDKs: what the environment says holds, and is asked for once per host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from docflow.adapters.transport import RememberingSession, new_transport
from testkit.stub_server import Reply, StubServer

URL = "https://account.blob.core.windows.net/work/one"
PROXY = "http://proxy.example.com:3128"


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def merged(session: RememberingSession, url: str = URL) -> dict[str, Any]:
    return dict(session.merge_environment_settings(url, {}, None, True, None))


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)

    assert merged(RememberingSession())["proxies"] == {"https": PROXY}


def test_hosts_that_need_no_proxy_get_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", ".core.windows.net")
    session = RememberingSession()

    assert merged(session)["proxies"] == {}
    assert merged(session, "https://example.com/")["proxies"]["https"] == PROXY


def test_certificates_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/certificates.pem")

    assert merged(RememberingSession())["verify"] == "/certificates.pem"


def test_the_environment_is_asked_once_for_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    session = RememberingSession()
    first = merged(session)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)

    assert merged(session, URL.replace("one", "two")) == first
    assert merged(session, "https://example.com/")["proxies"] == {"https": PROXY}


def test_a_password_of_the_home_folder_never_replaces_the_sdks_signature(
    server: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.on("GET", "/signed", Reply(200, b"{}"))
    request = HttpRequest("GET", f"{server.url}/signed", headers={"Authorization": "SharedKey a:b"})

    with new_transport(connect_seconds=5, read_seconds=5) as transport:
        transport.send(request)

    assert server.requests[0].headers["authorization"] == "SharedKey a:b"
