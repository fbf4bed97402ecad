"""Tables of words are loaded once, also where many threads ask at the same moment."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from docflow.policy.tables import once, read_table


def test_a_table_is_loaded_once_by_many_threads() -> None:
    loads = []

    @once
    def table() -> int:
        loads.append(1)
        time.sleep(0.05)
        return len(loads)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: table(), range(8)))

    assert found == [1] * 8
    assert loads == [1]


def test_a_table_that_could_not_be_loaded_is_tried_again() -> None:
    tries: list[int] = []

    @once
    def table() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise OSError
        return "loaded"

    with pytest.raises(OSError):  # noqa: PT011 - any will do
        table()

    assert table() == "loaded"


def test_a_file_beside_the_code_is_read() -> None:
    assert {"en", "de"} <= read_table("docflow.policy.zones", "words.yaml").keys()
