"""A full disk, met by a write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from docflow.errors import DiskShortError


@contextmanager
def full_disk_deferred() -> Iterator[None]:
    """Turn an error of the system that means a full disk into one for which a retry can help.

    Raises:
        DiskShortError: the block met a full disk.
    """
    try:
        yield
    except OSError as error:
        if DiskShortError.is_cause_of(error):
            raise DiskShortError from error
        raise
