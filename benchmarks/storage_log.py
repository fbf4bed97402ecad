"""Read the access log of Azurite: how often blobs, tables and queues were asked, and for how much.

Each request is one line in the common log format, written when its answer has been sent:

    127.0.0.1 - - [28/Nov/2026:00:13:42 +0000] "GET /devstoreaccount1/work/a.json HTTP/1.1" 206 100

The last number is the length of the answer's body, of a read blob the bytes that were read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from docflow.contracts import Container

_LINE = re.compile(
    r'"(?P<method>[A-Z]+) (?P<target>\S+) HTTP/[\d.]+" (?P<status>\d+) (?P<size>\S+)'
)
_CONTAINERS = frozenset(container.value for container in Container)
_CONTENT = frozenset({"block", "blocklist", "appendblock"})
"""What `comp` says where a PUT carries content of a blob; a plain PUT says nothing."""
_LOG_SECONDS = 30.0


@dataclass(slots=True)
class StorageCount:
    """Requests to the storage account, and the bytes of blobs that were read."""

    blob_reads: int = 0
    """GET of a blob or a part of one, also where there is no such blob."""
    bytes_read: int = 0
    blob_writes: int = 0
    """PUT of a blob, of a block of one, or of a copy."""
    blob_others: int = 0
    """Listings, properties, leases and deletions."""
    tables: int = 0
    queues: int = 0


def count(lines: Iterable[str]) -> StorageCount:
    """Return what an app did with the storage account, by the lines of the log.

    The uploads of users, which are the only blobs written to `incoming`, are left out.
    """
    total = StorageCount()
    for line in lines:
        request = _LINE.search(line)
        if request is not None:
            _add(total, request)
    return total


def _add(total: StorageCount, request: re.Match[str]) -> None:
    target = urlsplit(request["target"])
    _, _, container, *name = target.path.split("/")
    operation = parse_qs(target.query).get("comp", [""])[0]
    if container in _CONTAINERS:
        _add_blob(total, request, container, operation if name else "container")
    elif name and name[0] == "messages":
        total.queues += 1
    elif container in {"Tables", "$batch"} or container.endswith(")"):
        total.tables += 1


def _add_blob(total: StorageCount, request: re.Match[str], container: str, operation: str) -> None:
    method = request["method"]
    if method == "GET" and not operation:
        total.blob_reads += 1
        good = request["status"] in {"200", "206"} and request["size"].isdigit()
        total.bytes_read += int(request["size"]) if good else 0
    elif method == "PUT" and (not operation or operation in _CONTENT):
        total.blob_writes += container != Container.INCOMING.value
    else:
        total.blob_others += 1


@dataclass(slots=True)
class Operations:
    """All requests to the storage account, whoever made them, in the classes that have a price."""

    queues: int = 0
    tables: int = 0
    blob_writes_and_lists: int = 0
    """Contents that are written, listings, and containers that are made: the dear ones."""
    blob_others: int = 0
    """Reads, properties, leases and all the rest."""

    @property
    def total(self) -> int:
        """Return the number of all requests."""
        return self.queues + self.tables + self.blob_writes_and_lists + self.blob_others

    def usd(self) -> float:
        """Return what they cost."""
        return (
            self.queues * USD_PER_10_000["queue"]
            + self.tables * USD_PER_10_000["table"]
            + self.blob_writes_and_lists * USD_PER_10_000["blob write or list"]
            + self.blob_others * USD_PER_10_000["blob other"]
        ) / 10_000


USD_PER_10_000 = {"queue": 0.004, "table": 0.00036, "blob write or list": 0.05, "blob other": 0.004}
"""List prices of a general-purpose v2 account, locally redundant, hot tier, East US, in 2025, from
https://azure.microsoft.com/pricing/details/storage/ (pages on blobs, queues and tables)."""


def operations(lines: Iterable[str]) -> Operations:
    """Return all requests of the log by their class."""
    total = Operations()
    for line in lines:
        request = _LINE.search(line)
        if request is not None:
            _add_operation(total, request)
    return total


def _add_operation(total: Operations, request: re.Match[str]) -> None:
    target = urlsplit(request["target"])
    _, _, first, *name = [*target.path.split("/"), "", ""][:4]
    query = parse_qs(target.query)
    operation = query.get("comp", [""])[0]
    in_container = query.get("restype", [""])[0] == "container"
    method = request["method"]
    if name[:1] == ["messages"] or (not name[0] and operation == "metadata" and not in_container):
        total.queues += 1
    elif first in {"Tables", "$batch"} or first.endswith(")") or (method == "POST" and not name[0]):
        total.tables += 1
    elif (method == "PUT" and (not operation or operation in _CONTENT)) or operation == "list":
        total.blob_writes_and_lists += 1
    else:
        total.blob_others += 1


class StorageLog:
    """The log of a running emulator, read in pieces.

    Args:
        file: The log.
        blobs: A client of the emulator, which marks where a piece ends.
    """

    def __init__(self, file: Path, blobs: BlobServiceClient) -> None:
        self._file = file
        self._blobs = blobs
        self._position = 0

    def since_last_time(self) -> list[str]:
        """Return the lines of all requests that were answered since the last call."""
        mark = f"mark-{uuid4().hex}"
        try:
            self._blobs.get_blob_client("benchmark", mark).get_blob_properties()
        except ResourceNotFoundError:
            deadline = time.monotonic() + _LOG_SECONDS
            while time.monotonic() < deadline:
                lines = list(self._lines_before(mark))
                if lines:
                    return lines[:-1]
                time.sleep(0.05)
        raise AssertionError(f"{self._file} does not hold what was asked last")

    def _lines_before(self, mark: str) -> Iterator[str]:
        """Yield the new lines up to the one with the mark, or nothing where it is not there yet."""
        with self._file.open("rb") as log:
            log.seek(self._position)
            new = log.read()
        end = new.find(mark.encode())
        if end < 0 or b"\n" not in new[end:]:
            return
        piece = new[: new.index(b"\n", end) + 1]
        self._position += len(piece)
        yield from piece.decode(errors="replace").splitlines()
