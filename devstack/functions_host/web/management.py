"""The HTTP management API of Durable Functions, for the webhook and for the RPC listener."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from aiohttp import web

from devstack.functions_host.app.indexing import Binding
from devstack.functions_host.engine.episode import Instance
from devstack.functions_host.engine.events import compact, parse_stamp
from devstack.functions_host.hub.client import (
    AlreadyExistsError,
    ArgumentRefusedError,
    EndedInstanceError,
    InstanceFilter,
    TaskHubClient,
    UnknownInstanceError,
    WrongStateError,
)
from devstack.functions_host.hub.store import Store
from devstack.functions_host.web.history_view import as_json, history_view

log = logging.getLogger(__name__)

STATUSES = frozenset(
    {
        "Running",
        "Completed",
        "ContinuedAsNew",
        "Failed",
        "Canceled",
        "Terminated",
        "Pending",
        "Suspended",
    }
)
PAGE_SIZE = 100
_WEBHOOK_PATH = "runtime/webhooks/durabletask"
_CONTINUATION = "x-ms-continuation-token"

Handler = Callable[[web.Request, dict[str, str]], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where clients find this host, and the key that they have to send."""

    public: str
    """Scheme, host and port without a slash at the end."""
    rpc: str
    hub: str
    key: str

    @property
    def base(self) -> str:
        """The address of the webhook."""
        return f"{self.public}/{_WEBHOOK_PATH}"

    def management_urls(self, instance_id: str) -> dict[str, str]:
        """Return the addresses for one instance, in the order that the SDK shows them."""
        query = f"taskHub={self.hub}&connection=Storage&code={self.key}"
        place = f"{self.base}/instances/{quote(instance_id, safe='')}"
        reason = f"?reason={{text}}&{query}"
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{place}?{query}",
            "sendEventPostUri": f"{place}/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{place}/terminate{reason}",
            "rewindPostUri": f"{place}/rewind{reason}",
            "purgeHistoryDeleteUri": f"{place}?{query}",
            "restartPostUri": f"{place}/restart?{query}",
            "suspendPostUri": f"{place}/suspend{reason}",
            "resumePostUri": f"{place}/resume{reason}",
        }

    def client_binding(self, binding: Binding) -> str:
        """Return the JSON string that a durableClient parameter receives."""
        base = f"{self.base}/orchestrators/{{functionName}}[/{{instanceId}}]"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}"
        return compact(
            {
                "taskHubName": binding.settings.get("taskHub") or self.hub,
                "connectionName": binding.settings.get("connectionName"),
                "creationUrls": {
                    "createNewInstancePostUri": f"{base}?code={self.key}",
                    "createAndWaitOnNewInstancePostUri": f"{base}?{wait}&code={self.key}",
                },
                "managementUrls": self.management_urls("INSTANCEID"),
                "baseUrl": self.base,
                "requiredQueryStringParameters": f"code={self.key}",
                "rpcBaseUrl": self.rpc,
                "httpBaseUrl": None,
            }
        )


class Management:
    """Answers management requests; ``path`` is what follows the base address."""

    def __init__(
        self, client: TaskHubClient, store: Store, addresses: Callable[[], Addresses]
    ) -> None:
        self._client = client
        self._store = store
        self._addresses = addresses
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            ("POST", _route("orchestrators/{name}/?{id?}"), self._start),
            ("*", _route("entities/?{name?}/?{key?}"), self._entities),
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
            client.rewind(where["id"], request.query.get("reason"))
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
            if match and method in ("*", request.method):
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
        except ArgumentRefusedError as error:
            message = "One or more of the arguments submitted is incorrect"
            return _error(400, message, str(error), "System.ArgumentException")
        except _NotJsonError:
            return _error(400, "Invalid JSON content", "The body is not JSON.", _JSON_ERROR)
        except AlreadyExistsError as error:
            kind = "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException"
            return _error(500, _WENT_WRONG, str(error), kind)
        except WrongStateError as error:
            return _error(500, _WENT_WRONG, str(error), "System.InvalidOperationException")

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
        timeout = _number(request, "timeout")
        interval = _number(request, "pollingInterval")
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
                    return _json(200, as_json(found.output))
                return _json(200, status_payload(found))
            if loop.time() + interval > end:
                return self._accepted(instance_id)
            await asyncio.sleep(interval)

    def _accepted(self, instance_id: str) -> web.StreamResponse:
        urls = self._addresses().management_urls(instance_id)
        del urls["rewindPostUri"]
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return _json(202, urls, headers)

    async def _restart(self, request: web.Request, where: dict[str, str]) -> web.StreamResponse:
        new_id = _flag(request, "restartWithNewInstanceId", default=True)
        if self._client.get(where["id"]) is None:
            return _error(
                400,
                "InstanceId does not match a valid orchestration instance.",
                f"An orchestrator with the instanceId {where['id']} was not found.",
                "System.ArgumentException",
            )
        return await self._started(request, self._client.restart(where["id"], new_id=new_id))

    async def _status(self, request: web.Request, where: dict[str, str]) -> web.StreamResponse:
        show_history = _flag(request, "showHistory")
        found = self._client.get(where["id"], history=show_history)
        if found is None:
            return web.Response(status=404)
        payload = status_payload(
            found,
            show_input=_flag(request, "showInput", default=True),
            show_history=show_history,
            show_output=_flag(request, "showHistoryOutput"),
        )
        if not found.ended:
            headers = {"Location": str(request.url), "Retry-After": "5"}
            return _json(202, payload, headers)
        failed = found.status == "Failed"
        if failed and _flag(request, "returnInternalServerErrorOnFailure"):
            return _json(500, payload)
        return _json(200, payload)

    async def _list(self, request: web.Request, _where: dict[str, str]) -> web.StreamResponse:
        wanted = _filter(request)
        top = int(_number(request, "top") or PAGE_SIZE)
        after = request.headers.get(_CONTINUATION) or None
        found = self._store.query(wanted, limit=top + 1, after=after)
        # The real provider heeds showInput only where there is another condition.
        show_input = _flag(request, "showInput", default=True) or wanted.empty
        page = found[:top]
        headers = {_CONTINUATION: page[-1].instance_id if len(found) > top else ""}
        return _json(200, [status_payload(i, show_input=show_input) for i in page], headers)

    async def _purge(self, _request: web.Request, where: dict[str, str]) -> web.StreamResponse:
        return _json(200, {"instancesDeleted": self._client.purge(where["id"])})

    async def _purge_many(self, request: web.Request, _where: dict[str, str]) -> web.StreamResponse:
        wanted = _filter(request, created_to=datetime.now(UTC))
        if wanted.created_from is None:
            return _json(400, "Please provide value for 'createdTimeFrom' parameter.")
        deleted = self._client.purge_all(wanted)
        if not deleted:
            return web.Response(status=404)
        return _json(200, {"instancesDeleted": deleted})

    async def _raise_event(self, request: web.Request, where: dict[str, str]) -> web.StreamResponse:
        self._client.active(where["id"])
        if request.content_type != "application/json" or "Content-Type" not in request.headers:
            message = "Only application/json request content is supported"
            return _error(400, message, message, "System.ArgumentException")
        text = await _json_text(request)
        self._client.raise_event(where["id"], where["event"], text)
        return web.Response(status=202)

    async def _entities(self, _request: web.Request, _where: dict[str, str]) -> web.Response:
        return _error(
            500,
            _WENT_WRONG,
            "Durable entities are not supported by this stand-in host. Run the app with Azure "
            "Functions Core Tools.",
            "System.NotSupportedException",
        )


