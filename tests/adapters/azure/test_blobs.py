"""The contract of the blob store, held against the fake and against Azurite."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from azure.storage.blob import BlobServiceClient

from docflow.adapters.azure.blobs import PROBE, AzureBlobStore
from docflow.adapters.azure.storage import blob_service
from docflow.contracts import Container
from docflow.errors import (
    DiskShortError,
    DocflowError,
    NotFoundError,
    PermanentError,
    TransientError,
)
from docflow.ports import BlobKind, BlobPage, BlobStore
from docflow.settings import Settings
from testkit.fakes import START, InMemoryBlobStore
from testkit.stub_server import Reply, StubServer

TEXT = "text/plain"
NAMES = [
    "plain.pdf",
    "with space.pdf",
    "folder/deep/file.pdf",
    "hash#mark.pdf",
    "question?mark=1&b=2.pdf",
    "percent%20and%2Fslash.pdf",
    "Überprüfung 見積書 📄.pdf",
    "plus+and'quote\"s.pdf",
    "semi;colon,comma=equals@at.pdf",
    "brackets[1]{2}(3).pdf",
    "double//slash and dots...pdf",
    "/leading and trailing/",
]


@pytest.fixture(params=["memory", pytest.param("azurite", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest) -> Iterator[BlobStore]:
    if request.param == "memory":
        yield InMemoryBlobStore()
    else:
        with blob_service(request.getfixturevalue("storage")) as service:
            yield AzureBlobStore(service)


@pytest.fixture
def scripted_store(server: StubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobStore]:
    """Give a store on the scripted server, with retries that do not wait."""
    monkeypatch.setattr("docflow.adapters.azure.storage.RETRY_SECONDS", 0)
    connection = f"AccountName=account;AccountKey=a2V5;BlobEndpoint={server.url}/account"
    with blob_service(Settings.load({"DOCUMENTS_STORAGE": connection})) as service:
        yield AzureBlobStore(service)


@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_written_read_listed_copied_and_deleted(
    store: BlobStore, unused_name: str, name: str
) -> None:
    etag = store.write(unused_name, name, b"content", content_type=TEXT)

    assert store.read(unused_name, name) == b"content"
    assert list(store.list(unused_name, "")) == [name]
    assert store.copy((unused_name, name), (unused_name, f"copy of {name}"), if_etag=etag)
    assert store.read(unused_name, f"copy of {name}") == b"content"
    assert store.delete(unused_name, name)
    assert store.read(unused_name, name) is None


def test_properties_describe_a_blob(store: BlobStore, unused_name: str) -> None:
    etag = store.write(unused_name, "a", b"12345", content_type=TEXT)

    found = store.properties(unused_name, "a")

    assert found is not None
    assert (found.name, found.etag, found.bytes, found.content_type) == ("a", etag, 5, TEXT)
    assert '"' not in etag


def test_what_is_not_there_reads_as_none(
    store: BlobStore, unused_name: str, tmp_path: Path
) -> None:
    store.write(unused_name, "other", b"", content_type=TEXT)
    for container in (unused_name, "nosuchcontainer"):
        assert store.properties(container, "a") is None
        assert store.read(container, "a") is None
        assert store.read_part(container, "a", 0, 1) is None
        assert store.download(container, "a", tmp_path / "a") is None
        assert not store.delete(container, "a")
        assert not store.copy((container, "a"), (unused_name, "b"))
        assert list(store.list(container, "a")) == []


def test_what_is_appended_follows_what_was_there(store: BlobStore, unused_name: str) -> None:
    for line in (b"one\n", b"two\n"):
        store.append(unused_name, "log", line, content_type="application/x-ndjson")

    assert store.read(unused_name, "log") == b"one\ntwo\n"


def test_lines_appended_at_the_same_time_are_all_there(store: BlobStore, unused_name: str) -> None:
    lines = [f"line {number}\n".encode() for number in range(20)]

    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda line: store.append(unused_name, "log", line, content_type="t/t"), lines)
        )

    assert sorted((store.read(unused_name, "log") or b"").splitlines(keepends=True)) == sorted(
        lines
    )


def test_a_part_of_a_blob_is_read_by_itself(store: BlobStore, unused_name: str) -> None:
    store.write(unused_name, "a", b"0123456789", content_type=TEXT)

    assert store.read_part(unused_name, "a", 0, 3) == b"012"
    assert store.read_part(unused_name, "a", 4, 2) == b"45"
    assert store.read_part(unused_name, "a", 8, 5) == b"89"
    assert store.read_part(unused_name, "a", 10, 5) == b""


def test_writing_overwrites_and_changes_the_etag(store: BlobStore, unused_name: str) -> None:
    first = store.write(unused_name, "a", b"1", content_type=TEXT)
    second = store.write(unused_name, "a", b"2", content_type=TEXT)

    assert first != second
    assert store.read(unused_name, "a") == b"2"


def test_write_new_writes_once(store: BlobStore, unused_name: str) -> None:
    assert store.write_new(unused_name, "a", b"1", content_type=TEXT)
    assert not store.write_new(unused_name, "a", b"2", content_type=TEXT)
    assert store.read(unused_name, "a") == b"1"


def test_write_new_has_one_winner_among_many(store: BlobStore, unused_name: str) -> None:
    store.write(unused_name, "other", b"", content_type=TEXT)
    won: list[bool] = []

    def claim(number: int) -> None:
        content = str(number).encode()
        won.append(store.write_new(unused_name, "claim", content, content_type=TEXT))

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == [False] * 7 + [True]


def test_a_large_file_goes_up_and_comes_down_unchanged(
    store: BlobStore, unused_name: str, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 40_000
    original = tmp_path / "original"
    original.write_bytes(content)

    etag = store.upload(unused_name, "large", original, content_type=TEXT)
    digest = store.download(unused_name, "large", tmp_path / "back")

    assert digest == hashlib.sha256(content).hexdigest()
    assert (tmp_path / "back").read_bytes() == content
    properties = store.properties(unused_name, "large")
    assert properties is not None
    assert (properties.etag, properties.bytes) == (etag, len(content))


@pytest.mark.emulator
def test_a_file_for_which_the_disk_has_no_room_is_not_begun(
    storage: Settings, unused_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with blob_service(storage) as service:
        store = AzureBlobStore(service)
        store.write(unused_name, "large", bytes(2_000_000), content_type=TEXT)
        room = SimpleNamespace(free=34_000_000)
        monkeypatch.setattr("docflow.adapters.disk.shutil.disk_usage", lambda _folder: room)

        with pytest.raises(DiskShortError):
            store.download(unused_name, "large", tmp_path / "back")

    assert not (tmp_path / "back").exists()


def test_a_file_is_written_with_its_metadata_only_where_there_is_none(
    store: BlobStore, unused_name: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    for content, first in ((b"one", True), (b"two", False)):
        file.write_bytes(content)
        metadata = {"docflowparent": content.decode()}
        written = store.upload_new(unused_name, "a", file, content_type=TEXT, metadata=metadata)
        assert written is first

    assert store.read(unused_name, "a") == b"one"
    properties = store.properties(unused_name, "a")
    assert properties is not None
    assert properties.metadata == {"docflowparent": "one"}


def test_an_empty_blob_is_a_blob(store: BlobStore, unused_name: str, tmp_path: Path) -> None:
    store.write(unused_name, "empty", b"", content_type=TEXT)

    assert store.read(unused_name, "empty") == b""
    assert store.download(unused_name, "empty", tmp_path / "e") == hashlib.sha256().hexdigest()


def test_a_copy_is_refused_where_the_source_has_changed(store: BlobStore, unused_name: str) -> None:
    first = store.write(unused_name, "a", b"1", content_type=TEXT)
    second = store.write(unused_name, "a", b"2", content_type=TEXT)

    assert not store.copy((unused_name, "a"), (unused_name, "b"), if_etag=first)
    assert store.read(unused_name, "b") is None
    assert store.copy((unused_name, "a"), (unused_name, "b"), if_etag=f'"{second}"')
    assert store.read(unused_name, "b") == b"2"


def test_a_copy_keeps_the_content_type_and_makes_the_container(
    store: BlobStore, unused_name: str
) -> None:
    store.write(unused_name, "a", b"1", content_type="application/pdf")

    assert store.copy((unused_name, "a"), (f"{unused_name}copy", "b"))

    copied = store.properties(f"{unused_name}copy", "b")
    assert copied is not None
    assert copied.content_type == "application/pdf"


def test_names_are_listed_in_ascending_order(store: BlobStore, unused_name: str) -> None:
    for name in ("b/2", "a", "b/10", "b/1", "c"):
        store.write(unused_name, name, b"", content_type=TEXT)

    assert list(store.list(unused_name, "b/")) == ["b/1", "b/10", "b/2"]


def test_what_was_last_written_before_a_moment_is_listed(
    store: BlobStore, unused_name: str
) -> None:
    for name in ("a/1", "a/2", "b/1"):
        store.write(unused_name, name, b"", content_type=TEXT)

    later = datetime.now(UTC) + timedelta(days=1)
    earlier = START - timedelta(days=1)

    assert list(store.list_older(unused_name, "a/", later)) == ["a/1", "a/2"]
    assert list(store.list_older(unused_name, "a/", earlier)) == []
    assert list(store.list_older(f"{unused_name}none", "", later)) == []


def test_a_container_is_listed_in_pages_with_properties(store: BlobStore, unused_name: str) -> None:
    etags = [store.write(unused_name, f"{n}", b"12", content_type=TEXT) for n in range(5)]
    store.copy((unused_name, "4"), (unused_name, "4"), metadata={"key": "value"})

    first = store.list_page(unused_name, limit=2)
    second = store.list_page(unused_name, limit=2, continuation=first.continuation)
    third = store.list_page(unused_name, limit=2, continuation=second.continuation)

    found = [*first.blobs, *second.blobs, *third.blobs]
    assert [blob.name for blob in found] == ["0", "1", "2", "3", "4"]
    assert [blob.etag for blob in found[:4]] == etags[:4]
    assert third.continuation is None
    assert found[0] == store.properties(unused_name, "0")
    assert found[4].metadata == {"key": "value"}
    assert store.list_page(f"{unused_name}none") == BlobPage([])


def test_properties_tell_what_changed(store: BlobStore, unused_name: str) -> None:
    store.write(unused_name, "whole", b"12345", content_type=TEXT)
    store.append(unused_name, "log", b"12", content_type=TEXT)

    whole, log = (store.properties(unused_name, name) for name in ("whole", "log"))
    store.append(unused_name, "log", b"345", content_type=TEXT)
    longer = store.properties(unused_name, "log")

    assert whole is not None
    assert log is not None
    assert longer is not None
    assert whole.kind is BlobKind.BLOCK
    assert whole.content_md5 == hashlib.md5(b"12345", usedforsecurity=False).hexdigest()
    assert whole.created_at == whole.last_modified
    assert not whole.archived
    assert (log.kind, log.bytes, longer.bytes) == (BlobKind.APPEND, 2, 5)
    assert log.etag != longer.etag
    assert log.created_at == longer.created_at


def test_a_copy_has_the_etag_it_is_known_by_and_the_metadata_it_was_given(
    store: BlobStore, unused_name: str
) -> None:
    store.write(unused_name, "a", b"1", content_type=TEXT)

    etag = store.copy((unused_name, "a"), (unused_name, "b"), metadata={"key": "value"})

    copied = store.properties(unused_name, "b")
    assert copied is not None
    assert (copied.etag, copied.metadata) == (etag, {"key": "value"})


@pytest.mark.emulator
def test_what_is_archived_says_so(storage: Settings, unused_name: str) -> None:
    with blob_service(storage) as service:
        archive_and_bring_back(service, unused_name)


def archive_and_bring_back(service: BlobServiceClient, unused_name: str) -> None:
    store = AzureBlobStore(service)
    store.write(unused_name, "a", b"1", content_type=TEXT)
    blob = service.get_blob_client(unused_name, "a")
    before = store.properties(unused_name, "a")
    blob.set_standard_blob_tier("Archive")

    archived = store.properties(unused_name, "a")
    with pytest.raises(PermanentError, match="BLOB_ARCHIVED"):
        store.copy((unused_name, "a"), (unused_name, "b"))
    blob.set_standard_blob_tier("Hot")

    assert before is not None
    assert archived is not None
    assert archived.archived
    assert archived.etag == before.etag
    assert store.copy((unused_name, "a"), (unused_name, "b"), if_etag=before.etag)


def test_large_files_written_to_one_name_at_once_do_not_mix(
    store: BlobStore, unused_name: str, tmp_path: Path
) -> None:
    files = [tmp_path / str(number) for number in range(4)]
    for number, file in enumerate(files):
        file.write_bytes(bytes([number]) * 9_000_000)

    def put(file: Path) -> str | None:
        staged = f"staged/{file.name}"
        store.upload(unused_name, staged, file, content_type=TEXT)
        return store.copy((unused_name, staged), (unused_name, "same"))

    with ThreadPoolExecutor(4) as pool:
        etags = list(pool.map(put, files))

    last = store.properties(unused_name, "same")
    assert last is not None
    assert len(set(etags)) == len(files)
    written = files[etags.index(last.etag)].read_bytes()
    assert store.read(unused_name, "same") == written


def test_a_lease_keeps_others_out_until_it_is_given_back(
    store: BlobStore, unused_name: str
) -> None:
    store.write(unused_name, "lock", b"", content_type=TEXT)

    with store.lease(unused_name, "lock", wait_seconds=0):
        with (
            pytest.raises(TransientError, match="LEASE_TAKEN"),
            store.lease(unused_name, "lock", wait_seconds=0.2),
        ):
            pytest.fail("two held the lease at once")
        with pytest.raises(TransientError, match="LEASE_TAKEN"):
            store.write(unused_name, "lock", b"mine", content_type=TEXT)
        with pytest.raises(TransientError, match="LEASE_TAKEN"):
            store.delete(unused_name, "lock")

    with store.lease(unused_name, "lock", wait_seconds=0):
        pass


def test_a_lease_is_waited_for(store: BlobStore, unused_name: str) -> None:
    store.write(unused_name, "lock", b"", content_type=TEXT)
    held = threading.Event()
    release = threading.Event()
    order: list[str] = []

    def hold() -> None:
        with store.lease(unused_name, "lock", wait_seconds=0):
            held.set()
            release.wait(10)
            order.append("first")

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    timer = threading.Timer(0.1, release.set)
    timer.start()
    with store.lease(unused_name, "lock", wait_seconds=10):
        order.append("second")
    holder.join()
    timer.join()

    assert order == ["first", "second"]


def test_a_lease_is_given_back_after_a_failure(store: BlobStore, unused_name: str) -> None:
    store.write(unused_name, "lock", b"", content_type=TEXT)

    with (
        pytest.raises(ZeroDivisionError),
        store.lease(unused_name, "lock", wait_seconds=0),
    ):
        raise ZeroDivisionError
    with store.lease(unused_name, "lock", wait_seconds=0):
        pass


def test_only_an_existing_blob_can_be_leased(store: BlobStore, unused_name: str) -> None:
    with pytest.raises(NotFoundError), store.lease(unused_name, "none", wait_seconds=0):
        pytest.fail("leased what is not there")


def test_a_store_in_reach_passes_the_check(store: BlobStore) -> None:
    for _ in range(2):
        store.check()

    for container in Container:
        assert list(store.list(container, ".")) == []


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(404, headers={"x-ms-error-code": "ContainerNotFound"}), "CONTAINER_MISSING"),
        (Reply(500), "STORAGE_NOT_WRITABLE"),
        (Reply(507), "STORAGE_NOT_WRITABLE"),
    ],
)
def test_the_check_names_a_container_that_is_gone_or_not_writable(
    server: StubServer, scripted_store: BlobStore, reply: Reply, code: str
) -> None:
    for container in ("incoming", "work", "quarantine"):
        server.on("PUT", f"/account/{container}/{PROBE}", Reply(201))
    server.on("PUT", f"/account/results/{PROBE}", Reply(201), reply)
    scripted_store.check()

    with pytest.raises(DocflowError) as caught:
        scripted_store.check()

    assert caught.value.code == code
    assert "containers" in caught.value.message
    assert "results" in caught.value.message
    assert "work" not in caught.value.message


@pytest.mark.emulator
def test_a_container_that_was_deleted_is_found_by_the_check(storage: Settings) -> None:
    with blob_service(storage) as service:
        store = AzureBlobStore(service)
        store.check()  # makes those of a new account
        service.delete_container("quarantine")

        with pytest.raises(PermanentError, match=r"CONTAINER_MISSING.*quarantine"):
            store.check()

        AzureBlobStore(service).check()


@pytest.mark.parametrize("name", ["..", "a/../b", "./a", "a/."])
def test_a_name_that_means_another_blob_is_refused(scripted_store: BlobStore, name: str) -> None:
    with pytest.raises(PermanentError, match="STORAGE_REJECTED"):
        scripted_store.write("work", name, b"", content_type=TEXT)


def _coded(status: int, code: str) -> Reply:
    return Reply(status, headers={"x-ms-error-code": code})


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(401), PermanentError, "STORAGE_UNAUTHORIZED"),
        (_coded(403, "AuthorizationFailure"), PermanentError, "STORAGE_UNAUTHORIZED"),
        (_coded(400, "InvalidHeaderValue"), PermanentError, "STORAGE_REJECTED"),
        (_coded(503, "ServerBusy"), TransientError, "STORAGE_UNAVAILABLE"),
        (Reply(500), TransientError, "STORAGE_UNAVAILABLE"),
        (Reply(429), TransientError, "STORAGE_UNAVAILABLE"),
        (Reply(hang_up=True), TransientError, "STORAGE_UNAVAILABLE"),
    ],
)
def test_failures_of_storage_are_told_apart(
    server: StubServer, scripted_store: BlobStore, reply: Reply, kind: type[Exception], code: str
) -> None:
    server.on("PUT", "/account/work/a", reply)

    with pytest.raises(kind) as caught:
        scripted_store.write("work", "a", b"", content_type=TEXT)

    assert getattr(caught.value, "code", "") == code


def test_a_hiccup_of_storage_is_passed_over(server: StubServer, scripted_store: BlobStore) -> None:
    server.on("PUT", "/account/work/a", Reply(503), Reply(503), Reply(201, b"", {"ETag": '"1"'}))

    assert scripted_store.write("work", "a", b"", content_type=TEXT) == "1"
    assert len(server.asked("PUT", "/account/work/a")) == 3
