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
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.blob import (
    BlobClient,
    BlobProperties,
    BlobServiceClient,
    ContainerClient,
)

from devstack.functions_host.app.indexing import Function
from devstack.functions_host.app.invocation import (
    BlobReference,
    FunctionFailedError,
    FunctionTimeoutError,
    Invoker,
    Value,
)
from devstack.functions_host.engine.events import compact
from devstack.functions_host.hub.live import sleep_until
from devstack.functions_host.hub.store import Store
from devstack.functions_host.settings import HostSettings, SettingsError, disabled, resolve
from devstack.functions_host.triggers.blob_message import (
    ID_PREFIX,
    blob_message,
    blob_properties,
    quoted,
    split_blob_url,
)
from devstack.functions_host.triggers.blob_paths import BlobPath
from devstack.functions_host.triggers.storage_account import Storage

log = logging.getLogger(__name__)

POISON_QUEUE = "webjobs-blobtrigger-poison"


#: However often it is wanted, scanning takes at most a fifth of the time: containers grow.
REST_AFTER_SCAN = 4


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


class BlobTriggers:
    """Finds blobs, keeps their messages in the queue, and runs the functions."""

    def __init__(
        self,
        functions: list[Function],
        invoker: Invoker,
        store: Store,
        settings: HostSettings,
        scan_interval: float,
    ) -> None:
        self.functions = {f.name: BlobFunction.of(f) for f in functions}
        self._check_connections()
        self._invoker = invoker
        self._queue = store.blobs
        self._holds = store.holds
        self._settings = settings
        self._interval = scan_interval
        self._slots = asyncio.Semaphore(settings.max_blob_parallelism)
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="blobs")
        self._tasks: set[asyncio.Task[None]] = set()
        self._sleeping: set[asyncio.Task[None]] = set()
        self._storages: dict[str, BlobServiceClient] = {}
        self._containers: dict[tuple[str, str], ContainerClient] = {}
        self._seen: set[tuple[str, str, str, str]] = set()
        self._reachable = True

    def _check_connections(self) -> None:
        """Leave out functions without a storage connection, and report them."""
        for name, blob_function in list(self.functions.items()):
            try:
                Storage(blob_function.connection).blobs().close()
            except (SettingsError, ValueError) as error:
                log.error(  # noqa: TRY400 - the reason says it all
                    "The listener for function 'Functions.%s' was unable to start: %s", name, error
                )
                del self.functions[name]

    async def run(self) -> None:
        """Take up what is left from before, then scan for ever."""
        for number, hidden_until in self._queue.waiting():
            if hidden_until is None:
                self._spawn(number)
            else:
                self._keep(self._sleeping, self._process_later(number, hidden_until))
        scanned = [b for b in self.functions.values() if not b.from_event_grid]
        if not scanned:
            return
        while True:
            begun = time.monotonic()
            await self._scan_all(scanned)
            took = time.monotonic() - begun
            await asyncio.sleep(max(self._interval, REST_AFTER_SCAN * took))

    async def stop(self, grace: float) -> None:
        """Give running functions a moment to end."""
        for task in list(self._sleeping):
            task.cancel()
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
            return list(self._container(connection, container).list_blobs())
        except ResourceNotFoundError:
            return []  # A trigger never creates its container; it waits for it.

    def _offer(self, container: str, blob: BlobProperties, interested: list[BlobFunction]) -> None:
        for blob_function in interested:
            if blob_function.path.match(blob.name) is None:
                continue
            name = blob_function.function.name
            kind = str(getattr(blob.blob_type, "value", blob.blob_type))
            etag = f'"{str(blob.etag).strip(chr(34))}"'
            receipt = (name, container, blob.name, etag)
            if receipt in self._seen:
                continue  # as the queue would say, asked five times a second about each blob
            body = blob_message(name, kind, container, blob.name, etag)
            number = self._queue.receive(name, (container, blob.name, etag), body)
            self._seen.add(receipt)
            if number is not None:
                self._spawn(number)

    def start_by_hand(self, function: Function, path: str) -> None:
        """Process ``container/blob`` although nothing happened to it."""
        container, _, blob = path.partition("/")
        body = blob_message(function.name, "BlockBlob", container, blob, None)
        self._spawn(self._queue.enqueue(function.name, body))

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        """Answer Event Grid."""
        name = request.query.get("functionName", "").removeprefix(ID_PREFIX)
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
        body = blob_message(name, kind, container, blob, f'"{data.get("eTag", "")}"')
        self._spawn(self._queue.enqueue(name, body))

    def _spawn(self, number: int) -> None:
        self._keep(self._tasks, self._process(number))

    def _keep(self, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _process_later(self, number: int, hidden_until: datetime) -> None:
        await sleep_until(hidden_until)
        self._spawn(number)

    async def _process(self, number: int) -> None:
        async with self._slots:
            self._holds.take_blob(number, datetime.now(UTC))
            name, body = self._queue.message(number)
            blob_function = self.functions.get(name)
            done = blob_function is None
            while blob_function is not None and not done:
                try:
                    done = await self._try(number, blob_function, body)
                except (AzureError, OSError) as error:
                    self._note_unreachable(blob_function.connection, error)
                    await asyncio.sleep(self._interval)
                except FunctionTimeoutError:
                    return  # The host starts again and takes the message up.
            self._queue.finish(number)

    async def _try(self, number: int, blob_function: BlobFunction, body: str) -> bool:
        """Run the function once; return whether the message is done with."""
        name = blob_function.function.name
        value = await self._current_value(blob_function, json.loads(body))
        if value is None:
            return True
        tries = self._queue.count_try(number)
        place = value.metadata["BlobTrigger"].value
        log.debug("Functions.%s, try %d: %s", name, tries, place)
        source = "EventGrid" if blob_function.from_event_grid else "LogsAndContainerScan"
        reason = f"New blob detected({source}): {place}"
        try:
            await self._invoker.invoke(blob_function.function, value, reason=reason)
        except FunctionTimeoutError:
            raise
        except FunctionFailedError:
            if tries < self._settings.poison_blob_threshold:
                return False
            await self._give_up(name, body)
        return True

    async def _current_value(
        self, blob_function: BlobFunction, message: dict[str, Any]
    ) -> Value | None:
        """Return what the function gets; None where the blob is gone or has changed."""
        blob = self._client(blob_function, message)
        try:
            properties = await self._in_thread(blob.get_blob_properties)
            expected = message["ETag"]
            changed = expected is not None and quoted(properties.etag) != expected
            if changed and not blob_function.from_event_grid:
                return None  # The scan sees it again under its new ETag.
            return await self._value(blob_function, blob, properties)
        except ResourceNotFoundError:
            return None

    async def _value(
        self, blob_function: BlobFunction, blob: BlobClient, properties: BlobProperties
    ) -> Value:
        container, name = blob.container_name, blob.blob_name
        metadata = {
            "BlobTrigger": Datum(f"{container}/{name}", "string"),
            "Uri": Datum(compact(blob.url), "json"),
            "Properties": Datum(compact(blob_properties(properties)), "json"),
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

    def _container(self, connection: str, container: str) -> ContainerClient:
        key = (connection, container)
        if key not in self._containers:
            self._containers[key] = self._service(connection).get_container_client(container)
        return self._containers[key]

    async def _in_thread(self, call: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)
