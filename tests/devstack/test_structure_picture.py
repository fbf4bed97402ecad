from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from devstack.checks.structure_picture import (
    IMAGES,
    WAYS,
    Stop,
    draw_rooms,
    floors_of,
    needed_arrows,
    read_rooms,
)
from devstack.environment.root import ROOT

STOPS = [stop for stops in WAYS.values() for stop in stops]


def names_in(picture: str) -> list[str]:
    return sorted(re.findall(r'class="name"[^>]*>([^<]+)<', picture))


def test_the_picture_in_the_docs_shows_the_rooms_of_today() -> None:
    drawn = draw_rooms(*read_rooms(ROOT))

    shown = (IMAGES / "rooms.svg").read_text("utf-8")
    again = "run python -m devstack.checks.structure_picture"
    assert names_in(shown) == names_in(drawn), again
    assert shown.count("<path") == drawn.count("<path"), again


def test_no_arrow_runs_back_up() -> None:
    lines, arrows = read_rooms(ROOT)

    assert set(lines) > {"activities", "orchestrators", "triggers"}
    assert 'class="up"' not in draw_rooms(lines, arrows)


def test_an_arrow_that_runs_back_up_is_drawn() -> None:
    assert 'class="up"' in draw_rooms({"a": 1, "b": 1}, {"a": {"b"}, "b": {"a"}})


def test_a_room_stands_above_all_that_it_imports() -> None:
    arrows = {"a": {"b", "c"}, "b": {"c"}, "c": set[str]()}

    assert floors_of(arrows) == {"a": 2, "b": 1, "c": 0}
    assert needed_arrows(arrows) == [("a", "b"), ("b", "c")]


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.place)
def test_every_stop_of_a_way_is_there(stop: Stop) -> None:
    module, _, name = stop.place.partition(":")

    assert hasattr(importlib.import_module(module), name)


def test_lines_are_those_of_the_files(tmp_path: Path) -> None:
    lines, _ = read_rooms(ROOT)

    contracts = (ROOT / "docflow" / "contracts.py").read_text("utf-8")
    assert lines["docflow.contracts"] == len(contracts.splitlines())
