"""A pytest plugin for build servers: a skipped test fails the run.

Only tests marked `live` may skip: they need real services, which a build server has no account for.
"""

from __future__ import annotations

import pytest

_MAY_SKIP = "live"


class NoSkips:
    """Collects what was skipped, and says so at the end."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test is over."""
        expected_failure = hasattr(report, "wasxfail")
        if report.skipped and not expected_failure and _MAY_SKIP not in report.keywords:
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A whole file may skip itself too."""
        if report.skipped:
            self.skipped.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn the run into a failure."""
        if self.skipped and session.exitstatus in (pytest.ExitCode.OK, 0):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name them."""
        if self.skipped:
            terminalreporter.section("skipped, which fails the run here", red=True)
            for node in self.skipped:
                terminalreporter.line(node)


def pytest_configure(config: pytest.Config) -> None:
    """Take part in the run."""
    config.pluginmanager.register(NoSkips(), "no-skips")
