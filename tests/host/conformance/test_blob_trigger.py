"""Blob triggers against Azurite: the scan, values, tries and poison, Event Grid."""

from __future__ import annotations

import base64
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from devstack.functions_host.testing import RunningHost, free_port, until

APP = Path(__file__).parent / "apps" / "blobs"
API_VERSION = "2023-11-03"

pytestmark = pytest.mark.emulator


class Observed:
    """The blob app on a running host, and what its functions noted."""

    def __init__(self, host: RunningHost, storage: BlobServiceClient, folder: Path) -> None:
        self.host = host
        self.storage = storage
        self._folder = folder

    def notes(self, function: str) -> list[dict[str, Any]]:
        found = sorted(self._folder.glob(f"{function}-*.json"))
        return [json.loads(path.read_text(encoding="utf-8")) for path in found]

    def wait(self, function: str, count: int) -> list[dict[str, Any]]:
        def seen() -> list[dict[str, Any]] | None:
            found = self.notes(function)
            return found if len(found) >= count else None

        return until(seen, f"{count} calls of {function}")

    def drop(self, container: str, name: str, body: str = "x", **options: Any) -> str:
        client = self.storage.get_container_client(container)
        if not client.exists():
            client.create_container()
        blob = client.upload_blob(name, body, overwrite=True, **options)
        return str(blob.get_blob_properties().etag)


@pytest.fixture(scope="module")
def seen(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    folder = tmp_path_factory.mktemp("seen")
    storage = BlobServiceClient.from_connection_string(azurite, api_version=API_VERSION)
    storage.create_container("streams").upload_blob("before.start.txt", "early")
    host = RunningHost(
        APP,
        folder / "state.sqlite",
        ["--scan-interval=0.2"],
        {"AzureWebJobsStorage": azurite, "SEEN": str(folder)},
    )
    host.start()
    yield Observed(host, storage, folder)
    host.end()
    storage.close()


def test_a_blob_that_is_there_before_the_host_fires_with_all_its_data(seen: Observed) -> None:
    (first,) = [n for n in seen.wait("as_stream", 1) if n["name"] == "streams/before.start.txt"]
    assert first["body"] == "early"
    assert first["length"] == 5
    assert first["uri"].endswith("/streams/before.start.txt")
    assert first["etag"].startswith('"')


def test_a_blob_fires_once_and_again_only_under_a_new_etag(seen: Observed) -> None:
    def mine() -> list[dict[str, Any]]:
        return [n for n in seen.notes("as_stream") if n["name"] == "streams/a/b.txt"]

    seen.drop("streams", "a/b.txt", "one", metadata={"who": "me"})
    until(mine, "the first call")
    seen.drop("streams", "a/b.txt", "two")
    until(lambda: len(mine()) == 2, "the second call")
    seen.drop("streams", "marker.txt")
    until(
        lambda: any(n["name"] == "streams/marker.txt" for n in seen.notes("as_stream")),
        "a later blob",
    )
    assert sorted(n["body"] for n in mine()) == ["one", "two"]
    assert {"who": "me"} in [n["metadata"] for n in mine()]


def test_a_name_that_does_not_fit_the_pattern_fires_nothing(seen: Observed) -> None:
    seen.drop("texts", "only/a.TXT", "the suffix is case-sensitive")
    seen.drop("texts", "other/a.txt", "another folder")
    seen.drop("texts", "only/deep/a.txt", "matched: a token takes slashes too")
    notes = seen.wait("as_text", 1)
    assert [n["body"] for n in notes] == ["matched: a token takes slashes too"]


def test_an_sdk_client_parameter_gets_no_content(seen: Observed) -> None:
    seen.drop("clients", "folder/any name.bin", "12345")
    (note,) = seen.wait("as_client", 1)
    assert note == {"name": "folder/any name.bin", "size": 5, "called": "as_client"}


@pytest.mark.parametrize(
    ("container", "function"),
    [("failing", "always_fails"), ("returning", "returns_something")],
)
def test_a_failing_blob_is_tried_five_times_and_then_poison(
    seen: Observed, azurite: str, container: str, function: str
) -> None:
    etag = seen.drop(container, "bad.txt")
    queue = QueueClient.from_connection_string(
        azurite, "webjobs-blobtrigger-poison", api_version=API_VERSION
    )
    with queue:
        poison = until(lambda: _poison(queue, container), "a poison message")
    assert len(seen.notes(function)) == 5
    assert poison == {
        "Type": "BlobTrigger",
        "FunctionId": f"Host.Functions.{function}",
        "BlobType": "BlockBlob",
        "ContainerName": container,
        "BlobName": "bad.txt",
        "ETag": f'"{etag.strip(chr(34))}"',
    }


def _poison(queue: QueueClient, container: str) -> dict[str, Any] | None:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        messages = [json.loads(base64.b64decode(m.content)) for m in queue.peek_messages(32)]
    except ResourceNotFoundError:
        return None
    return next((m for m in messages if m["ContainerName"] == container), None)


def test_no_more_blobs_run_at_once_than_host_json_allows(seen: Observed) -> None:
    for number in range(8):
        seen.drop("crowd", f"{number}.txt")
    assert {n["at_once"] for n in seen.wait("crowded", 8)} <= {1, 2}


def post_events(seen: Observed, kind: str | None, body: Any, function: str = "by_event") -> Any:
    headers = {} if kind is None else {"aeg-event-type": kind}
    path = f"runtime/webhooks/blobs?functionName=Host.Functions.{function}&code=x"
    return seen.host.call("POST", path, json=body, headers=headers)


def event_for(seen: Observed, container: str, name: str) -> dict[str, Any]:
    url = f"{seen.storage.url.rstrip('/')}/{container}/{name}"
    return {"data": {"url": url, "eTag": "0x0", "blobType": "BlockBlob"}}


def test_event_grid_validates_its_subscription(seen: Observed) -> None:
    answer = post_events(seen, "SubscriptionValidation", [{"data": {"validationCode": "code-1"}}])
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "code-1"})


