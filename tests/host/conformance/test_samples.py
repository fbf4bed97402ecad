"""Apps in the shape of public samples run as they are, started by `dev.py host --app`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient

from devstack.functions_host.testing import RunningHost, until

pytestmark = pytest.mark.host
APPS = Path(__file__).parent / "apps" / "samples"
Start = Callable[..., RunningHost]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the app of a name through the command that users type."""
    running: list[RunningHost] = []

    def begin(name: str, *arguments: str, **environment: str) -> RunningHost:
        program = ("-m", "devstack.cli", "host")
        state = tmp_path / "state.sqlite"
        # docflow asks the SDK for this in the process of its tests; the apps have not asked.
        environment["AZURE_FUNCTIONS_DURABLE_STRICT_TYPING"] = ""
        host = RunningHost(APPS / name, state, list(arguments), environment, program)
        running.append(host)
        host.start()
        return host

    yield begin
    for host in running:
        host.end()


def ended(host: RunningHost, begun: requests.Response) -> dict[str, Any]:
    """Wait as a client of the sample would: by the address in the starter's answer."""
    assert begun.status_code == 202, begun.text
    return host.wait(begun.json()["id"])


def test_page_titles(start: Start) -> None:
    host = start("page_titles")
    pages = [host.url(f"api/pages/{number}") for number in (1, 2, 3)]
    begun = host.call("POST", "api/CollectTitles_HttpStart", json=[*pages, host.url("api/none")])
    expected = "Page 1; Page 2; Page 3; unreachable: ClientResponseError"
    assert ended(host, begun)["output"] == expected
    assert "Collecting titles as" in host.output


def test_greetings(start: Start) -> None:
    host = start("greetings")
    greeted = host.call("GET", "api/startGreetings")
    assert greeted.json() == [f"Good morning, {city}" for city in ("Lisbon", "Oslo", "Kyoto")]
    assert host.call("GET", "api/ping").text == "still here"


def test_backup(start: Start, azurite: str, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "one.txt").write_text("12345")
    (folder / "two.txt").write_text("123")
    host = start("backup", AzureWebJobsStorage=azurite)
    begun = host.call("POST", "api/orchestrators/B1_BackupFolder", json=str(folder))
    assert ended(host, begun)["output"] == 8
    assert blobs(azurite).get_blob_client("backups", "papers_two.txt").exists()
    empty = ended(host, host.call("POST", "api/orchestrators/B1_BackupFolder", json=""))
    assert empty["runtimeStatus"] == "Failed"
    assert "Which folder?" in empty["output"]


def test_pipeline(start: Start) -> None:
    host = start("pipeline")
    assert host.call("POST", "api/orchestrators/pipeline", json={"files": []}).status_code == 400
    files = [{"name": "a"}, {"name": "b"}]
    begun = host.call("POST", "api/orchestrators/pipeline", json={"files": files})
    output = ended(host, begun)["output"]
    assert [part["stored"] for part in output] == [
        {"success": True, "path": "results/a.json"},
        {"success": True, "path": "results/b.json"},
    ]
    assert output[0]["answer"] == '{"words": 4}'


def test_layered(start: Start) -> None:
    host = start("layered")
    begun = host.call("POST", "api/orchestrators/echo", json={"words": ["a", "b"], "times": 2})
    assert ended(host, begun)["output"] == "a b a b"
    assert host.call("GET", "api/orchestrators/echo").status_code == 404


def test_uploads(start: Start) -> None:
    host = start("uploads")
    files = [("documents", (name, text)) for name, text in (("a", "one two"), ("ü", "three"))]
    begun = host.call("POST", "api/upload", files=files, data={"unit": "characters"})
    assert begun.headers["Access-Control-Allow-Origin"] == "*"
    assert ended(host, begun)["output"] == {"a": 7, "ü": 5}
    progress = host.call("GET", f"api/progress/{begun.json()['id']}")
    assert progress.json() == {"state": "Completed", "custom": {"stage": "done", "percent": 100}}
    assert host.call("OPTIONS", "api/upload").status_code == 200
    assert host.call("POST", "api/upload", data={"unit": "words"}).status_code == 400
    assert host.call("GET", "api/progress/nobody").status_code == 404


def test_events(start: Start, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("words")
    host = start("events", FILES=str(tmp_path))
    assert "The function on_event is left out: this stand-in host has no eventGridTrigger" in (
        host.output
    )
    assert ended(host, host.call("GET", "api/startReading?file=notes"))["output"] == "5 characters"
    lost = ended(host, host.call("GET", "api/startReading?file=lost"))
    assert lost["runtimeStatus"] == "Failed"
    assert "FileNotFoundError" in lost["output"]
    assert host.call("GET", "api/startReading").status_code == 400


def test_summaries(start: Start, azurite: str) -> None:
    service = blobs(azurite)
    for container in ("input", "output"):
        with_container(service, container)
    host = start("summaries", "--scan-interval", "0.2", BLOB_STORAGE=azurite)
    service.get_blob_client("input", "letter.txt").upload_blob("The roof leaks. It rains.")
    [written] = until(
        lambda: list(service.get_container_client("output").list_blob_names()), "the summary"
    )
    text = service.get_blob_client("output", written).download_blob().readall()
    assert text == b"The roof leaks."
    assert "RuntimeError: the model is busy" in host.output
    listed = host.durable("GET", "instances").json()
    until(lambda: host.status(listed[0]["instanceId"])["runtimeStatus"] == "Completed", "the end")


def blobs(connection: str) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(connection, api_version="2023-11-03")


def with_container(service: BlobServiceClient, name: str) -> None:
    with contextlib.suppress(ResourceExistsError):
        service.create_container(name)
