"""``python -m devstack.functions_host.conformance record|compare [OPTION...] [-- COMMAND...]``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from devstack.functions_host.conformance import APP, ENVIRONMENT
from devstack.functions_host.conformance.comparison import (
    AT_ONCE,
    differences,
    play_all,
    record,
    recorded,
)
from devstack.functions_host.conformance.scenarios import SCENARIOS

#: How long a host may take to start; one that unpacks itself first takes its time.
START_SECONDS = 300.0


def main(arguments: list[str] | None = None) -> int:
    """Record scenarios, or compare them with what was recorded; return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    place = given.index("--") if "--" in given else len(given)
    parsed, command = _parser().parse_args(given[:place]), given[place + 1 :]
    with _running(command, parsed.url):
        seen = play_all(parsed.url, parsed.only or list(SCENARIOS), parsed.at_once)
    if parsed.action == "record":
        record(seen)
        print(f"{len(seen)} scenarios recorded")
        return 0
    expected = recorded()
    found = [d for name in seen for d in differences(name, expected.get(name, []), seen[name])]
    for difference in found:
        print(difference)
    wrong = len({difference.scenario for difference in found})
    print(f"{len(seen) - wrong} of {len(seen)} scenarios as recorded")
    return 1 if found else 0


@contextmanager
def _running(command: list[str], url: str) -> Iterator[None]:
    """Run a host's command in the app's folder as long as it is needed, if one is given."""
    if not command:
        yield
        return
    process = subprocess.Popen(command, cwd=APP, env={**ENVIRONMENT, **os.environ})
    try:
        _await_answer(process, url)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _await_answer(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            if requests.get(f"{url}/admin/host/status", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    raise SystemExit(f"The host does not answer at {url}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="conformance",
        description="Compare a host with what was recorded on the real one, or record anew.",
        epilog="What follows -- is a command that runs the host in the app's folder meanwhile.",
    )
    parser.add_argument("action", choices=("record", "compare"))
    parser.add_argument(
        "--url", default="http://localhost:7071", help="where the host answers, without keys"
    )
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, metavar="NAME", help="these alone")
    parser.add_argument(
        "--at-once", type=int, default=AT_ONCE, help="scenarios that play at the same time"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
