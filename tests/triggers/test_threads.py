from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextvars import ContextVar
from pathlib import Path

import pytest

from testkit.app import InMemoryApp, request
from triggers.documents import list_documents
from triggers.reviews import list_reviews
from triggers.stats import get_stats
from triggers.threads import TURN_SECONDS, read_in_thread

ROOT = Path(__file__).parents[2]

NAME: ContextVar[str] = ContextVar("NAME")


@pytest.mark.parametrize("read", [list_documents, list_reviews, get_stats])
def test_a_list_does_not_wait_for_uploads_that_are_taken_on(app: InMemoryApp, read: object) -> None:
    release = threading.Event()

    async def ask() -> int:
        uploads = [asyncio.create_task(asyncio.to_thread(release.wait, 30)) for _ in range(64)]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(10):
                answer = await read(request("GET", "x"), clients=app.clients)  # type: ignore[operator]
                return int(answer.status_code)
        finally:
            release.set()
            await asyncio.gather(*uploads)

    assert asyncio.run(ask()) == 200


def test_a_read_sees_the_context_and_its_errors_come_back() -> None:
    async def ask() -> str:
        NAME.set("trace")
        with pytest.raises(ZeroDivisionError):
            await read_in_thread(lambda: 1 // 0)
        return await read_in_thread(NAME.get)

    assert asyncio.run(ask()) == "trace"


def test_threads_of_the_app_take_turns_within_a_millisecond() -> None:
    program = "import sys, function_app; print(sys.getswitchinterval())"

    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert float(told.stdout.split()[-1]) == pytest.approx(TURN_SECONDS)
