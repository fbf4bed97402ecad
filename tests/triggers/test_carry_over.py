from __future__ import annotations

import pytest

from testkit.app import InMemoryApp
from triggers.carry_over import MOST_CARRIED_OVER, carry_over_index


def test_one_run_takes_over_a_bounded_number_of_entries(
    app: InMemoryApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def carry_over(most: int) -> int:
        asked.append(most)
        return 3

    monkeypatch.setattr(app.index, "carry_over", carry_over)

    assert carry_over_index(clients=app.clients) == 3
    assert asked == [MOST_CARRIED_OVER]
