"""A pytest plugin for build servers: a skipped test fails the run.

Three kinds of tests may skip, and are named with their reasons. Those marked `live` need real
services, which a build server has no account for. Those marked `fidelity` need a newer Python than
docflow does; where there is one, but what they need cannot be installed, they fail all the same.
Those marked `stand_in` ask what the stand-in Functions host alone can tell; they skip on another.
"""

from __future__ import annotations

import pytest

_MAY_SKIP = frozenset({"live", "fidelity", "stand_in"})


class NoSkips:
    """The tests of a run that were skipped, and what that means for the run."""

    def __init__(self) -> None:
        self.skipped: list[str] = []
        self.excused: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that was skipped."""
        expected_failure = hasattr(report, "wasxfail")
        if not report.skipped or expected_failure:
            return
        if _MAY_SKIP.isdisjoint(report.keywords):
            self.skipped.append(report.nodeid)
        else:
            self.excused.append(f"{report.nodeid}: {_reason(report)}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a whole file that was skipped."""
        if report.skipped:
            self.skipped.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Make the run fail where a test was skipped that may not be."""
        if self.skipped and session.exitstatus in (pytest.ExitCode.OK, 0):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the tests that were skipped, at the end of the output."""
        if self.excused:
            terminalreporter.section("skipped, which their marks allow")
            for line in self.excused:
                terminalreporter.line(line)
        if self.skipped:
            terminalreporter.section("skipped, which fails the run here", red=True)
            for node in self.skipped:
                terminalreporter.line(node)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Let a worker of a parallel run hand over what it noted, files among it."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["skipped"] = self.skipped

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take over what a worker noted: only of tests does it tell by itself."""
        noted = getattr(node, "workeroutput", {}).get("skipped", [])
        self.skipped += [each for each in noted if each not in self.skipped]


def _reason(report: pytest.TestReport) -> str:
    """Return why a test skipped itself; pytest keeps it as file, line and reason."""
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin for this run."""
    config.pluginmanager.register(NoSkips(), "no-skips")
