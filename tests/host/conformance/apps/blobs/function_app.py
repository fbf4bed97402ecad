"""Blob functions of each kind; they write what they saw to files in the folder SEEN."""
# mypy: disable-error-code="untyped-decorator, attr-defined, import-untyped"

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import azure.functions as func
import azurefunctions.extensions.bindings.blob as blob

app = func.FunctionApp()
STORAGE = "AzureWebJobsStorage"
running = 0
lock = threading.Lock()


def note(function: str, **seen: Any) -> None:
    path = Path(os.environ["SEEN"]) / f"{function}-{uuid.uuid4().hex}"
    path.with_suffix(".tmp").write_text(json.dumps(seen), encoding="utf-8")
    path.with_suffix(".tmp").rename(path.with_suffix(".json"))


@app.blob_trigger(arg_name="content", path="streams/{name}.{ext}", connection=STORAGE)
def as_stream(content: func.InputStream) -> None:
    note(
        "as_stream",
        name=content.name,
        uri=content.uri,
        length=content.length,
        body=content.read().decode(),
        metadata=content.metadata,
        etag=(content.blob_properties or {}).get("ETag"),
    )


@app.blob_trigger(arg_name="content", path="texts/only/{name}.txt", connection=STORAGE)
def as_text(content: str) -> None:
    note("as_text", body=content)


@app.blob_trigger(arg_name="client", path="clients", connection=STORAGE)
async def as_client(client: blob.BlobClient, context: func.Context) -> None:
    properties = client.get_blob_properties()
    note("as_client", name=client.blob_name, size=properties.size, called=context.function_name)


@app.blob_trigger(arg_name="client", path="failing/{name}", connection=STORAGE)
def always_fails(client: blob.BlobClient) -> None:
    note("always_fails", name=client.blob_name)
    raise ValueError("no luck")


@app.blob_trigger(arg_name="client", path="returning/{name}", connection=STORAGE)
def returns_something(client: blob.BlobClient) -> str:
    note("returns_something", name=client.blob_name)
    return "a value that goes nowhere"


@app.blob_trigger(arg_name="client", path="crowd/{name}", connection=STORAGE)
def crowded(client: blob.BlobClient) -> None:
    global running
    with lock:
        running += 1
        now = running
    time.sleep(0.15)
    with lock:
        running -= 1
    note("crowded", at_once=now, name=client.blob_name)


@app.blob_trigger(
    arg_name="client", path="events/{name}", connection=STORAGE, source=func.BlobSource.EVENT_GRID
)
def by_event(client: blob.BlobClient) -> None:
    note("by_event", container=client.container_name, name=client.blob_name)
