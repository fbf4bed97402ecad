"""Where this process keeps temporary files: a folder of its own, in one place for all processes.

A process that is killed cannot delete its files, and they may be parts of documents. So each
process locks its folder, the system frees the lock however the process ends, and every process
that starts deletes the folders whose lock is free.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from docflow.errors import ConfigurationError

DEFAULT_NAME = "docflow"
"""Name of the place in the system's temporary folder, where no other place is set."""
TELEMETRY = "telemetry"
"""Folder for traces that could not be sent yet; unlike all others it outlives the process."""

_LOCKS = "process-*.lock"

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, wait: bool) -> None:
        # LK_LOCK gives up after ten seconds.
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def place_of(folder: str | None) -> Path:
    """Return the place for temporary files: the folder that is set, or one of the system's."""
    return Path(folder) if folder else Path(tempfile.gettempdir(), DEFAULT_NAME)


def claim(place: Path) -> Path:
    """Make a folder for this process, which `tempfile` uses from now on, and return it.

    Libraries use `tempfile` too, so this holds for their files as well. Folders that processes
    left behind when they were killed are deleted; those of processes that run stay. The new one is
    deleted when this process ends.

    Raises:
        ConfigurationError: nothing can be written at this place.
    """
    try:
        # Temporary files are for nobody else to read.
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        # One process at a time, so that no lock is seen before it is taken.
        with _held(place / "lock", wait=True):
            for lock in place.glob(_LOCKS):
                _delete_if_left(lock)
            before, after = _LOCKS.split("*")
            descriptor, name = tempfile.mkstemp(prefix=before, suffix=after, dir=place)
            _lock(descriptor, wait=False)
            folder = _folder_of(Path(name))
            folder.mkdir(mode=0o700)
    except OSError as error:
        raise ConfigurationError(
            f"TEMPORARY_FOLDER: nothing can be written in {place} ({error.strerror or error})"
        ) from error
    tempfile.tempdir = str(folder)
    atexit.register(_give_back, Path(name), descriptor, os.getpid())
    return folder


def _folder_of(lock: Path) -> Path:
    return lock.with_suffix("")


def _delete_if_left(lock: Path) -> None:
    """Delete the folder of a process that has ended; what cannot be deleted is left to the next."""
    with suppress(OSError):
        with _held(lock, wait=False):
            if _folder_of(lock).exists():
                shutil.rmtree(_folder_of(lock))
        lock.unlink()


def _give_back(lock: Path, descriptor: int, owner: int) -> None:
    if os.getpid() != owner:  # a fork of the process whose folder it is
        return
    shutil.rmtree(_folder_of(lock), ignore_errors=True)
    os.close(descriptor)
    with suppress(OSError):
        lock.unlink()


@contextmanager
def _held(lock: Path, *, wait: bool) -> Iterator[None]:
    """Hold a lock for the block; raise an OSError where another process holds it."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, wait=wait)
        yield
    finally:
        os.close(descriptor)
