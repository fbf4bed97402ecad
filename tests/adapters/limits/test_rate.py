"""Permits: the contract of a process's own and of those in a table; and the limiter over them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import docflow
from docflow.adapters.azure.storage import table_service
from docflow.adapters.limits.ocr import LimitedOcr
from docflow.adapters.limits.rate import (
    ALONE_SECONDS,
    LONGEST_WAIT_SECONDS,
    LocalPermits,
    Permits,
    SharedRateLimiter,
    TablePermits,
)
from docflow.errors import ErrorCode, TransientError
from docflow.models.pages import PageText
from docflow.settings import Settings
from testkit.fakes import CountingLimiter, ScriptedOcr, failing

NOW = 1_800_000_000.0
FOR_EVER = NOW * 2


@pytest.fixture(params=["local", pytest.param("azurite", marks=pytest.mark.emulator)])
def permits(request: pytest.FixtureRequest, unused_name: str) -> Iterator[Permits]:
    if request.param == "local":
        yield LocalPermits()
    else:
        with table_service(request.getfixturevalue("storage")) as service:
            yield TablePermits(service, unused_name, "ocr")


def reserve(
    permits: Permits, count: int = 1, *, now: float = NOW, until: float = FOR_EVER
) -> float:
    start = permits.reserve(count, now=now, interval=0.25, until=until)
    assert start is not None
    return start - NOW


# permits


def test_permits_follow_each_other_at_the_interval(permits: Permits) -> None:
    assert [reserve(permits, count) for count in (1, 3, 1)] == [0, 0.25, 1]


def test_time_in_which_nobody_asked_is_not_saved_up(permits: Permits) -> None:
    reserve(permits, 2)

    assert reserve(permits, now=NOW + 60) == 60
    assert reserve(permits, now=NOW + 60) == 60.25


def test_a_permit_too_far_away_is_not_taken(permits: Permits) -> None:
    reserve(permits, 8)

    assert permits.reserve(1, now=NOW, interval=0.25, until=NOW + 1.9) is None
    assert reserve(permits, until=NOW + 2) == 2


def test_nobody_gets_the_permit_of_another(permits: Permits) -> None:
    with ThreadPoolExecutor(8) as pool:
        starts = list(pool.map(lambda _: reserve(permits, 2), range(24)))

    assert sorted(starts) == [0.5 * n for n in range(24)]


# the limiter


class Time:
    """Time that passes only where somebody waits for it."""

    def __init__(self) -> None:
        self.moment = NOW
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.moment += seconds


class CountedPermits(LocalPermits):
    """Counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.reservations: list[int] = []

    def reserve(self, count: int, *, now: float, interval: float, until: float) -> float | None:
        self.reservations.append(count)
        return super().reserve(count, now=now, interval=interval, until=until)


def limiter(permits: Permits, per_second: float, time: Time) -> SharedRateLimiter:
    return SharedRateLimiter(permits, per_second, now=time.now, sleep=time.sleep)


def passes(limiter: SharedRateLimiter, time: Time, count: int) -> list[float]:
    moments = []
    for _ in range(count):
        limiter.wait_for_permit()
        moments.append(round(time.moment - NOW, 6))
    return moments


def test_callers_pass_at_the_rate() -> None:
    time = Time()

    assert passes(limiter(LocalPermits(), 4, time), time, 5) == [0, 0.25, 0.5, 0.75, 1]


def test_most_permits_cost_no_call() -> None:
    time, permits = Time(), CountedPermits()

    passes(limiter(permits, 15, time), time, 30)

    assert permits.reservations == [3] * 10


def test_permits_that_nobody_took_do_not_add_up_to_a_burst() -> None:
    time, permits = Time(), CountedPermits()
    slow = limiter(permits, 15, time)
    passes(slow, time, 1)
    time.sleep(60)

    moments = passes(slow, time, 2)

    assert permits.reservations == [3, 3]
    assert moments == [60, pytest.approx(60 + 1 / 15)]


def test_processes_share_the_rate() -> None:
    time, permits = Time(), LocalPermits()
    one, other = limiter(permits, 4, time), limiter(permits, 4, time)

    moments = [passes(each, time, 1)[0] for each in (one, other, one, other)]

    assert moments == [0, 0.25, 0.5, 0.75]


def test_a_line_that_is_too_long_is_not_waited_in() -> None:
    time, permits = Time(), LocalPermits()
    permits.reserve(241, now=NOW, interval=0.25, until=FOR_EVER)

    with pytest.raises(TransientError) as caught:
        limiter(permits, 4, time).wait_for_permit()

    assert caught.value.code == "OCR_RATE_LIMITED"
    assert caught.value.retry_after_seconds == LONGEST_WAIT_SECONDS
    assert time.moment == NOW


