from __future__ import annotations

import pytest

from testkit.app import InMemoryApp


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> InMemoryApp:
    """The app on fakes."""
    app = InMemoryApp()
    monkeypatch.setattr("triggers.registry.current_clients", lambda: app.clients)
    return app
