from __future__ import annotations

import pytest

from activities import blueprints
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.durable.steps import Reply
from docflow.models.payloads import Payload
from testkit.examples import RunRegistered


@pytest.fixture
def run_registered(monkeypatch: pytest.MonkeyPatch) -> RunRegistered:
    """Run activities through the functions that the worker knows, with clients of the test."""

    def run(activity: Activity, payload: Payload, clients: Clients) -> Reply:
        monkeypatch.setattr("activities.registration.current_clients", lambda: clients)
        functions = {
            builder._function.get_function_name(): builder._function.get_user_function()
            for blueprint in blueprints
            for builder in blueprint._function_builders
        }
        return Reply.load(functions[activity.value](payload.dump()))

    return run
