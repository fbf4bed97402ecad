"""The program behind `dev.py bench`, on scenarios that take no time; the names of the real ones."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.__main__ import main
from benchmarks.catalogue import SCENARIOS
from benchmarks.measuring import Extent, Goal, Measured, Row, Scenario, spread
from benchmarks.report import as_text
from devstack.cli import bench
from devstack.cli.arguments import parser
from devstack.environment.root import ROOT

COLUMNS = {"pages": ",", "ratio": ".2f", "history bytes a page": ",.0f"}
MEASURED = Measured(
    [
        Row("short", {"pages": 10, "ratio": 1.25, "history bytes a page": 1_059.6}),
        Row("long", {"pages": 2_000, "ratio": 1.0625}),
    ],
    [Goal("ratio", 1.25, 1.1), Goal("pages sent", 10, 10, exactly=True)],
)


def scenario(measured: Measured = MEASURED) -> Scenario:
    return Scenario(
        "Something that takes no time", what="document", columns=COLUMNS, measure=lambda: measured
    )


def broken() -> Measured:
    raise OSError("no such service")


@pytest.fixture
def scenarios(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Scenario]:
    """Two scenarios in place of the real ones; the second cannot run."""
    found = {
        "cheap": scenario(),
        "broken": Scenario("Something that is out of order", "x", {}, broken),
    }
    monkeypatch.setattr(command, "SCENARIOS", found)
    return found


@pytest.mark.usefixtures("scenarios")
def test_figures_are_printed_and_a_missed_goal_is_no_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["cheap"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "cheap: Something that takes no time",
        "",
        "                        history",
        "                        bytes a",
        "document  pages  ratio     page",
        "short        10   1.25    1,060",
        "long      2,000   1.06",
        "goal missed: ratio: 1.25, at most 1.1",
        "goal met: pages sent: 10, exactly 10",
        "",
    ]


@pytest.mark.usefixtures("scenarios")
def test_figures_are_written_with_what_they_were_measured_on(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"

    assert main(["cheap", "--json", str(file)]) == 0

    report = json.loads(file.read_text(encoding="utf-8"))
    assert set(report) == {"date", "commit", "cores", "python", "system", "scenarios"}
    assert report["cores"] == os.cpu_count()
    (measured,) = report["scenarios"].values()
    assert measured["rows"][0] == {
        "what": "short",
        "figures": {"pages": 10, "ratio": 1.25, "history bytes a page": 1_059.6},
    }
    assert [(goal["what"], goal["met"]) for goal in measured["goals"]] == [
        ("ratio", False),
        ("pages sent", True),
    ]


def test_without_a_name_all_run_and_one_that_cannot_is_an_error(
    scenarios: Mapping[str, Scenario], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"

    assert main(["--json", str(file)]) == 1

    assert "could not run: OSError: no such service" in capsys.readouterr().out
    report = json.loads(file.read_text(encoding="utf-8"))["scenarios"]
    assert list(report) == list(scenarios)
    assert report["broken"]["error"] == "OSError: no such service"


def test_a_scenario_that_takes_long_runs_only_where_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"cheap": scenario(), "dear": replace(scenario(), by_name_only=True)}
    monkeypatch.setattr(command, "SCENARIOS", found)

    assert main([]) == 0
    assert "dear:" not in capsys.readouterr().out
    assert main(["dear"]) == 0
    assert "dear:" in capsys.readouterr().out


def test_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SCENARIOS)
    assert all(len(line) <= 80 for line in lines)


def test_unknown_scenario_runs_nothing_and_names_those_there_are(
    scenarios: Mapping[str, Scenario], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cheap", "dear"]) == 1

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "There is no benchmark 'dear'" in shown.err
    assert all(f"\n{name} " in shown.err for name in scenarios)


@pytest.mark.usefixtures("scenarios")
@pytest.mark.parametrize("place", ["", "absent/figures.json"])
def test_place_that_cannot_be_written_is_found_before_anything_runs(
    tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--json", str(tmp_path / place)]) == 1

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "cannot be written" in shown.err


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_table_fits_a_narrow_terminal(name: str) -> None:
    real = SCENARIOS[name]
    widest = Row("x" * 52 if len(real.columns) < 4 else "2,000", dict.fromkeys(real.columns, 2_000))

    lines = as_text(real, Measured([widest])).splitlines()

    assert all(len(line) <= 80 for line in [*lines, f"{name}: {real.title}"])
    assert all(format(2_000, form) in lines[-1] for form in real.columns.values())


def test_scenarios_are_those_of_the_page_of_benchmarks() -> None:
    page = (ROOT / "BENCHMARKS.md").read_text(encoding="utf-8")
    typed = re.findall(r"^python3 dev\.py bench(.*)$", page, re.MULTILINE)
    named = [re.sub(r"--(engine|seeds) \w+", "", line) for line in typed]

    assert sorted(name for names in named for name in names.split()) == sorted(SCENARIOS)


def test_every_section_of_the_page_of_benchmarks_names_its_engine() -> None:
    page = (ROOT / "BENCHMARKS.md").read_text(encoding="utf-8")
    _, *sections = page.split("\n## ")

    engines = re.compile("stand-in host|real host|simulation|in a fresh process")
    assert [each.partition("\n")[0] for each in sections if not engines.search(each)] == []


def test_figures_of_different_sizes_are_compared_by_their_spread() -> None:
    goal = spread("bytes", [600, 900, 750], at_most=1.5)

    assert (goal.figure, goal.met) == (1.5, True)
    assert not spread("bytes", [600, 901], at_most=1.5).met


def test_exact_goal_is_missed_by_less_too() -> None:
    assert not Goal("pages", 9, 10, exactly=True).met


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("bench", []),
        ("bench --list", ["--list"]),
        ("bench ocr memory", ["ocr", "memory"]),
        ("bench storage --app {folder}", ["--app", "{folder}", "storage"]),
        ("bench crash --seeds 10 --small", ["--small", "--seeds", "10", "crash"]),
        ("bench ocr --json {folder}/f.json", ["--json", "{folder}/f.json", "ocr"]),
    ],
)
def test_the_command_hands_on_what_was_typed(line: str, options: list[str], tmp_path: Path) -> None:
    typed = parser().parse_args(line.format(folder=tmp_path).split())

    assert bench.options(typed) == [each.format(folder=tmp_path) for each in options]


def test_a_file_is_written_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    handed_on = bench.options(parser().parse_args(["bench", "--json", "figures.json"]))

    assert handed_on == ["--json", str(tmp_path / "figures.json")]


def test_a_scenario_is_measured_for_each_app_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apps = [tmp_path / "before", tmp_path / "after"]
    for number, app in enumerate(apps):
        app.mkdir()
        (app / "host.json").write_text("{}")
        (app / "pages").write_text(str(number))

    def measure_app(app: Path) -> Measured:
        return Measured([Row(app.name, {"pages": int((app / "pages").read_text())})])

    of_any = Scenario("Pages", "app", {"pages": ""}, broken, measure_app)
    monkeypatch.setattr(command, "SCENARIOS", {"pages": of_any})

    assert main(["pages", "--app", str(apps[0]), "--app", str(apps[1])]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("pages (")] == [
        f"pages ({app}): Pages" for app in apps
    ]
    assert [line.split() for line in lines if line.startswith(("before", "after"))] == [
        ["before", "0"],
        ["after", "1"],
    ]


@pytest.mark.usefixtures("scenarios")
def test_a_scenario_of_this_checkout_alone_is_not_measured_for_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["cheap", "--app", str(ROOT)]) == 1

    assert "'cheap' measures this checkout alone" in capsys.readouterr().err


def test_a_scenario_is_measured_in_the_extent_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure_extent(extent: Extent) -> Measured:
        return Measured([Row("small" if extent.small else "usual", {"seeds": extent.seeds or 3})])

    of_any = Scenario("Seeds", "size", {"seeds": ""}, broken, measure_extent=measure_extent)
    monkeypatch.setattr(command, "SCENARIOS", {"seeds": of_any})

    assert main(["seeds", "--seeds", "10"]) == 0
    assert main(["seeds", "--small"]) == 0

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if line[:1] in (["usual"], ["small"])] == [
        ["usual", "10"],
        ["small", "3"],
    ]


@pytest.mark.usefixtures("scenarios")
@pytest.mark.parametrize("extent", [["--small"], ["--seeds", "2"]])
def test_a_scenario_of_one_extent_is_not_measured_in_another(
    extent: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cheap", *extent]) == 1

    assert "'cheap' has one extent alone" in capsys.readouterr().err


def test_a_folder_without_an_app_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["storage", "--app", str(tmp_path)]) == 1

    assert "there is no host.json in it" in capsys.readouterr().err
