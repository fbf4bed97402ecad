"""A durable client without a host; tests can read its instances and events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import azure.functions as func

from triggers.intake import has_ended


@dataclass(slots=True)
class Instance:
    """The status of an instance, as the durable client returns it."""

    runtime_status: str | None = None
    custom_status: Mapping[str, Any] | None = None
    historyEvents: list[dict[str, Any]] | None = None  # noqa: N815 - as the SDK names it

    def __bool__(self) -> bool:
        return self.runtime_status is not None


@dataclass(frozen=True, slots=True)
class Start:
    """A request to start an orchestration."""

    orchestrator: str
    instance_id: str
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """An external event that was sent."""

    instance_id: str
    name: str
    data: Any


class InMemoryOrchestrations:
    """A durable client that behaves as the real extension.

    An ended instance of the same id is replaced without an error, an active one is an error, and
    errors are plain `Exception`.
    """

    def __init__(self, **instances: Instance) -> None:
        self.instances: dict[str, Instance] = dict(instances)
        self.starts: list[Start] = []
        self.events: list[Event] = []
        self.failures: list[Exception | None] = []
        """Errors of the next calls, one for each call; None for a call without an error."""

    async def get_status(self, instance_id: str, show_history: bool = False) -> Instance:
        """Return the status of an instance; the history is there only if asked for."""
        await self._call()
        known = self.instances.get(instance_id, Instance())
        return known if show_history else replace(known, historyEvents=None)

    async def start_new(
        self,
        orchestration_function_name: str,
        instance_id: str,
        client_input: Any,  # noqa: ANN401 - any JSON value
    ) -> str:
        """Start an instance."""
        await self._call()
        known = self.instances.get(instance_id)
        if known and not has_ended(known):
            raise _sdk_error("An Orchestration instance with the status Running already exists.")
        self.instances[instance_id] = Instance("Pending")
        self.starts.append(Start(orchestration_function_name, instance_id, client_input))
        return instance_id

    async def raise_event(
        self,
        instance_id: str,
        event_name: str,
        event_data: Any,  # noqa: ANN401 - any JSON value
    ) -> None:
        """Send an event."""
        await self._call()
        known = self.instances.get(instance_id)
        if known is None or has_ended(known):
            raise _sdk_error(f"No running instance with ID {instance_id} found.")
        self.events.append(Event(instance_id, event_name, event_data))

    def get_client_response_links(
        self, request: func.HttpRequest | None, instance_id: str
    ) -> dict[str, str]:
        """Return the URLs of an instance in the management API."""
        base = f"http://127.0.0.1:7071/runtime/webhooks/durabletask/instances/{instance_id}"
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{base}?taskHub=docflow&code=system-key",
            "sendEventPostUri": f"{base}/raiseEvent/{{eventName}}?taskHub=docflow&code=system-key",
            "terminatePostUri": f"{base}/terminate?reason={{text}}&code=system-key",
        }

    async def _call(self) -> None:
        await asyncio.sleep(0)  # other tasks may run, as during a call over the network
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure


def _sdk_error(message: str) -> Exception:
    return Exception(message)
