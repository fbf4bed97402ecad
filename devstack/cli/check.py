"""`dev.py check`: everything static, by the commands that a build server runs too."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from devstack.checks import repository
from devstack.environment.root import ROOT

_TYPED = (
    "docflow",
    "orchestrators",
    "activities",
    "triggers",
    "devstack",
    "tests",
    "samples",
    "testkit",
    "benchmarks",
    "evals",
    "dev.py",
    "function_app.py",
)

# It has no `python -m` form, and its script has another place on each platform.
_LINT_IMPORTS = "from importlinter.cli import lint_imports_command as lint; lint()"


def run(_arguments: argparse.Namespace) -> int:
    """Run all checks, even where one fails, and show the output of those that fail."""
    typed = [name for name in _TYPED if _has_python(ROOT / name)]
    checks: dict[str, Callable[[], str]] = {
        "lint (ruff)": lambda: _findings(["-m", "ruff", "check", "."]),
        "format (ruff)": lambda: _findings(["-m", "ruff", "format", "--check", "."]),
        "types (mypy)": lambda: _findings(["-m", "mypy", *typed]),
        "layers (import-linter)": lambda: _findings(["-c", _LINT_IMPORTS]),
        "repository": lambda: "\n".join(repository.findings(ROOT)),
    }
    failed = [name for name, check in checks.items() if not _passes(name, check)]
    print(f"\n{len(failed)} of {len(checks)} failed" if failed else "\nAll good")
    return 1 if failed else 0


def _passes(name: str, check: Callable[[], str]) -> bool:
    started = time.monotonic()
    findings = check()
    verdict = "failed" if findings else "ok"
    print(f"{name:<24}{verdict:<8}{time.monotonic() - started:5.1f} s", flush=True)
    if findings:
        print("\n" + findings + "\n", flush=True)
    return not findings


def _findings(arguments: list[str]) -> str:
    """Return what a tool finds wrong with the code; nothing where it finds nothing."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    return (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"


def _has_python(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and any(path.rglob("*.py")))