_WENT_WRONG = "Something went wrong while processing your request"
_JSON_ERROR = "Newtonsoft.Json.JsonReaderException"


class _NotJsonError(Exception):
    """The body of a request cannot be read as JSON."""


def status_payload(
    instance: Instance,
    *,
    show_input: bool = True,
    show_history: bool = False,
    show_output: bool = False,
) -> dict[str, Any]:
    """Return the status of an instance as clients see it."""
    payload = {
        "name": instance.name,
        "instanceId": instance.instance_id,
        "runtimeStatus": instance.status,
        "input": as_json(instance.input) if show_input else None,
        "customStatus": as_json(instance.custom_status),
        "output": as_json(instance.output),
        "createdTime": _whole_seconds(instance.created),
        "lastUpdatedTime": _whole_seconds(instance.updated),
    }
    if show_history:
        payload["historyEvents"] = history_view(
            instance.history, show_input=show_input, show_output=show_output
        )
    return payload


def _whole_seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _route(template: str) -> re.Pattern[str]:
    pattern = re.sub(r"\{(\w+)\?\}", r"(?P<\1>[^/]*)?", template)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
    return re.compile(pattern, re.IGNORECASE)


def _json(status: int, content: object, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status,
        text=json.dumps(content),
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def _error(status: int, message: str, exception: str, kind: str) -> web.Response:
    if status >= 500:
        log.error("Durable management API: %s", exception)
    return _json(
        status,
        {
            "Message": message,
            "ExceptionMessage": exception,
            "ExceptionType": kind,
            "StackTrace": "",
        },
    )


async def _json_text(request: web.Request) -> str | None:
    """Return the body as compact JSON; None where it is empty."""
    try:
        body = await request.text()
        return compact(json.loads(body)) if body.strip() else None
    except (ValueError, LookupError, RecursionError):  # not JSON, or not of its charset
        raise _NotJsonError from None


def _flag(request: web.Request, name: str, *, default: bool = False) -> bool:
    value = _query(request, name).strip().lower()
    return value == "true" if value in ("true", "false") else default


def _number(request: web.Request, name: str) -> float | None:
    try:
        return float(_query(request, name))
    except ValueError:
        return None


def _moment(request: web.Request, name: str) -> datetime | None:
    text = _query(request, name)
    for candidate in (text, text.replace(" ", "+")):  # A "+" in a query arrives as a blank.
        try:
            return parse_stamp(candidate)
        except ValueError:
            continue
    return None


def _query(request: web.Request, name: str) -> str:
    """Return a query parameter; their names are matched in any case."""
    return next((v for k, v in request.query.items() if k.lower() == name.lower()), "")


def _filter(request: web.Request, created_to: datetime | None = None) -> InstanceFilter:
    return InstanceFilter(
        created_from=_moment(request, "createdTimeFrom"),
        created_to=_moment(request, "createdTimeTo") or created_to,
        statuses=frozenset(_statuses(request.query.getall("runtimeStatus", []))),
        prefix=_query(request, "instanceIdPrefix"),
    )


def _statuses(values: Iterable[str]) -> Iterable[str]:
    for value in values:
        for name in value.split(","):
            if name.strip() in STATUSES:
                yield name.strip()
