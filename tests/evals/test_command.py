"""The program behind `dev.py eval`, with judges that take no time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devstack.cli import eval as command_of_devstack
from devstack.cli.arguments import parser
from docflow.models.states import UrgencyLevel
from evals import __main__ as command
from evals.__main__ import main
from evals.baseline import Baseline, Difference, compared_figures, losses, read_baseline, renewed
from evals.labelled import LabelledDocument, load_documents
from evals.outcome import Outcome, Statement
from evals.run import Report, Run, run_over
from evals.text import COLUMNS, as_text

DOCUMENTS = [each for each in load_documents() if each.language == "sv"]


def always(level: UrgencyLevel) -> Run:
    def judge(document: LabelledDocument) -> Outcome:
        urgent = level is UrgencyLevel.URGENT
        summary = (Statement(text="<b>Said</b> & done", page=1, grounded=False),)
        return Outcome(level=level, score=float(urgent), raised=urgent, summary=summary)

    return run_over(DOCUMENTS, judge, about="A judge that says one thing.", twins=True)


ALL_URGENT, ALL_NORMAL = always(UrgencyLevel.URGENT), always(UrgencyLevel.NORMAL)


@pytest.fixture
def _urgent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A judge that calls all urgent, and a baseline that is no longer met."""
    monkeypatch.setattr(command, "load_documents", lambda: DOCUMENTS)
    monkeypatch.setitem(command.EVALUATIONS, "rules", lambda documents, twins: ALL_URGENT)
    file = tmp_path / "baseline.json"
    text = renewed(
        Baseline(margin=0.05, margin_by_language=0.1, runs={}), Report(runs={"rules": ALL_URGENT})
    )
    file.write_text(text.model_dump_json(), encoding="utf-8")
    monkeypatch.setattr(command, "FILE", file)
    monkeypatch.setattr(command, "read_baseline", lambda: read_baseline(file))


@pytest.mark.usefixtures("_urgent")
def test_figures_are_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, page = tmp_path / "run.json", tmp_path / "run.html"

    assert main(["--against=rules", "--json", str(file), "--html", str(page), "--check"]) == 0

    assert "No figure is worse than the baseline" in capsys.readouterr().out
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["runs"]["rules"]["figures"]["overall"]["recall"]["value"] == 1
    assert Report.model_validate(written).runs["rules"] == ALL_URGENT
    html = page.read_text(encoding="utf-8")
    assert html.count("<article") == sum(not each.urgent for each in DOCUMENTS)
    assert "&lt;b&gt;Said&lt;/b&gt; &amp; done" in html
    assert "<script" not in html
    assert html.count("<svg") == 2
    assert "ALLMÄNNA VILLKOR" in html


@pytest.mark.usefixtures("_urgent")
def test_figure_that_is_worse_than_the_baseline_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(command.EVALUATIONS, "rules", lambda documents, twins: ALL_NORMAL)

    assert main(["--against=rules", "--check"]) == 1

    worse = capsys.readouterr().out.partition("Worse than the baseline")[2]
    assert "recall" in worse
    assert "normals urgent" not in worse


def test_margin_is_what_a_figure_may_lose() -> None:
    report = Report(runs={"rules": ALL_URGENT})
    figures = compared_figures(ALL_URGENT)
    for before, lost in ((0.55, []), (0.56, ["accuracy"])):
        baseline = Baseline(
            margin=0.05, margin_by_language=0.1, runs={"rules": {**figures, "accuracy": before}}
        )
        assert [each.figure for each in losses(baseline, report)] == lost


def test_figure_that_a_run_lacks_does_not_pass() -> None:
    baseline = Baseline(
        margin=0.05,
        margin_by_language=0.1,
        runs={"rules": {"recall in fi": 0.9, "twins kept": 1.0}},
    )
    without_twins = ALL_URGENT.model_copy(update={"twins": None})

    found = losses(baseline, Report(runs={"rules": without_twins}))

    assert [(each.figure, each.after) for each in found] == [("recall in fi", 0.0)]


def test_language_has_a_margin_of_its_own() -> None:
    baseline = Baseline(margin=0.05, margin_by_language=0.1, runs={})

    for after, allowed in ((0.41, True), (0.39, False)):
        assert baseline.allows(Difference("rules", "recall in pl", 0.5, after)) is allowed
    assert not baseline.allows(Difference("rules", "recall", 0.5, 0.44))


def test_few_documents_of_a_language_are_no_figure() -> None:
    assert not [name for name in compared_figures(ALL_URGENT) if name.startswith("recall in")]


def test_two_runs_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = []
    for name, run in (("a", ALL_URGENT), ("b", ALL_NORMAL)):
        file = tmp_path / f"{name}.json"
        file.write_text(Report(runs={"rules": run}).model_dump_json(), encoding="utf-8")
        files.append(str(file))

    assert main(["--compare", *files]) == 0

    printed = capsys.readouterr().out
    assert "-1.000   worse" in printed
    assert "-1.000  better" in printed
    assert "sv-nycklar: urgent became normal, now wrong" in printed


def test_text_is_no_wider_than_a_terminal() -> None:
    lines = as_text("rules", ALL_URGENT).splitlines()

    assert max(map(len, lines)) <= COLUMNS
    assert not [line for line in lines if "…" in line]


def test_baseline_of_the_repository_holds_both_runs() -> None:
    baseline = read_baseline()

    assert set(baseline.runs) == {"rules", "stand-in"}
    assert 0 < baseline.margin <= 0.05
    for figures in baseline.runs.values():
        assert {"recall", "normals urgent", "recall in pl"} <= set(figures)


def test_unknown_language_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--language=xx"]) == 1
    assert "no documents in xx" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--check", "--write-baseline"])
def test_baseline_needs_all_documents(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--language=sv", option]) == 1
    assert "leave out --language" in capsys.readouterr().err


def test_options_are_handed_on(tmp_path: Path) -> None:
    typed = [
        "--against=rules", "--language=de", "--twins", "--check", "--json", str(tmp_path / "a"),
    ]  # fmt: skip

    assert command_of_devstack.options(parser().parse_args(["eval", *typed])) == typed


def test_run_against_the_stand_in_says_so() -> None:
    run = command.by_stand_in(DOCUMENTS[:1], False)

    assert run.about.startswith("Results against the stand-in")
    assert run.figures.usage.calls == 2
