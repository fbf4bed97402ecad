"""Draws the rooms of the app and their imports, and the ways of a document through them, as SVG.

`python -m devstack.checks.structure_picture` draws both into docs/images; with `--app DIR` it draws
the rooms of another checkout. Nothing of the app is run: rooms and arrows are read off its imports.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp

from devstack.environment.root import ROOT

IMAGES = ROOT / "docs" / "images"
PACKAGES = ("docflow", "activities", "orchestrators", "triggers")
OPENED = ("docflow",)
"""Packages whose modules are rooms of their own; the others are one room each, on the top floor."""

WIDTH = 1_100
ROOM_HEIGHT, FLOOR_HEIGHT, GAP = 46, 112, 22
WIDEST_ROOM, NARROWEST_ROOM = 230, 92

STYLE = """
  .page { fill: #ffffff } .room { fill: #eef3f8; stroke: #4b6584 }
  .name { font: 600 13px sans-serif; fill: #1e2d3d; text-anchor: middle }
  .size { font: 11px sans-serif; fill: #55677a; text-anchor: middle }
  .down { fill: none; stroke: #8395a7; stroke-width: 1.2; marker-end: url(#tip) }
  .up { fill: none; stroke: #c0392b; stroke-width: 2; marker-end: url(#tip-up) }
  .lane { font: 600 14px sans-serif; fill: #1e2d3d }
"""
MARKERS = (
    '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
    '<path d="M0 0 L8 4 L0 8 z" fill="#8395a7"/></marker>'
    '<marker id="tip-up" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
    '<path d="M0 0 L8 4 L0 8 z" fill="#c0392b"/></marker></defs>'
)

Arrows = Mapping[str, set[str]]
"""For each room, the rooms that it imports."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the way of something: a function of a module, and what it does there."""

    place: str
    does: str


WAYS: Mapping[str, Sequence[Stop]] = {
    "One upload": (
        Stop("triggers.uploads:take_upload", "reads what was dropped"),
        Stop("triggers.intake:start_document", "claims it, starts it once"),
        Stop("orchestrators.process_document:process_document", "runs the steps in order"),
        Stop("activities.inspect_document:inspect_document", "keeps a copy, checks it"),
        Stop("docflow.adapters.parser.sandbox:SandboxedFileParser", "guards the parser"),
        Stop("docflow.parser.__main__:main", "reads the file"),
    ),
    "One page": (
        Stop("orchestrators.read_pages:read_pages", "takes a range of pages"),
        Stop("docflow.durable.steps:run_all", "starts, retries, waits"),
        Stop("activities.ocr_page:ocr_page", "reads one page once"),
        Stop("docflow.adapters.cache.ocr:CachedOcr", "answers what was paid for"),
        Stop("docflow.adapters.limits.ocr:LimitedOcr", "waits for a permit"),
        Stop("docflow.adapters.azure.ocr:DocumentIntelligenceOcr", "asks the service"),
    ),
    "One decision": (
        Stop("triggers.reviews:decide_review", "checks who may decide"),
        Stop("docflow.work.folder:WorkFolder", "stores the first one"),
        Stop("orchestrators.await_approval:await_approval", "wakes by the event"),
        Stop("activities.settle_decision:settle_decision", "says what stands"),
        Stop("docflow.policy.routes:status_after", "decides the end"),
        Stop("orchestrators.deliver:deliver", "delivers, or undoes"),
    ),
}


def room_of(module: str) -> str:
    """Return the room that a module belongs to."""
    parts = module.split(".")
    return ".".join(parts[: 2 if parts[0] in OPENED else 1])


def read_rooms(app: Path) -> tuple[dict[str, int], dict[str, set[str]]]:
    """Return the rooms of a checkout with their lines of code, and the arrows between them."""
    sys.path.insert(0, str(app))
    packages = [name for name in PACKAGES if (app / name).is_dir()]
    graph = grimp.build_graph(*packages, cache_dir=None)
    lines: dict[str, int] = {}
    arrows: dict[str, set[str]] = {}
    for module in sorted(graph.modules):
        room = room_of(module)
        if room in OPENED:
            continue
        lines[room] = lines.get(room, 0) + _lines_of(app, module)
        targets = {room_of(each) for each in graph.find_modules_directly_imported_by(module)}
        arrows.setdefault(room, set()).update(targets - {room, *OPENED})
    return lines, arrows


def _lines_of(app: Path, module: str) -> int:
    path = app.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return len(file.read_text("utf-8").splitlines())


def floors_of(arrows: Arrows) -> dict[str, int]:
    """Return the floor of each room: one above the highest that it imports, the ground is 0.

    The packages through which work comes in stand on the top floor together. Rooms that import each
    other in a circle are drawn with an arrow that runs back up.
    """
    floors: dict[str, int] = {}

    def floor(room: str, above: tuple[str, ...]) -> int:
        if room not in floors:
            below = [floor(t, (*above, room)) for t in arrows.get(room, ()) if t not in above]
            floors[room] = 1 + max(below, default=-1)
        return floors[room]

    for room in sorted(arrows):
        floor(room, (room,))
    highest = max(floors.values())
    return {room: highest if room in PACKAGES else each for room, each in floors.items()}


def needed_arrows(arrows: Arrows) -> list[tuple[str, str]]:
    """Return the arrows that say something new: not those that a longer way says already."""

    def reached(room: str, seen: set[str]) -> set[str]:
        for target in arrows.get(room, ()):
            if target not in seen:
                seen.add(target)
                reached(target, seen)
        return seen

    return [
        (room, target)
        for room, targets in sorted(arrows.items())
        for target in sorted(targets)
        if not any(target in reached(other, set()) for other in targets - {target})
    ]


def draw_rooms(lines: Mapping[str, int], arrows: Arrows) -> str:
    """Return the picture of rooms on their floors, the app's entrances above."""
    floors = floors_of(arrows)
    shown = needed_arrows(arrows)
    places = _places(lines, floors, shown)
    height = (max(floors.values()) + 1) * FLOOR_HEIGHT + GAP
    drawn = [_arrow(places[a], places[b], up=floors[a] <= floors[b]) for a, b in shown]
    drawn += [_room(*places[room], room, f"{lines[room]:,} lines") for room in places]
    return _svg(WIDTH, height, drawn)


def _places(
    lines: Mapping[str, int], floors: Mapping[str, int], shown: Iterable[tuple[str, str]]
) -> dict[str, tuple[float, float, float]]:
    """Return middle, top and width of each room; rooms stand below those that import them."""
    importers: dict[str, list[str]] = {}
    for room, target in shown:
        importers.setdefault(target, []).append(room)
    places: dict[str, tuple[float, float, float]] = {}
    highest = max(floors.values())
    for floor in range(highest, -1, -1):
        rooms = [room for room in sorted(lines) if floors[room] == floor]

        def wish(room: str) -> float:
            above = [places[each][0] for each in importers.get(room, ()) if each in places]
            return sum(above) / len(above) if above else WIDTH / 2

        rooms.sort(key=wish)
        widths = [_width(room, lines[room]) for room in rooms]
        gap = max(8.0, (WIDTH - sum(widths)) / (len(rooms) + 1))
        left = gap
        for room, width in zip(rooms, widths, strict=True):
            places[room] = (left + width / 2, GAP + (highest - floor) * FLOOR_HEIGHT, width)
            left += width + gap
    return places


def _width(room: str, lines: int) -> float:
    """Return the width of a room: its name fits, and more code makes it wider."""
    by_size = NARROWEST_ROOM + lines / 25
    return min(WIDEST_ROOM, max(by_size, 16 + 7.6 * len(_short(room))))


def _short(room: str) -> str:
    return room.removeprefix("docflow.")


def _arrow(start: tuple[float, float, float], end: tuple[float, float, float], *, up: bool) -> str:
    x1, y1, x2, y2 = start[0], start[1] + ROOM_HEIGHT, end[0], end[1]
    bend = max(24.0, abs(y2 - y1) / 2)
    curve = (
        f"M{x1:.0f} {y1:.0f} C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}"
    )
    return f'<path class="{"up" if up else "down"}" d="{curve}"/>'


def _room(middle: float, top: float, width: float, name: str, below: str) -> str:
    return (
        f'<rect class="room" x="{middle - width / 2:.0f}" y="{top:.0f}" width="{width:.0f}" '
        f'height="{ROOM_HEIGHT}" rx="5"/>'
        f'<text class="name" x="{middle:.0f}" y="{top + 20:.0f}">{escape(_short(name))}</text>'
        f'<text class="size" x="{middle:.0f}" y="{top + 36:.0f}">{escape(below)}</text>'
    )


def draw_ways(ways: Mapping[str, Sequence[Stop]]) -> str:
    """Return the picture of the ways: a lane each, a room for each stop, from left to right."""
    drawn = []
    most = max(map(len, ways.values()))
    step = WIDTH / most
    for lane, (title, stops) in enumerate(ways.items()):
        top = 40 + lane * (FLOOR_HEIGHT + 8)
        drawn.append(f'<text class="lane" x="14" y="{top - 12}">{escape(title)}</text>')
        for number, stop in enumerate(stops):
            middle, width = (number + 0.5) * step, step - 26
            module, _, function = stop.place.partition(":")
            drawn.append(_room(middle, top, width, room_of(module), function))
            drawn.append(
                f'<text class="size" x="{middle:.0f}" y="{top + 64}">{escape(stop.does)}</text>'
            )
            if number:
                y = top + ROOM_HEIGHT / 2
                begin, end = middle - step + width / 2, middle - width / 2
                drawn.append(f'<path class="down" d="M{begin:.0f} {y} L{end:.0f} {y}"/>')
    return _svg(WIDTH, len(ways) * (FLOOR_HEIGHT + 8) + 10, drawn)


def _svg(width: int, height: int, drawn: Iterable[str]) -> str:
    body = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">\n'
        f'<style>{STYLE}</style>\n{MARKERS}\n<rect class="page" width="100%" height="100%"/>\n'
        f"{body}\n</svg>\n"
    )


def main() -> int:
    """Draw the pictures; say where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--app", type=Path, default=ROOT, help="the checkout whose rooms are drawn")
    parser.add_argument("--rooms", type=Path, default=IMAGES / "rooms.svg")
    parser.add_argument("--ways", type=Path, default=IMAGES / "ways.svg")
    asked = parser.parse_args()
    asked.rooms.parent.mkdir(parents=True, exist_ok=True)
    asked.rooms.write_text(draw_rooms(*read_rooms(asked.app.resolve())), "utf-8")
    asked.ways.write_text(draw_ways(WAYS), "utf-8")
    print(f"{asked.rooms}\n{asked.ways}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
