from __future__ import annotations

import asyncio
import hashlib
import json
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest
from azurefunctions.extensions.base import Datum, get_binding_registry

from docflow.contracts import Container, document_id_for
from docflow.models.documents import Source
from docflow.settings import Settings, TriggerSource
from testkit.app import InMemoryApp
from testkit.fakes import START
from triggers.blob_reference import BlobReference, BlobReferenceConverter
from triggers.uploads import blueprint_for, document_uploaded, take_upload


def take(app: InMemoryApp, name: str, container: str = Container.INCOMING) -> None:
    blob = BlobReference(container, name)
    asyncio.run(take_upload(blob, clients=app.clients, client=app.client))


def test_an_upload_starts_its_document(app: InMemoryApp) -> None:
    etag = app.holds(Container.INCOMING, "in/a b.pdf", b"%PDF", "application/pdf")

    take(app, "in/a b.pdf")
    take(app, "in/a b.pdf")

    (started,) = app.client.starts
    assert started.instance_id == document_id_for("incoming", "in/a b.pdf", etag)
    assert started.input["via"] == "blob"
    assert Source.load(started.input["source"]) == Source(
        container="incoming",
        name="in/a b.pdf",
        etag=etag,
        bytes=4,
        content_type="application/pdf",
        created_at=START,
        content_md5=hashlib.md5(b"%PDF", usedforsecurity=False).hexdigest(),
    )
    assert started.input["kept"]
    assert app.store.read(Container.WORK, f"{started.instance_id}/source") == b"%PDF"


def test_an_attachment_knows_the_mail_that_it_came_with(app: InMemoryApp, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"%PDF")
    metadata = {"docflowparent": "0" * 32}
    app.store.upload_new(Container.INCOMING, "a.pdf", file, content_type="x/y", metadata=metadata)

    take(app, "a.pdf")

    assert app.client.starts[0].input["source"]["parent"] == "0" * 32


def test_new_bytes_under_the_same_name_are_a_new_document(app: InMemoryApp) -> None:
    for content in (b"one", b"two"):
        app.holds(Container.INCOMING, "a.pdf", content)
        take(app, "a.pdf")

    assert len({started.instance_id for started in app.client.starts}) == 2


def test_an_empty_file_is_a_document_too(app: InMemoryApp) -> None:
    app.holds(Container.INCOMING, "empty.pdf", b"")

    take(app, "empty.pdf")

    assert len(app.client.starts) == 1


@pytest.mark.parametrize(
    ("name", "content", "metadata"),
    [
        ("letters/", b"", {}),
        ("letters/", b"<directory>", {}),
        ("letters", b"", {"hdi_isfolder": "true"}),
        ("letters", b"<directory>", {"hdi_isfolder": "True"}),
    ],
)
def test_a_folder_is_ignored(
    app: InMemoryApp, name: str, content: bytes, metadata: dict[str, str]
) -> None:
    app.holds(Container.INCOMING, name, content)
    app.store.change(Container.INCOMING, name, metadata=metadata)

    take(app, name)

    assert app.client.starts == []


def test_a_blob_that_vanished_is_ignored(app: InMemoryApp) -> None:
    take(app, "gone.pdf")

    assert app.client.starts == []


def test_a_blob_of_another_container_is_ignored(app: InMemoryApp) -> None:
    app.holds(Container.WORK, "a.pdf", b"%PDF")

    take(app, "a.pdf", Container.WORK)

    assert app.client.starts == []


# As the host and the worker see it.


@dataclass(frozen=True)
class ModelBindingData:
    """As the host's protobuf message of this name."""

    content: bytes
    version: str = "1.0"
    source: str = "AzureStorageBlobs"
    content_type: str = "application/json"


@dataclass(frozen=True)
class ParameterType:
    """What the worker notes of a parameter, as far as the extension looks at it."""

    pytype: type


def registry() -> Any:
    return get_binding_registry()  # type: ignore[no-untyped-call]


def indexed(source: TriggerSource) -> Any:
    app = df.DFApp()
    app.register_functions(blueprint_for(Settings(blob_trigger_source=source)))
    (function,) = app.get_functions()
    return function


@pytest.mark.parametrize("source", list(TriggerSource))
def test_the_trigger_is_indexed_with_its_source(source: TriggerSource) -> None:
    function = indexed(source)
    assert function.get_function_name() == "document_uploaded"
    client, trigger = map(json.loads, function.get_raw_bindings())
    assert (client["type"], trigger["type"]) == ("durableClient", "blobTrigger")
    assert trigger["source"] == source.value
    assert trigger["path"].startswith(f"{Container.INCOMING}/")
    assert trigger["connection"] == "DOCUMENTS_STORAGE"


def test_the_host_is_asked_for_a_reference_instead_of_the_content() -> None:
    function = indexed(TriggerSource.SCAN)
    hints = typing.get_type_hints(function.get_user_function())
    types = {name: ParameterType(hint) for name, hint in hints.items() if name != "return"}

    raw, _ = registry().get_raw_bindings(function, types)

    deferred = {
        binding["type"]: binding["properties"]["SupportsDeferredBinding"]
        for binding in map(json.loads, raw)
    }
    assert deferred == {"blobTrigger": True, "durableClient": False}
    assert hints["blob"] is BlobReference
    assert hints["client"] is str


def test_the_converter_serves_blob_triggers() -> None:
    assert registry().get("blobTrigger") is registry().get("blob")
    assert registry().get("blobTrigger").check_input_type_annotation(BlobReference)


@pytest.mark.parametrize("passed", [{}, {"pytype": BlobReference}])
def test_the_reference_is_read_from_what_the_host_sends(passed: dict[str, type]) -> None:
    content = {
        "Connection": "DOCUMENTS_STORAGE",
        "ContainerName": "incoming",
        "BlobName": "a/ü.pdf",
    }
    datum = Datum(ModelBindingData(json.dumps(content).encode()), "model_binding_data")
    blob = BlobReferenceConverter.decode(datum, trigger_metadata={}, **passed)
    assert blob is not None
    assert (blob.container, blob.name) == ("incoming", "a/ü.pdf")
    assert blob.get_sdk_type() is blob


def test_content_in_place_of_a_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        BlobReferenceConverter.decode(Datum(b"%PDF", "bytes"), trigger_metadata={})


def test_the_function_gives_the_host_no_result() -> None:
    assert typing.get_type_hints(document_uploaded)["return"] is type(None)
