"""A durable client without a host: it keeps instances and events in the open, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import azure.functions as func

from triggers.intake import has_ended


@dataclass(slots=True)
class Instance:
    """The status of an instance, as the durable client gives it."""

    runtime_status: str | None = None
    custom_status: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        return self.runtime_status is not None


@dataclass(frozen=True, slots=True)
class Start:
    """An orchestration that was asked for."""

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
    """Treats instances as the real extension does.

    An ended instance of the same id is replaced without a word, an active one is an error, and
    errors are the bare `Exception`.
    """

    def __init__(self, **instances: Instance) -> None:
        self.instances: dict[str, Instance] = dict(instances)
        self.starts: list[Start] = []
        self.events: list[Event] = []
        self.failures: list[Exception | None] = []
        """What the next calls raise, one a call; None lets a call through."""

    async def get_status(self, instance_id: str) -> Instance:
        """Describe an instance."""
        await self._call()
        return self.instances.get(instance_id, Instance())

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
        """Give addresses in the management API."""
        base = f"http://127.0.0.1:7071/runtime/webhooks/durabletask/instances/{instance_id}"
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{base}?taskHub=docflow&code=system-key",
            "sendEventPostUri": f"{base}/raiseEvent/{{eventName}}?taskHub=docflow&code=system-key",
            "terminatePostUri": f"{base}/terminate?reason={{text}}&code=system-key",
        }

    async def _call(self) -> None:
        await asyncio.sleep(0)  # as a call over the network, it lets others go first
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure


def _sdk_error(message: str) -> Exception:
    return Exception(message)
