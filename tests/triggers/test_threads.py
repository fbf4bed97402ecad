from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest

from testkit.app import InMemoryApp, request
from triggers.documents import list_documents
from triggers.reviews import list_reviews
from triggers.stats import get_stats
from triggers.threads import read_in_thread

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
