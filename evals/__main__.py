"""Evaluate docflow on labelled documents: `python -m evals`, which `dev.py eval` starts."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from devstack.cli.arguments import parser
from docflow.clients import build_clients
from docflow.settings import Settings
from evals.baseline import (
    FILE,
    Baseline,
    differences,
    figures_by_run,
    losses,
    read_baseline,
    renewed,
)
from evals.html import as_html
from evals.labelled import LabelledDocument, load_documents
from evals.rules import judge_by_rules
from evals.run import Report, Run, run_over
from evals.stand_in import running_stand_in
from evals.steps import PatientModel, ProductSteps, activities_find_clients
from evals.text import as_difference, as_text

RULES, STAND_IN, ENDPOINT = "rules", "stand-in", "endpoint"
NEW_MARGIN, NEW_MARGIN_BY_LANGUAGE = 0.03, 0.1
"""The margins of a baseline that is written for the first time."""
AT_ONCE = 4
"""Documents in flight against the endpoint of a model, which is waited for most of the time."""
PROGRESS_EVERY = 25

Evaluate = Callable[[Sequence[LabelledDocument], bool], Run]


def main(typed: Sequence[str]) -> int:
    """Evaluate, print the figures, write what is asked for, and return the exit code."""
    arguments = parser().parse_args(["eval", *typed])
    if arguments.compare:
        return compare(*arguments.compare)
    if arguments.language and (arguments.check or arguments.write_baseline):
        print("The baseline is that of all documents: leave out --language.", file=sys.stderr)
        return 1
    documents = [
        document
        for document in load_documents()
        if not arguments.language or document.language in arguments.language
    ]
    if not documents:
        print(f"There are no documents in {', '.join(arguments.language)}.", file=sys.stderr)
        return 1
    runs = {}
    for name in dict.fromkeys(arguments.against or (RULES, STAND_IN)):
        runs[name] = EVALUATIONS[name](documents, arguments.twins)
        print(f"{as_text(name, runs[name])}\n", flush=True)
    report = Report(runs=runs)
    write(report, documents, arguments)
    return check(report) if arguments.check else 0


def write(
    report: Report, documents: Sequence[LabelledDocument], arguments: argparse.Namespace
) -> None:
    """Write the files that the options ask for."""
    if arguments.json is not None:
        arguments.json.write_text(f"{report.model_dump_json(indent=2)}\n", encoding="utf-8")
    if arguments.html is not None:
        arguments.html.write_text(as_html(report, documents), encoding="utf-8")
    if arguments.write_baseline:
        known = read_baseline() if FILE.is_file() else first_baseline()
        text = renewed(known, report).model_dump_json(indent=2)
        FILE.write_text(f"{text}\n", encoding="utf-8")


def first_baseline() -> Baseline:
    """Return a baseline without figures."""
    return Baseline(margin=NEW_MARGIN, margin_by_language=NEW_MARGIN_BY_LANGUAGE, runs={})


def check(report: Report) -> int:
    """Print what is worse than the baseline by more than its margin; return the exit code."""
    baseline = read_baseline()
    worse = losses(baseline, report)
    if not worse:
        print("No figure is worse than the baseline by more than its margin.")
        return 0
    print(f"Worse than the baseline by more than the margin:\n{as_difference(worse)}")
    return 1


def compare(before: Path, after: Path) -> int:
    """Print how the figures and the levels of two reports differ."""
    one, other = (
        Report.model_validate_json(file.read_text(encoding="utf-8")) for file in (before, after)
    )
    print(as_difference(differences(figures_by_run(one), figures_by_run(other))))
    for name in one.runs.keys() & other.runs.keys():
        levels = {each.id: each.outcome.level for each in one.runs[name].documents}
        for each in other.runs[name].documents:
            known = levels.get(each.id, each.outcome.level)
            if known is not each.outcome.level:
                right = "now right" if each.right else "now wrong"
                print(f"{name}: {each.id}: {known or 'none'} became {each.outcome.level}, {right}")
    return 0


def by_rules(documents: Sequence[LabelledDocument], twins: bool) -> Run:
    """Run the rules alone; their twins cost nothing and are always judged."""
    about = "The rules of the product alone, without a model; twins are always judged."
    return run_over(documents, judge_by_rules, about=about, twins=True)


def by_stand_in(documents: Sequence[LabelledDocument], twins: bool) -> Run:
    """Run the steps of the product with the stand-in for the model."""
    about = (
        "Results against the stand-in: the steps of the product with devstack's stand-in for the "
        "model, which is no language model. They say nothing about a real one."
    )
    with running_stand_in() as address:
        settings = Settings.load({"AZURE_OPENAI_ENDPOINT": address, "CACHE_RETENTION_DAYS": "0"})
        return _by_steps(documents, settings, about=about, twins=twins, at_once=1)


def by_endpoint(documents: Sequence[LabelledDocument], twins: bool) -> Run:
    """Run the steps of the product with the model that the environment's settings name."""
    settings = Settings.load({**os.environ, "CACHE_RETENTION_DAYS": "0"})
    address = settings.model_base_url or settings.azure_openai_endpoint
    about = f"The steps of the product with the model {settings.model} at {address}."
    return _by_steps(documents, settings, about=about, twins=twins, at_once=AT_ONCE)


EVALUATIONS: dict[str, Evaluate] = {
    RULES: by_rules,
    STAND_IN: by_stand_in,
    ENDPOINT: by_endpoint,
}
"""What documents can be judged by, by the name in the option `--against`."""


def _by_steps(
    documents: Sequence[LabelledDocument],
    settings: Settings,
    *,
    about: str,
    twins: bool,
    at_once: int,
) -> Run:
    judge = ProductSteps(PatientModel(build_clients(settings).model), settings)
    with activities_find_clients():
        return run_over(
            documents, judge, about=about, twins=twins, at_once=at_once, progress=_show_progress
        )


def _show_progress(done: int, total: int) -> None:
    if done % PROGRESS_EVERY == 0 or done == total:
        print(f"{done} of {total} documents judged", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
