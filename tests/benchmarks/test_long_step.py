"""The app with a long step notes its runs, and renewals are found in the log of the emulator."""

from __future__ import annotations

import pytest

from benchmarks import long_step
from benchmarks.measuring import Extent

TIME = "127.0.0.1 - - [28/Nov/2026:00:13:42 +0000]"
WORK_ITEM = "/devstoreaccount1/longstep-workitems/messages"


def test_renewals_are_those_of_messages_of_steps() -> None:
    lines = [
        f'{TIME} "PUT {WORK_ITEM}/a?popreceipt=x&visibilitytimeout=60 HTTP/1.1" 204 -',
        f'{TIME} "GET {WORK_ITEM}?numofmessages=1&visibilitytimeout=60 HTTP/1.1" 200 500',
        f'{TIME} "POST {WORK_ITEM} HTTP/1.1" 201 400',
        f'{TIME} "DELETE {WORK_ITEM}/a?popreceipt=x HTTP/1.1" 204 -',
        f'{TIME} "PUT /devstoreaccount1/longstep-control-00/messages/a?visibilitytimeout=60 H" 204',
    ]

    assert long_step.renewals(lines) == 1


@pytest.mark.host
@pytest.mark.emulator
def test_the_step_is_run_and_its_runs_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_step, "HIDDEN_SECONDS", 1.0)
    monkeypatch.setattr(long_step, "AFTERWARDS_SECONDS", 0.0)

    (row,) = long_step.measure(Extent(small=True)).rows

    assert row.figures["runs"] == 1
    assert row.figures["took s"] >= row.figures["step s"] == 1.2
