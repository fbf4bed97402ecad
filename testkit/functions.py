"""The registered functions of the app, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, get_type_hints

import azure.durable_functions as df

import activities
import orchestrators
from docflow.contracts import Activity, Orchestrator

Function = Callable[[Any], Any]


@cache
def registered_activities() -> dict[str, Function]:
    """Return all activities by name; each takes and returns a JSON object."""
    return _registered(activities.blueprint())


@cache
def registered_orchestrators() -> dict[str, Function]:
    """Return all orchestrators by name; each takes a history and returns a state."""
    return _registered(orchestrators.blueprint())


def activity(name: Activity) -> Function:
    """Return the registered function of an activity."""
    return registered_activities()[name.value]


def orchestrator(name: Orchestrator) -> Function:
    """Return the registered function of an orchestrator."""
    return registered_orchestrators()[name.value]


def function_of(name: Activity, step: Callable[..., Any]) -> Function:
    """Return a function as it would be registered for an activity with this body."""
    request, *_ = get_type_hints(step).values()
    return lambda payload: activities.perform(name, payload, request, step)


def _registered(blueprint: df.Blueprint) -> dict[str, Function]:
    functions = [builder._function for builder in blueprint._function_builders]
    return {str(each.get_function_name()): each.get_user_function() for each in functions}
