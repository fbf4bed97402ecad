"""Compares what a host showed with what was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.functions_host.conformance.scenarios import SCENARIOS, play

RECORDED = Path(__file__).with_name("recorded.json")

#: Scenarios that play at the same time.
AT_ONCE = 16

Seen = list[dict[str, Any]]

_MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in what was seen where a host shows something else than was recorded."""

    scenario: str
    place: str
    recorded: Any
    shown: Any

    def __str__(self) -> str:
        """Return the two values below the place."""
        recorded, shown = (_short(value) for value in (self.recorded, self.shown))
        return f"{self.scenario} {self.place}\n  recorded: {recorded}\n  shown:    {shown}"


def play_all(url: str, names: list[str], at_once: int = AT_ONCE) -> dict[str, Seen]:
    """Play scenarios against the host at an address and return what was seen, by their names."""
    with ThreadPoolExecutor(at_once) as pool:
        return dict(
            zip(names, pool.map(lambda name: play(SCENARIOS[name], url), names), strict=True)
        )


def recorded(path: Path = RECORDED) -> dict[str, Seen]:
    """Return what was recorded, by the names of the scenarios."""
    content: dict[str, Seen] = json.loads(path.read_text(encoding="utf-8"))
    return content


def record(seen: dict[str, Seen], path: Path = RECORDED) -> None:
    """Keep what was seen as what other hosts have to show; other scenarios stay."""
    kept = recorded(path) if path.exists() else {}
    text = json.dumps({**kept, **seen}, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def differences(name: str, expected: Seen, shown: Seen) -> list[Difference]:
    """Return where what was seen of a scenario differs from what was recorded."""
    if SCENARIOS[name].any_order:
        expected, shown = _ordered(expected), _ordered(shown)
    return list(_differences(name, "", expected, shown))


def _ordered(seen: Seen) -> Seen:
    """Sort the histories, so that only what happened counts and not when."""
    ordered = []
    for step in seen:
        body = step.get("body")
        if isinstance(body, dict) and "historyEvents" in body:
            history = sorted(
                body["historyEvents"], key=lambda item: json.dumps(item, sort_keys=True)
            )
            step = {**step, "body": {**body, "historyEvents": history}}
        ordered.append(step)
    return ordered


def _differences(name: str, place: str, expected: Any, shown: Any) -> Iterator[Difference]:  # noqa: ANN401
    if isinstance(expected, dict) and isinstance(shown, dict):
        for key in sorted({*expected, *shown}):
            inner = f"{place}.{key}" if place else key
            yield from _differences(
                name, inner, expected.get(key, _MISSING), shown.get(key, _MISSING)
            )
    elif isinstance(expected, list) and isinstance(shown, list):
        for number in range(max(len(expected), len(shown))):
            pair = (part[number] if number < len(part) else _MISSING for part in (expected, shown))
            yield from _differences(name, f"{place}[{number}]", *pair)
    elif expected != shown or type(expected) is not type(shown):
        yield Difference(name, place, expected, shown)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 600 else f"{text[:600]} …"
