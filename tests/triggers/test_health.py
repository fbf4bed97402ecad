from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import azure.functions as func
from azure.functions.decorators.http import HttpTrigger

import triggers
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.platform import Platform
from testkit.app import InMemoryApp
from testkit.fakes import failing
from triggers.health import check_all

IN_AZURE = Platform(host_name="docflow.azurewebsites.net")


def test_all_is_well(app: InMemoryApp) -> None:
    answer = app.get("health")

    assert (answer.status, answer.json["status"]) == (200, "ok")
    states = answer.json["dependencies"].values()
    assert all(state["ok"] and state["milliseconds"] >= 0 for state in states)


def test_dependencies_that_are_down_are_named_without_their_secrets(app: InMemoryApp) -> None:
    odd = OSError("AccountKey=abc")
    known = TransientError(ErrorCode.OCR_UNAVAILABLE, "key=abc")
    errors = {"index": odd, "queue": odd, "ocr": known, "model": odd, "tickets": odd}
    for port, error in errors.items():
        app.use(**{port: failing(getattr(app.clients, port), "check", error)})

    answer = app.get("health")

    assert (answer.status, answer.json["status"]) == (503, "degraded")
    states = answer.json["dependencies"]
    assert {name: state["error"] for name, state in states.items() if not state["ok"]} == {
        **dict.fromkeys(errors, "OSError"),
        "ocr": "OCR_UNAVAILABLE",
    }
    assert states["storage"]["ok"] is True
    assert b"abc" not in answer.content


def test_a_dependency_that_hangs_does_not_hang_the_answer() -> None:
    release = threading.Event()

    def hang() -> None:
        release.wait(10)

    async def check() -> Any:
        checks = {"slow": hang, "quick": lambda: None}
        try:
            return await check_all(checks, seconds=0.05)
        finally:
            release.set()

    states = asyncio.run(check())
    assert (states["slow"]["ok"], states["slow"]["error"]) == (False, "TIMEOUT")
    assert states["quick"]["ok"] is True


# Who asks, and how often.


def counting(app: InMemoryApp) -> list[str]:
    """Return the names of the stores that were checked, in the order of the checks."""
    checked: list[str] = []
    app.store.check = lambda: checked.append("store")  # type: ignore[method-assign]
    return checked


def test_in_azure_anyone_may_ask_and_nothing_is_touched(app: InMemoryApp) -> None:
    app.use(platform=IN_AZURE)
    checked = counting(app)

    answer = app.get("health")

    assert (answer.status, answer.json["status"], checked) == (200, "ok", [])


def test_in_azure_anyone_hears_what_was_found_within_half_a_minute(app: InMemoryApp) -> None:
    away = TransientError(ErrorCode.OCR_UNAVAILABLE, "Endpoint https://internal.example")
    app.use(platform=IN_AZURE, ocr=failing(app.clients.ocr, "check", away, forever=True))

    detailed = app.get("health/details")
    answer = app.get("health")
    app.clock.advance(seconds=31)
    later = app.get("health")

    assert detailed.status == answer.status == 503
    assert detailed.json["dependencies"]["ocr"]["error"] == "OCR_UNAVAILABLE"
    assert answer.json["dependencies"]["ocr"] == {"ok": False}
    assert (later.status, later.json["dependencies"]) == (200, {})


def test_a_check_is_kept_for_half_a_minute_in_azure(app: InMemoryApp) -> None:
    app.use(platform=IN_AZURE)
    checked = counting(app)

    for seconds in (0, 29, 2):
        app.clock.advance(seconds=seconds)
        assert app.get("health/details").status == 200

    assert len(checked) == 2


def test_locally_a_service_that_stops_is_soon_seen(app: InMemoryApp) -> None:
    assert app.get("health").status == 200
    gone = PermanentError(ErrorCode.CONTAINER_MISSING, "These containers are missing: work.")
    app.store.check = raising(gone)  # type: ignore[method-assign]

    app.clock.advance(seconds=3)
    answer = app.get("health")

    assert answer.status == 503
    state = answer.json["dependencies"]["storage"]
    assert (state["error"], state["detail"]) == ("CONTAINER_MISSING", gone.message)
    assert "azd provision" in state["remedy"]


def raising(error: Exception) -> Callable[[], None]:
    def check() -> None:
        raise error

    return check


def test_only_the_answer_for_anyone_asks_for_no_key() -> None:
    functions = [builder._function for builder in triggers.registry.blueprint._function_builders]
    levels = {
        function.get_function_name(): trigger.auth_level
        for function in functions
        if isinstance(trigger := function.get_trigger(), HttpTrigger)
    }
    anonymous = {name for name, level in levels.items() if level is func.AuthLevel.ANONYMOUS}

    assert anonymous == {"get_health"}
    assert "get_health_details" in levels
