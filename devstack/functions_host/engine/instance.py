"""What an orchestration instance is, what an episode may ask for, and what it leaves behind."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from devstack.functions_host.engine.events import (
    TERMINAL,
    Line,
    Message,
    Work,
)
from devstack.functions_host.engine.failures import Failure


@dataclass(frozen=True, slots=True)
class Instance:
    """What is stored of an orchestration instance. JSON texts are None where there is no value."""

    instance_id: str
    execution_id: str
    name: str
    version: str
    status: str
    created: datetime
    updated: datetime
    input: str | None = None
    output: str | None = None
    custom_status: str | None = None
    parent: dict[str, Any] | None = None
    history: tuple[Line, ...] = ()

    @property
    def ended(self) -> bool:
        """Return whether nothing can happen to this instance any more."""
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of host.json that the engine needs."""

    max_actions: int = 100_000
    store_inputs: bool = False
    default_version: str = ""
    version_match: str = "CurrentOrOlder"
    version_failure: str = "Reject"

    def version_problem(self, version: str) -> str:
        """Say why an instance of this version may not run here; empty where it may."""
        own = self.default_version
        if not own or self.version_match == "None":
            return ""
        if self.version_match == "Strict" and version != own:
            return (
                f"The orchestration version '{version}' does not match the worker version '{own}'."
            )
        if self.version_match == "CurrentOrOlder" and _version_key(version) > _version_key(own):
            return (
                f"The orchestration version '{version}' is greater than the worker version '{own}'."
            )
        return ""


class EpisodeRejectedError(Exception):
    """The episode may not run on this host now; its messages have to stay in the queue."""


class UnknownOrchestratorError(Exception):
    """There is no orchestrator of this name; the instance fails."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = ", ".join(f"'{other}'" for other in known)
        hint = (
            f"The following are the known orchestrator functions: {names}."
            if names
            else "No orchestrator functions are currently registered!"
        )
        super().__init__(
            f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator "
            f"function. Additional info: {hint}"
        )


class World(Protocol):
    """What an episode asks of its driver."""

    rules: Rules

    def call_orchestrator(self, name: str, payload: str) -> str | Failure:
        """Run the orchestrator function with the protocol's input and return what it answered.

        Raises:
            UnknownOrchestratorError: There is none of this name.
        """

    def has_activity(self, name: str) -> bool:
        """Return whether an activity of this name (in any case) exists."""

    def has_orchestrator(self, name: str) -> bool:
        """Return whether an orchestrator of this name (in any case) exists."""

    def new_execution_id(self) -> str:
        """Return a new GUID, 32 hexadecimal digits."""


@dataclass(slots=True)
class Episode:
    """What an episode leaves behind: all of it is to be stored at once."""

    instance: Instance | None
    appended: list[Line] = field(default_factory=list)
    replaces_history: bool = False
    messages: list[Message] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    """Positions of the messages that have to wait in the queue."""
    warnings: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """The inputs that the orchestrator function received."""

    @property
    def changed(self) -> bool:
        """Return whether there is anything to store besides the removal of messages."""
        return bool(self.appended)


def _version_key(version: str) -> list[tuple[int, str]]:
    """Make versions comparable part by part: numbers as numbers, and before other text."""
    parts = version.split(".") if version else []
    return [(int(part), "") if part.isdigit() else (sys.maxsize, part) for part in parts]
