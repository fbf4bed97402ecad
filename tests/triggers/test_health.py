from __future__ import annotations

import asyncio
import threading

from docflow.errors import ErrorCode, TransientError
from testkit.app import Answer, InMemoryApp
from testkit.fakes import failing
from triggers.health import report


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

    async def check() -> Answer:
        checks = {"slow": hang, "quick": lambda: None}
        try:
            return Answer(await report(checks, seconds=0.05))
        finally:
            release.set()

    answer = asyncio.run(check())
    assert answer.status == 503
    assert answer.json["dependencies"]["slow"]["error"] == "TIMEOUT"
    assert answer.json["dependencies"]["quick"]["ok"] is True