def test_an_event_runs_the_function_whatever_the_path_pattern_says(seen: Observed) -> None:
    seen.drop("events", "in.txt")
    seen.drop("elsewhere", "out.txt")
    answer = post_events(
        seen,
        "Notification",
        [event_for(seen, "events", "in.txt"), event_for(seen, "elsewhere", "out.txt")],
    )
    assert answer.status_code == 202
    notes = seen.wait("by_event", 2)
    assert sorted((n["container"], n["name"]) for n in notes) == [
        ("elsewhere", "out.txt"),
        ("events", "in.txt"),
    ]


Answer = Callable[[Observed], int]


def test_event_grid_requests_of_other_kinds(seen: Observed) -> None:
    assert post_events(seen, "Unsubscribe", []).status_code == 202
    assert post_events(seen, None, []).status_code == 400
    assert post_events(seen, "Surprise", []).status_code == 400


def test_an_event_source_fires_nothing_by_itself(seen: Observed) -> None:
    seen.drop("events", "silent.txt")
    seen.drop("streams", "later.txt")
    until(
        lambda: any(n["name"] == "streams/later.txt" for n in seen.notes("as_stream")),
        "a scanned blob",
    )
    assert "silent.txt" not in [n["name"] for n in seen.notes("by_event")]


def test_an_administrator_runs_a_blob_function_by_hand(seen: Observed) -> None:
    seen.drop("texts", "other/by-hand.txt", "by hand")
    answer = seen.host.call(
        "POST", "admin/functions/as_text", json={"input": "texts/other/by-hand.txt"}
    )
    assert (answer.status_code, answer.content) == (202, b"")
    until(lambda: "by hand" in [n["body"] for n in seen.notes("as_text")], "the call")


def test_a_host_without_reachable_storage_keeps_trying(tmp_path: Path) -> None:
    dead = f"http://127.0.0.1:{free_port()}/devstoreaccount1"
    connection = (
        f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5;"
        f"BlobEndpoint={dead};QueueEndpoint={dead};"
    )
    host = RunningHost(
        APP,
        tmp_path / "state.sqlite",
        ["--scan-interval=0.1"],
        {"AzureWebJobsStorage": connection, "SEEN": str(tmp_path)},
    )
    host.start()
    until(lambda: "cannot be reached" in host.output, "the warning")
    assert host.call("GET", "admin/host/status").status_code == 200
    assert host.stop() == 0


def test_a_missing_storage_setting_stops_the_function_and_not_the_host(tmp_path: Path) -> None:
    host = RunningHost(
        APP,
        tmp_path / "state.sqlite",
        environment={"SEEN": str(tmp_path), "AzureWebJobsStorage": ""},
    )
    host.start()
    assert "The listener for function 'Functions.as_text' was unable to start" in host.output
    assert host.call("GET", "admin/host/status").status_code == 200
    host.end()


def test_a_kill_loses_no_blob(azurite: str, tmp_path: Path) -> None:
    with BlobServiceClient.from_connection_string(azurite, api_version=API_VERSION) as storage:
        host = RunningHost(
            APP,
            tmp_path / "state.sqlite",
            ["--scan-interval=0.2", "--functions", "crowded"],
            {"AzureWebJobsStorage": azurite, "SEEN": str(tmp_path)},
        )
        seen = Observed(host, storage, tmp_path)
        names = {f"kill-{number}" for number in range(10)}
        for name in names:
            seen.drop("crowd", name)
        host.start()
        try:
            until(lambda: seen.notes("crowded"), "the first blob")
            host.stop(signal.SIGKILL)
            host.start()
            until(lambda: names <= {n["name"] for n in seen.notes("crowded")}, "every blob")
        finally:
            host.end()
