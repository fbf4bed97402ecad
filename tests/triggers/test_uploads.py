from __future__ import annotations

import asyncio
import json
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest
from azurefunctions.extensions.base import Datum, get_binding_registry

from docflow.clients import Clients
from docflow.contracts import Container, document_id_for
from docflow.settings import Settings, TriggerSource
from testkit.fakes import InMemoryBlobStore
from testkit.orchestrations import InMemoryOrchestrations
from triggers.blob_reference import BlobReference, BlobReferenceConverter
from triggers.uploads import blueprint_for, document_uploaded, take_upload


def take(name: str, clients: Clients, client: InMemoryOrchestrations) -> None:
    asyncio.run(take_upload(BlobReference("incoming", name), clients=clients, client=client))


def test_an_upload_starts_its_document(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    etag = store.write(Container.INCOMING, "in/a b.pdf", b"%PDF", content_type="application/pdf")
    take("in/a b.pdf", clients, client)
    take("in/a b.pdf", clients, client)

    (started,) = client.starts
    assert started.instance_id == document_id_for("incoming", "in/a b.pdf", etag)
    assert started.input["source"] == {
        "container": "incoming",
        "name": "in/a b.pdf",
        "etag": etag,
        "bytes": 4,
        "content_type": "application/pdf",
    }
    assert started.input["via"] == "blob"


def test_an_attachment_knows_the_mail_that_it_came_with(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"%PDF")
    metadata = {"docflowparent": "0" * 32}
    store.upload_new(Container.INCOMING, "a.pdf", file, content_type="x/y", metadata=metadata)
    take("a.pdf", clients, client)

    assert client.starts[0].input["source"]["parent"] == "0" * 32


def test_new_bytes_under_the_same_name_are_a_new_document(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    for content in (b"one", b"two"):
        store.write(Container.INCOMING, "a.pdf", content, content_type="application/pdf")
        take("a.pdf", clients, client)
    assert len({started.instance_id for started in client.starts}) == 2


def test_an_empty_file_is_a_document_too(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    store.write(Container.INCOMING, "empty.pdf", b"", content_type="application/pdf")
    take("empty.pdf", clients, client)
    assert len(client.starts) == 1


def test_a_folder_is_ignored(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    store.write(Container.INCOMING, "letters/", b"", content_type="application/octet-stream")
    take("letters/", clients, client)
    assert client.starts == []


def test_a_blob_that_vanished_is_ignored(clients: Clients, client: InMemoryOrchestrations) -> None:
    take("gone.pdf", clients, client)
    assert client.starts == []


def test_a_blob_of_another_container_is_ignored(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    store.write(Container.WORK, "a.pdf", b"%PDF", content_type="application/pdf")
    blob = BlobReference(Container.WORK, "a.pdf")
    asyncio.run(take_upload(blob, clients=clients, client=client))
    assert client.starts == []


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
    assert client == {"direction": "IN", "type": "durableClient", "name": "client"}
    assert trigger == {
        "direction": "IN",
        "type": "blobTrigger",
        "name": "blob",
        "path": "incoming/{name}",
        "connection": "DOCUMENTS_STORAGE",
        "source": source.value,
    }


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
