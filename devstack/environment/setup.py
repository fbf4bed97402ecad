"""Make the environment that every command runs in, once, or again where it is out of date.

Everything is installed under `.venv`, from public package registries; a stamp with a digest of what
was asked for makes the next start instant, and a marker that only a finished set-up removes makes
an interrupted one start over.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path

from devstack.environment.file_lock import FileLock
from devstack.environment.installers import SetupError, clear, install_everything
from devstack.environment.messages import say, step
from devstack.environment.root import ROOT
from devstack.environment.tools import Environment, read_environment, stamp_of, write_stamp

Installer = Callable[[Path, Path], Environment]
"""Makes the environment of a repository (the first path) in a folder (the second)."""


def ensure_environment(root: Path = ROOT, install: Installer | None = None) -> Environment:
    """Return the environment; make it first where there is none or it is out of date.

    Args:
        root: The repository whose requirements count.
        install: What installs everything into an empty folder; tests give a stand-in.

    Raises:
        SetupError: an installer failed; the message says what to do.
    """
    environment = read_environment(root)
    if environment:
        return environment
    lock = FileLock(root / ".venv" / "setup.lock")
    if not lock.acquire(wait=False):
        say("Another dev.py is setting up; waiting for it.")
        lock.acquire(wait=True)
    try:
        return read_environment(root) or _set_up(root, install or install_everything)
    finally:
        lock.release()


def _set_up(root: Path, install: Installer) -> Environment:
    venv = root / ".venv"
    unfinished = venv / "setup-unfinished"
    say(f"Setting up in {venv.name} (Python {platform.python_version()})")
    started = time.monotonic()
    if unfinished.exists():
        step("clearing an interrupted set-up", lambda: clear(venv))
    stamp_of(venv).unlink(missing_ok=True)
    unfinished.touch()
    try:
        environment = install(root, venv)
    except SetupError:
        unfinished.unlink()  # the installers failed in good order: what they did can stay
        raise
    write_stamp(root, environment)
    unfinished.unlink()
    say(f"Ready after {time.monotonic() - started:.0f} s")
    return environment
