"""Blob triggers: the container scan with receipts by ETag, or Event Grid events; then five tries.

Receipts and the queue of blobs to process live in the state file; only the poison queue is a real
storage queue, because that is what people look into.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

from aiohttp import web
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.blob import BlobClient, BlobProperties, BlobServiceClient
from azure.storage.queue import QueueServiceClient

from devstack.functions_host.blob_paths import BlobPath
from devstack.functions_host.events import compact
from devstack.functions_host.indexing import Function
from devstack.functions_host.invocation import (
    BlobReference,
    FunctionFailedError,
    FunctionTimeoutError,
    Invoker,
    Value,
)
from devstack.functions_host.settings import HostSettings, resolve
from devstack.functions_host.store import Store
from devstack.functions_host.web import disabled

log = logging.getLogger(__name__)

POISON_QUEUE = "webjobs-blobtrigger-poison"
_ID_PREFIX = "Host.Functions."

#: The API version that this host speaks; emulators know it for longer than the SDK's newest one.
API_VERSION = "2023-11-03"


class ConnectionError(Exception):
    """The storage connection of a trigger is not set."""


@dataclass(frozen=True, slots=True)
class BlobFunction:
    """A blob function with its resolved path and connection."""

    function: Function
    path: BlobPath
    connection: str
    from_event_grid: bool
    deferred: bool

    @classmethod
    def of(cls, function: Function) -> BlobFunction:
        """Read the trigger of a function."""
        settings = function.trigger.settings
        connection = resolve(settings.get("connection") or "AzureWebJobsStorage", os.environ)
        parameter = function.inputs[function.trigger.name]
        return cls(
            function,
            BlobPath(resolve(settings["path"], os.environ)),
            connection,
            settings.get("source", "").lower() == "eventgrid",
            parameter.deferred,
        )


class Storage:
    """The storage account behind a connection setting."""

    def __init__(self, connection: str) -> None:
        self._connection = connection

    def blobs(self) -> BlobServiceClient:
        """Return the client of the blob service."""
        text = os.environ.get(self._connection)
        if text:
            return BlobServiceClient.from_connection_string(text, api_version=API_VERSION)
        return BlobServiceClient(
            self._service_uri("blob"), credential=self._credential(), api_version=API_VERSION
        )

    def queues(self) -> QueueServiceClient:
        """Return the client of the queue service."""
        text = os.environ.get(self._connection)
        if text:
            return QueueServiceClient.from_connection_string(text, api_version=API_VERSION)
        return QueueServiceClient(
            self._service_uri("queue"), credential=self._credential(), api_version=API_VERSION
        )

    def _service_uri(self, service: str) -> str:
        name = self._connection
        for key in (f"{name}__{service}ServiceUri", f"{name}__serviceUri"):
            if os.environ.get(key):
                return os.environ[key]
        account = os.environ.get(f"{name}__accountName")
        if account:
            return f"https://{account}.{service}.core.windows.net"
        raise ConnectionError(
            f"The app setting {name!r} (the storage connection of a blob trigger) is not set."
        )

    def _credential(self) -> Any:  # noqa: ANN401 - azure-identity is optional
        from azure.identity import DefaultAzureCredential

        return DefaultAzureCredential()


class BlobTriggers:
    """Finds blobs, keeps their messages in the store, and runs the functions."""

    def __init__(
        self,
        functions: list[Function],
        invoker: Invoker,
        store: Store,
        settings: HostSettings,
        scan_interval: float,
        on_timeout: Callable[[], None],
    ) -> None:
        self.functions = {f.name: BlobFunction.of(f) for f in functions}
        self._invoker = invoker
        self._store = store
        self._settings = settings
        self._interval = scan_interval
        self._on_timeout = on_timeout
        self._slots = asyncio.Semaphore(settings.max_blob_parallelism)
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="blobs")
        self._tasks: set[asyncio.Task[None]] = set()
        self._storages: dict[str, BlobServiceClient] = {}
        self._reachable = True

    async def run(self) -> None:
        """Take up what is left from before, then scan for ever."""
        for number in self._store.blob_ids():
            self._spawn(number)
        scanned = [b for b in self.functions.values() if not b.from_event_grid]
        if not scanned:
            return
        while True:
            await self._scan_all(scanned)
            await asyncio.sleep(self._interval)

    async def stop(self, grace: float) -> None:
        """Give running functions a moment to end."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _scan_all(self, scanned: list[BlobFunction]) -> None:
        containers: dict[tuple[str, str], list[BlobFunction]] = {}
        for blob_function in scanned:
            if not disabled(blob_function.function.name):
                key = (blob_function.connection, blob_function.path.container)
                containers.setdefault(key, []).append(blob_function)
        for (connection, container), interested in containers.items():
            try:
                blobs = await self._in_thread(self._list, connection, container)
            except (AzureError, OSError) as error:
                self._note_unreachable(connection, error)
                continue
            self._note_reachable()
            for blob in blobs:
                self._offer(container, blob, interested)

    def _note_unreachable(self, connection: str, error: Exception) -> None:
        if self._reachable:
            log.warning(
                "Storage of %r cannot be reached (%s); still trying. Is Azurite running?",
                connection,
                type(error).__name__,
            )
        self._reachable = False

    def _note_reachable(self) -> None:
        if not self._reachable:
            log.info("Storage is reachable again")
        self._reachable = True

    def _list(self, connection: str, container: str) -> list[BlobProperties]:
        try:
            return list(self._service(connection).get_container_client(container).list_blobs())
        except ResourceNotFoundError:
            return []  # A trigger never creates its container; it waits for it.

    def _offer(self, container: str, blob: BlobProperties, interested: list[BlobFunction]) -> None:
        for blob_function in interested:
            if blob_function.path.match(blob.name) is None:
                continue
            name = blob_function.function.name
            kind = str(getattr(blob.blob_type, "value", blob.blob_type))
            etag = f'"{str(blob.etag).strip(chr(34))}"'
            body = _message(name, kind, container, blob.name, etag)
            number = self._store.receive_blob(name, (container, blob.name, etag), body)
            if number is not None:
                self._spawn(number)

    def start_by_hand(self, function: Function, path: str) -> None:
        """Process ``container/blob`` although nothing happened to it."""
        container, _, blob = path.partition("/")
        body = _message(function.name, "BlockBlob", container, blob, None)
        self._spawn(self._store.enqueue_blob(function.name, body))

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        """Answer Event Grid."""
        name = request.query.get("functionName", "").removeprefix(_ID_PREFIX)
        known = {found.lower(): found for found in self.functions}
        kind = request.headers.get("aeg-event-type", "")
        if name.lower() not in known:
            return web.Response(status=404)
        if kind == "Unsubscribe":
            return web.Response(status=202)
        try:
            content = json.loads(await request.text())
        except ValueError:
            return web.Response(status=400)
        events = content if isinstance(content, list) else [content]
        if kind == "SubscriptionValidation":
            code = events[0]["data"]["validationCode"]
            return web.json_response({"validationResponse": code})
        if kind != "Notification":
            return web.Response(status=400)
        for event in events:
            self._receive(known[name.lower()], event["data"])
        return web.Response(status=202)

    def _receive(self, name: str, data: dict[str, Any]) -> None:
        container, blob = split_blob_url(data["url"])
        kind = f"{str(data.get('blobType', 'BlockBlob')).removesuffix('Blob')}Blob"
        body = _message(name, kind, container, blob, f'"{data.get("eTag", "")}"')
        self._spawn(self._store.enqueue_blob(name, body))

    def _spawn(self, number: int) -> None:
        task = asyncio.get_running_loop().create_task(self._process(number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _process(self, number: int) -> None:
        async with self._slots:
            while True:
                found = self._store.try_blob(number)
                if found is None:
                    return
                name, body, tries = found
                try:
                    await self._run(name, json.loads(body))
                except FunctionTimeoutError:
                    self._on_timeout()
                    return
                except FunctionFailedError:
                    if tries < self._settings.poison_blob_threshold:
                        continue
                    await self._give_up(name, body)
                except (AzureError, OSError) as error:
                    self._note_unreachable(self.functions[name].connection, error)
                    await asyncio.sleep(self._interval)
                    continue
                self._store.finish_blob(number)
                return

    async def _run(self, name: str, message: dict[str, Any]) -> None:
        blob_function = self.functions.get(name)
        if blob_function is None:
            return
        blob = self._client(blob_function, message)
        try:
            properties = await self._in_thread(blob.get_blob_properties)
            expected = message["ETag"]
            changed = _quoted(properties.etag) != expected
            if changed and expected is not None and not blob_function.from_event_grid:
                return  # The scan sees it again under its new ETag.
            value = await self._value(blob_function, blob, properties)
        except ResourceNotFoundError:
            return
        log.info("Executing 'Functions.%s' for %s/%s", name, properties.container, blob.blob_name)
        await self._invoker.invoke(blob_function.function, value)

    async def _value(
        self, blob_function: BlobFunction, blob: BlobClient, properties: BlobProperties
    ) -> Value:
        container, name = blob.container_name, blob.blob_name
        metadata = {
            "BlobTrigger": Datum(f"{container}/{name}", "string"),
            "Uri": Datum(compact(blob.url), "json"),
            "Properties": Datum(compact(_properties(properties)), "json"),
            "Metadata": Datum(compact(dict(properties.metadata or {})), "json"),
        }
        for token, found in (blob_function.path.match(name) or {}).items():
            metadata[token] = Datum(found, "string")
        if blob_function.deferred:
            where = {
                "Connection": blob_function.connection,
                "ContainerName": container,
                "BlobName": name,
            }
            reference = BlobReference(compact(where).encode())
            return Value(Datum(reference, "model_binding_data"), metadata)
        content = await self._in_thread(lambda: blob.download_blob().readall())
        return Value(Datum(content, "bytes"), metadata)

    async def _give_up(self, name: str, body: str) -> None:
        log.error(
            "Message has reached MaxDequeueCount of %d. Moving message to queue '%s'.",
            self._settings.poison_blob_threshold,
            POISON_QUEUE,
        )
        await self._in_thread(self._put_poison, self.functions[name].connection, body)

    def _put_poison(self, connection: str, body: str) -> None:
        from azure.core.exceptions import ResourceExistsError

        queue = Storage(connection).queues().get_queue_client(POISON_QUEUE)
        try:
            queue.create_queue()
        except ResourceExistsError:
            log.debug("The poison queue exists")
        queue.send_message(base64.b64encode(body.encode()).decode())

    def _client(self, blob_function: BlobFunction, message: dict[str, Any]) -> BlobClient:
        service = self._service(blob_function.connection)
        return service.get_blob_client(message["ContainerName"], message["BlobName"])

    def _service(self, connection: str) -> BlobServiceClient:
        if connection not in self._storages:
            self._storages[connection] = Storage(connection).blobs()
        return self._storages[connection]

    async def _in_thread(self, call: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


def split_blob_url(url: str) -> tuple[str, str]:
    """Return container and name; the account is in the path only where the host is an IP."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    if _is_ip(parts.hostname or ""):
        path = path.partition("/")[2]
    container, _, name = path.partition("/")
    return container, name


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _quoted(etag: object) -> str:
    return f'"{str(etag).strip(chr(34))}"'


def _message(function: str, kind: str, container: str, blob: str, etag: str | None) -> str:
    return compact(
        {
            "Type": "BlobTrigger",
            "FunctionId": _ID_PREFIX + function,
            "BlobType": kind,
            "ContainerName": container,
            "BlobName": blob,
            "ETag": etag,
        }
    )


def _properties(properties: BlobProperties) -> dict[str, Any]:
    settings = properties.content_settings
    return {
        "ETag": _quoted(properties.etag),
        "LastModified": properties.last_modified.isoformat(),
        "CreatedOn": properties.creation_time.isoformat(),
        "ContentLength": properties.size,
        "Length": properties.size,
        "ContentType": settings.content_type,
        "ContentEncoding": settings.content_encoding,
        "BlobType": str(getattr(properties.blob_type, "value", properties.blob_type)),
    }