AWAY = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")


def test_a_process_that_cannot_ask_keeps_the_rate_by_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    time, permits = Time(), CountedPermits()
    alone = limiter(failing(permits, "reserve", AWAY), 4, time)

    assert passes(alone, time, 3) == [0, 0.25, 0.5]

    assert permits.reservations == []
    assert "rate_not_shared" in caplog.text
    time.sleep(ALONE_SECONDS)
    passes(alone, time, 1)
    assert permits.reservations == [1]


def test_a_page_waits_for_its_turn_and_a_check_does_not() -> None:
    waits, engine = CountingLimiter(), ScriptedOcr()
    ocr = LimitedOcr(engine, waits, at_once=1)

    ocr.check()
    assert waits.permits == 0

    assert ocr.read_page(b"page", number=3).number == 3
    assert (waits.permits, engine.calls) == (1, [3])


def test_a_page_that_gets_no_turn_is_not_sent() -> None:
    limited = TransientError(ErrorCode.OCR_RATE_LIMITED, "later")
    engine = ScriptedOcr()

    with pytest.raises(TransientError):
        LimitedOcr(
            engine, failing(CountingLimiter(), "wait_for_permit", limited), at_once=1
        ).read_page(b"page", number=1)

    assert engine.calls == []


class CrowdedOcr(ScriptedOcr):
    """Takes a moment for each page and notes how many it has at once."""

    def __init__(self) -> None:
        super().__init__()
        self._counting = threading.Lock()
        self._now = 0
        self.most = 0
        self.full = threading.Barrier(3)

    def read_page(self, content: bytes, *, number: int, again: bool = False) -> PageText:
        with self._counting:
            self._now += 1
            self.most = max(self.most, self._now)
        # Nobody goes on before three are here: fewer at once would break the barrier.
        self.full.wait(timeout=10)
        page = super().read_page(content, number=number, again=again)
        with self._counting:
            self._now -= 1
        return page


def test_only_so_many_pages_are_sent_at_once() -> None:
    engine = CrowdedOcr()
    ocr = LimitedOcr(engine, None, at_once=3)

    with ThreadPoolExecutor(9) as pool:
        pages = list(pool.map(lambda number: ocr.read_page(b"page", number=number), range(1, 10)))

    assert sorted(page.number for page in pages) == list(range(1, 10))
    assert engine.most == 3


def test_a_page_that_fails_leaves_its_place_to_others() -> None:
    failure = TransientError(ErrorCode.OCR_UNAVAILABLE, "away")
    ocr = LimitedOcr(failing(ScriptedOcr(), "read_page", failure, failure), None, at_once=1)

    for _ in range(2):
        with pytest.raises(TransientError):
            ocr.read_page(b"page", number=1)
    assert ocr.read_page(b"page", number=1).number == 1


PER_SECOND, EACH, PROCESSES = 40, 40, 2
PASS = f"""
import json, os, sys, time
from concurrent.futures import ThreadPoolExecutor
from docflow.adapters.limits.rate import SharedRateLimiter, TablePermits
from docflow.adapters.azure.storage import table_service
from docflow.settings import Settings
permits = TablePermits(table_service(Settings.load()), sys.argv[1], "ocr")
limiter = SharedRateLimiter(permits, {PER_SECOND})
def passed(_):
    limiter.wait_for_permit()
    return time.time()
limiter.wait_for_permit()
print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(8) as pool:
    print(json.dumps(list(pool.map(passed, range({EACH})))))
"""


@pytest.mark.emulator
def test_two_processes_together_keep_the_rate(storage: Settings, unused_name: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PASS, unused_name],
            cwd=Path(docflow.__file__).parents[1],
            env={"DOCUMENTS_STORAGE": storage.documents_storage or ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    assert [p.stdout.readline() for p in processes if p.stdout] == ["ready\n"] * PROCESSES
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    moments = sorted(m for p in processes for m in json.loads(p.communicate(timeout=60)[0]))

    assert [process.returncode for process in processes] == [0] * PROCESSES
    assert len(moments) == EACH * PROCESSES
    took = moments[-1] - moments[0]
    # The last second's worth of permits may have been taken before the first process began.
    assert took >= (len(moments) - PER_SECOND * 0.5) / PER_SECOND
    assert took <= 2 * len(moments) / PER_SECOND
    busiest = max(sum(1 for m in moments if start <= m < start + 1) for start in moments)
    assert busiest <= PER_SECOND * 1.3
