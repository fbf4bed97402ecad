"""The HTTP management API of Durable Functions, for the webhook and for the RPC listener."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import unquote

from aiohttp import web

from devstack.functions_host.engine.events import compact
from devstack.functions_host.hub.client import (
    AlreadyExistsError,
    ArgumentRefusedError,
    EndedInstanceError,
    PreconditionError,
    TaskHubClient,
    UnknownInstanceError,
    WrongStateError,
)
from devstack.functions_host.hub.store import Store
from devstack.functions_host.web.addresses import Addresses
from devstack.functions_host.web.history_view import SameKeyError, as_json
from devstack.functions_host.web.json_response import error_response, json_response
from devstack.functions_host.web.query import flag, instance_filter, number, whole_number
from devstack.functions_host.web.status_payload import status_payload

log = logging.getLogger(__name__)

PAGE_SIZE = 100
_CONTINUATION = "x-ms-continuation-token"

Handler = Callable[[web.Request, dict[str, str]], Awaitable[web.StreamResponse]]


class Management:
    """Answers management requests; ``path`` is what follows the base address."""

    def __init__(
        self, client: TaskHubClient, store: Store, addresses: Callable[[], Addresses]
    ) -> None:
        self._client = client
        self._store = store
        self._addresses = addresses
        entities = "entities/?{name?}/?{key?}/?"
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            ("POST", _route("orchestrators/{name}/?{id?}"), self._start),
            ("GET", _route(entities), self._entities),
            ("POST", _route(entities), self._signal),
            ("DELETE", _route(entities), self._signal),
            ("GET", _route("instances/?"), self._list),
            ("DELETE", _route("instances/?"), self._purge_many),
            ("GET", _route("instances/{id}/?"), self._status),
            ("DELETE", _route("instances/{id}/?"), self._purge),
            ("POST", _route("instances/{id}/raiseEvent/{event}/?"), self._raise_event),
            *[
                ("POST", _route(f"instances/{{id}}/{operation}/?"), handler)
                for operation, handler in self._operations().items()
            ],
        ]

    def _operations(self) -> dict[str, Handler]:
        client = self._client

        async def terminate(request: web.Request, where: dict[str, str]) -> web.Response:
            client.terminate(where["id"], request.query.get("reason"))
            return web.Response(status=202)

        async def suspend(request: web.Request, where: dict[str, str]) -> web.Response:
            client.suspend(where["id"], request.query.get("reason"))
            return web.Response(status=202)

        async def resume(request: web.Request, where: dict[str, str]) -> web.Response:
            client.resume(where["id"], request.query.get("reason"))
            return web.Response(status=202)

        async def rewind(request: web.Request, where: dict[str, str]) -> web.Response:
            try:
                client.rewind(where["id"], request.query.get("reason"))
            except UnknownInstanceError:
                # The dollar sign is the real host's.
                text = f'No orchestration with instance ID "${where["id"]}" found.'
                return json_response(404, text)
            return web.Response(status=202)

        return {
            "terminate": terminate,
            "suspend": suspend,
            "resume": resume,
            "rewind": rewind,
            "restart": self._restart,
        }

    async def handle(self, request: web.Request, path: str) -> web.StreamResponse:
        """Answer a request for a (still quoted) path below the base address."""
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                where = {key: unquote(value or "") for key, value in match.groupdict().items()}
                return await self._guarded(handler, request, where)
        return web.Response(status=404)

    async def _guarded(
        self, handler: Handler, request: web.Request, where: dict[str, str]
    ) -> web.StreamResponse:
        try:
            return await handler(request, where)
        except UnknownInstanceError:
            return web.Response(status=404)
        except EndedInstanceError:
            return web.Response(status=410)
        except (ArgumentRefusedError, SameKeyError) as error:
            message = "One or more of the arguments submitted is incorrect"
            return error_response(400, message, str(error), "System.ArgumentException")
        except _NotJsonError as error:
            return error_response(400, "Invalid JSON content", str(error), _JSON_ERROR)
        except AlreadyExistsError as error:
            return json_response(409, {"Message": str(error)})
        except PreconditionError as error:
            return json_response(412, str(error))
        except WrongStateError as error:
            return error_response(500, _WENT_WRONG, str(error), "System.InvalidOperationException")

    async def _start(self, request: web.Request, where: dict[str, str]) -> web.StreamResponse:
        instance_id = self._client.start(
            where["name"],
            where["id"] or None,
            await _json_text(request),
            request.query.get("version"),
        )
        return await self._started(request, instance_id)

    async def _started(self, request: web.Request, instance_id: str) -> web.StreamResponse:
        """Answer a start: at once, or after waiting as the query asks for."""
        timeout = number(request, "timeout")
        interval = number(request, "pollingInterval")
        if timeout is None or interval is None:
            return self._accepted(instance_id)
        if interval > timeout:
            raise ArgumentRefusedError(
                f"Total timeout {timeout:g} (seconds) should be bigger than retry timeout "
                f"{interval:g} (seconds)"
            )
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            found = self._client.get(instance_id)
            if found is not None and found.ended:
                if found.status == "Completed":
                    return json_response(200, as_json(found.output))
                return json_response(200, status_payload(found))
            if loop.time() + interval > end:
                return self._accepted(instance_id)
            await asyncio.sleep(interval)

    def _accepted(self, instance_id: str) -> web.StreamResponse:
        urls = self._addresses().management_urls(instance_id)
        del urls["rewindPostUri"]
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return json_response(202, urls, headers)

    async def _restart(self, request: web.Request, where: dict[str, str]) -> web.StreamResponse:
        new_id = flag(request, "restartWithNewInstanceId", default=True)
        if self._client.get(where["id"]) is None:
            return error_response(
                400,
                "InstanceId does not match a valid orchestration instance.",
                f"No instance with ID '{where['id']}' was found. (Parameter 'instanceId')",
                "System.ArgumentException",
            )
        try:
            instance_id = self._client.restart(where["id"], new_id=new_id)
        except AlreadyExistsError as error:
            return error_response(
                409,
                "A non-terminal instance with this instance ID already exists.",
                str(error),
                "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
            )
        return await self._started(request, instance_id)

    async def _status(self, request: web.Request, where: dict[str, str]) -> web.StreamResponse:
        show_history = flag(request, "showHistory")
        found = self._client.get(where["id"], history=show_history)
        if found is None:
            return web.Response(status=404)
        payload = status_payload(
            found,
            show_input=flag(request, "showInput", default=True),
            show_history=show_history,
            show_output=flag(request, "showHistoryOutput"),
        )
        if not found.ended:
            headers = {"Location": str(request.url), "Retry-After": "5"}
            return json_response(202, payload, headers)
        failed = found.status == "Failed"
        if failed and flag(request, "returnInternalServerErrorOnFailure"):
            return json_response(500, payload)
        return json_response(200, payload)

    async def _list(self, request: web.Request, _where: dict[str, str]) -> web.StreamResponse:
        wanted = instance_filter(request)
        top = whole_number(request, "top")
        if top is None:
            top = PAGE_SIZE
        elif top < 0:
            return error_response(500, _WENT_WRONG, _STORAGE_ERROR, _STORAGE_ERROR_TYPE)
        first = _instance_of(request.headers.get(_CONTINUATION))
        found = self._store.query(wanted, limit=top + 1, first=first)
        # The real provider heeds showInput only where there is another condition.
        show_input = flag(request, "showInput", default=True) or wanted.empty
        page = found[:top]
        headers = {_CONTINUATION: "".join(_token_of(i.instance_id) for i in found[top:])}
        return json_response(200, [status_payload(i, show_input=show_input) for i in page], headers)

    async def _purge(self, _request: web.Request, where: dict[str, str]) -> web.StreamResponse:
        return json_response(200, {"instancesDeleted": self._client.purge(where["id"])})

    async def _purge_many(self, request: web.Request, _where: dict[str, str]) -> web.StreamResponse:
        wanted = instance_filter(request, created_to=datetime.now(UTC))
        if wanted.created_from is None:
            return json_response(400, "Please provide value for 'createdTimeFrom' parameter.")
        deleted = self._client.purge_all(wanted)
        if not deleted:
            return web.Response(status=404)
        return json_response(200, {"instancesDeleted": deleted})

    async def _raise_event(self, request: web.Request, where: dict[str, str]) -> web.StreamResponse:
        self._client.active(where["id"])
        if request.content_type != "application/json" or "Content-Type" not in request.headers:
            message = "Only application/json request content is supported"
            return json_response(400, {"Message": message})
        text = await _json_text(request)
        if text is None:
            raise _NotJsonError(_NO_BODY)
        # The value is stored as .NET writes it, without blanks.
        text = compact(json.loads(text))
        self._client.raise_event(where["id"], where["event"], text)
        return web.Response(status=202)

    async def _entities(self, _request: web.Request, where: dict[str, str]) -> web.Response:
        """Answer a question for the state of entities: this host has none."""
        if where["key"]:
            return web.Response(status=404)
        return json_response(200, [], {_CONTINUATION: ""})

    async def _signal(self, request: web.Request, where: dict[str, str]) -> web.Response:
        """Answer what is sent to an entity as a host does whose app has no entity functions."""
        if not where["name"]:
            message = "Invalid entity id: entity name must not be a null or empty string."
            return json_response(400, {"Message": f"{message} (Parameter 'entityName')"})
        if request.method == "POST" and request.content_type == "application/json":
            try:
                await _json_text(request)
            except _NotJsonError as error:
                return json_response(400, {"Message": f"Could not parse JSON content: {error}"})
        message = (
            f"The function '{where['name'].lower()}' doesn't exist, is disabled, or is not an "
            "entity function. Additional info: No entity functions are currently registered!"
        )
        return json_response(400, {"Message": message})


_STORAGE_ERROR = "An error occurred while communicating with Azure Storage"
_STORAGE_ERROR_TYPE = "DurableTask.AzureStorage.Storage.DurableTaskStorageException"
_WENT_WRONG = "Something went wrong while processing your request"
_JSON_ERROR = "Newtonsoft.Json.JsonReaderException"


_NO_BODY = "Error reading JToken from JsonReader. Path '', line 0, position 0."


class _NotJsonError(Exception):
    """The body of a request cannot be read as JSON; the message says where."""


def _token_of(instance_id: str) -> str:
    """Return the continuation token of a page that begins with an instance."""
    return base64.b64encode(instance_id.encode()).decode()


def _instance_of(token: str | None) -> str | None:
    """Return the instance with which the page of a continuation token begins."""
    if not token:
        return None
    try:
        return base64.b64decode(token).decode()
    except (binascii.Error, ValueError):
        return token


def _route(template: str) -> re.Pattern[str]:
    pattern = re.sub(r"\{(\w+)\?\}", r"(?P<\1>[^/]*)?", template)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
    return re.compile(pattern, re.IGNORECASE)


async def _json_text(request: web.Request) -> str | None:
    """Return the body, which has to be JSON, as it is; None where it is empty."""
    try:
        body = await request.text()
        if not body.strip():
            return None
        json.loads(body)
    except (ValueError, LookupError, RecursionError):  # not JSON, or not of its charset
        raise _NotJsonError("The body is not JSON.") from None
    return body
