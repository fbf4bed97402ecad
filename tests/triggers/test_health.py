from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

from docflow.clients import Clients
from docflow.errors import ErrorCode, TransientError
from testkit.fakes import failing, fake_clients
from triggers.health import checks_of, report


def answer(clients: Clients, seconds: float = 5) -> tuple[int, dict[str, Any]]:
    response = asyncio.run(report(checks_of(clients), seconds=seconds))
    return response.status_code, json.loads(response.get_body())


def test_all_is_well(clients: Clients) -> None:
    status, body = answer(clients)
    assert (status, body["status"]) == (200, "ok")
    assert set(body["dependencies"]) == {"storage", "index", "queue", "ocr", "model", "tickets"}
    assert all(state["ok"] for state in body["dependencies"].values())
    assert all(state["milliseconds"] >= 0 for state in body["dependencies"].values())


def test_a_dependency_that_is_down_is_named_without_its_secrets(clients: Clients) -> None:
    down = failing(clients.ocr, "check", TransientError(ErrorCode.OCR_UNAVAILABLE, "key=abc"))
    odd = failing(clients.tickets, "check", OSError("AccountKey=abc"))
    status, body = answer(fake_clients(ocr=down, tickets=odd))
    assert (status, body["status"]) == (503, "degraded")
    assert body["dependencies"]["ocr"]["error"] == "OCR_UNAVAILABLE"
    assert body["dependencies"]["tickets"]["error"] == "OSError"
    assert body["dependencies"]["storage"]["ok"] is True
    assert "abc" not in json.dumps(body)


def test_a_dependency_that_hangs_does_not_hang_the_answer(clients: Clients) -> None:
    release = threading.Event()

    def hang() -> None:
        release.wait(10)

    async def check() -> tuple[int, dict[str, Any]]:
        checks = {"slow": hang, "quick": lambda: None}
        try:
            response = await report(checks, seconds=0.05)
        finally:
            release.set()
        return response.status_code, json.loads(response.get_body())

    status, body = asyncio.run(check())
    assert status == 503
    assert body["dependencies"]["slow"]["error"] == "TIMEOUT"
    assert body["dependencies"]["quick"]["ok"] is True
