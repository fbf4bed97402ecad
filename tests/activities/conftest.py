from __future__ import annotations

import pytest

from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.durable.steps import Reply
from docflow.models.payloads import Payload
from testkit.examples import RunRegistered
from testkit.functions import registered_activities


@pytest.fixture
def run_registered(monkeypatch: pytest.MonkeyPatch) -> RunRegistered:
    """Run activities through the functions that the worker knows, with clients of the test."""

    def run(activity: Activity, payload: Payload, clients: Clients) -> Reply:
        monkeypatch.setattr("activities.current_clients", lambda: clients)
        return Reply.load(registered_activities()[activity.value](payload.dump()))

    return run
