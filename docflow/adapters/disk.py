"""Room on the temporary disk, which is small in the cloud: 0.8 GB on Flex Consumption."""

from __future__ import annotations

import shutil
from pathlib import Path

from docflow.errors import DiskShortError

RESERVE_BYTES = 32 * 1024 * 1024
"""With less room than this, a failed write is the disk's fault and not that of a file."""


def require_room(folder: Path, needed_bytes: int = 0) -> None:
    """Check that a folder has room for so many bytes, and the reserve.

    Raises:
        DiskShortError: it has not; when other files are done with, it may have.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes + RESERVE_BYTES:
        raise DiskShortError(needed_bytes, free)
