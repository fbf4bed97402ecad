"""`dev.py demo`: every sample from its upload to its end, with two decisions by a reviewer."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from devstack.cli.decide import decision
from devstack.cli.up import keep, port_options, print_addresses, tell
from devstack.client.app import App, app_key, upload
from devstack.client.progress import Row, Watch, choose_progress
from devstack.demo.expectations import Expectations, Sample, read_samples
from devstack.demo.outcomes import Outcome, outcome_table, totals
from devstack.environment.root import ROOT
from devstack.environment.setup import ensure_environment
from devstack.stack.app_settings import app_settings
from devstack.stack.config import (
    PORT_NAMES,
    Ports,
    StackConfig,
    choose_ports,
    local_folder,
    move_busy_defaults,
)
from devstack.stack.engine import wanted_engine
from devstack.stack.interruption import Interrupted, Interruption
from devstack.stack.programs import local_programs
from devstack.stack.record import DEMO_FOLDER
from devstack.stack.running import Stack

_POLL_SECONDS = 0.4
# Far longer than it takes; a document that has not ended by then never will.
_TIMEOUT_SECONDS = 300.0
_REVIEWER = "reviewer@example.com"


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; return 1 where a document did not end as expected."""
    wanted = choose_ports(port_options(arguments), os.environ)
    ports = move_busy_defaults(wanted)
    _tell_moved(wanted, ports)
    samples = read_samples(ROOT / "samples")
    engine = wanted_engine(arguments.engine, os.environ)
    config = StackConfig(ports, local_folder(os.environ) / DEMO_FOLDER, engine)
    settings = app_settings(config, os.environ, stand_ins_only=True)
    with Interruption() as interruption:
        programs = local_programs(config, ensure_environment(), settings)
        stack = Stack(config, programs, interruption=interruption, tell=tell, fresh=True)
        tell("Starting the local stack")
        with stack:
            failures = Demo(stack, App(ports.app_url, app_key(os.environ))).play(samples)
            if arguments.keep:
                _keep(stack)
    return 1 if failures else 0


class Demo:
    """The demo on a running stack."""

    def __init__(self, stack: Stack, app: App) -> None:
        self._stack = stack
        self._app = app
        self._console = Console(highlight=False)
        self._progress = choose_progress(self._console)

    def play(self, samples: Mapping[Path, Sample]) -> list[str]:
        """Take every sample to its end, and return a line for each that ended otherwise."""
        tell(f"\nDropping {len(samples)} files of samples/ into the container incoming\n")
        watch = Watch(upload(self._stack.config.ports, {path.name: path for path in samples}))
        ids = [row.document_id for row in watch.rows]
        expected = Expectations(dict(zip(ids, samples.values(), strict=True)))
        self._follow(watch, watch.rows, lambda: watch.settled)
        waiting = [row for row in watch.rows if row.document and row.document.is_waiting]
        if waiting:
            self._review(waiting, expected)
            self._follow(watch, waiting, lambda: watch.ended)
        return self._report(watch, expected)

    def _follow(self, watch: Watch, shown: Sequence[Row], done: Callable[[], bool]) -> None:
        with self._progress as progress:
            while True:
                self._stack.supervise()
                watch.refresh(self._app.document_if_known)
                progress.show(shown)
                if done() or watch.seconds > _TIMEOUT_SECONDS:
                    return
                time.sleep(_POLL_SECONDS)

    def _review(self, waiting: Sequence[Row], expected: Expectations) -> None:
        """Decide on everything that waits."""
        tell("\nDeciding as a reviewer, through the durable HTTP event API:")
        tell(f"POST {self._app.event_path('ID')}\n")
        for row in waiting:
            self._decide(row, approved=expected.decision(row) != "reject")
        tell("")

    def _decide(self, row: Row, *, approved: bool) -> None:
        comment = "read and checked" if approved else "not for publication"
        self._app.decide(row.document_id, decision(approved, _REVIEWER, comment))
        verdict = "approve" if approved else "reject"
        tell(f"  {verdict:<8} {row.document_id[:8]}  {row.label}")

    def _report(self, watch: Watch, expected: Expectations) -> list[str]:
        ended = [row for row in watch.rows if row.document and row.document.is_at_end]
        outcomes = [Outcome.read(row.label, self._app.result(row.document_id)) for row in ended]
        self._console.print()
        self._console.print(outcome_table(outcomes))
        self._console.print(f"\n{totals(outcomes, watch.seconds)}")
        failures = [
            f"{row.name}: not at an end after {watch.seconds:.0f} s, but {row.state}"
            for row in watch.rows
            if row not in ended
        ]
        failures += expected.differences(watch.rows)
        for row, outcome in zip(ended, outcomes, strict=True):
            foreseen = expected.of(row)
            failures += outcome.differences(foreseen) if foreseen else []
        self._judge(failures)
        return failures

    def _judge(self, failures: Sequence[str]) -> None:
        if not failures:
            self._console.print("Every document ended as expected.", style="green")
            return
        self._console.print("\nNot as expected:", style="bold red")
        for line in failures:
            self._console.print(f"  {line}", markup=False)
        self._console.print(f"\nLogs: {self._stack.config.logs}")


def _keep(stack: Stack) -> None:
    print_addresses(stack.config.ports)
    tell(f"\nThe stack keeps running, its state is in {stack.config.local}.")
    tell("drop, status, approve and reject find it. Ctrl-C stops it.")
    try:
        keep(stack)
    except Interrupted as stop:
        if not stop.by_user:
            raise


def _tell_moved(wanted: Ports, ports: Ports) -> None:
    moved = [
        name for name in PORT_NAMES if getattr(ports, name.field) != getattr(wanted, name.field)
    ]
    if moved:
        tell("Some usual ports are in use, so the demo takes others:")
    for name in moved:
        tell(f"  {name.title:<24} {getattr(ports, name.field)} instead of {name.default}")
