"""The folder of one document in `work`, with the artefacts that its steps share.

The module `artefacts` lists them with their paths.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from docflow.contracts import Container
from docflow.errors import ErrorCode, PermanentError
from docflow.models.pages import PageText, Tries
from docflow.models.states import Status
from docflow.models.usage import ModelCall, UsageLine, sum_of
from docflow.policy.page_sets import parse_pages
from docflow.ports import BlobStore
from docflow.work.artefacts import (
    CALL_OF_VERSION_1,
    FIRST_WITH_CONTENT,
    PAGE,
    PAGES_FOR_OCR,
    RECORD,
    SOURCE,
    USAGE,
    WASTED_TRIES,
    Artefact,
    ModelT,
    PageLines,
)
from docflow.work.page_file import Place, entries_of, read_entries, table_of

JSON_TYPE = "application/json"
TEXT_TYPE = "text/plain; charset=utf-8"
LINES_TYPE = "application/x-ndjson"
BYTES_TYPE = "application/octet-stream"


class WorkFolder:
    """The artefacts of one document."""

    def __init__(self, store: BlobStore, document_id: str) -> None:
        self._store = store
        self._id = document_id

    def path(self, name: str) -> str:
        """Return the blob name of a path in the folder."""
        return f"{self._id}/{name}"

    # Values.

    def read(self, artefact: Artefact[ModelT], **where: object) -> ModelT | None:
        """Return a stored value, or None if there is none."""
        return _read(self._store, self.path(artefact.name(**where)), artefact.model)

    def require(self, artefact: Artefact[ModelT], **where: object) -> ModelT:
        """Return a value that an earlier step must have stored.

        Raises:
            PermanentError: code `ARTEFACT_MISSING`, there is no such value.
        """
        value = self.read(artefact, **where)
        if value is None:
            raise _missing(artefact.name(**where))
        return value

    def write(self, artefact: Artefact[ModelT], value: ModelT, **where: object) -> None:
        """Store a value; it replaces an earlier one."""
        name = self.path(artefact.name(**where))
        self._store.write(Container.WORK, name, _json(value), content_type=JSON_TYPE)

    def write_new(self, artefact: Artefact[ModelT], value: ModelT) -> bool:
        """Store a value if there is none, and return whether it was stored."""
        name = self.path(artefact.path)
        return self._store.write_new(Container.WORK, name, _json(value), content_type=JSON_TYPE)

    def forget(self, artefact: Artefact[ModelT]) -> None:
        """Delete a value, if there is one."""
        self._store.delete(Container.WORK, self.path(artefact.path))

    def count(self, tries: Artefact[Tries], **where: object) -> int:
        """Add one try and return the number of tries so far."""
        before = self.read(tries, **where)
        now = Tries(tries=1 + (before.tries if before else 0))
        self.write(tries, now, **where)
        return now.tries

    # The original.

    def has_source(self) -> bool:
        """Return whether the folder has a copy of the upload."""
        return self._store.properties(Container.WORK, self.path(SOURCE)) is not None

    def keep_source(self, container: str, name: str, etag: str | None = None) -> bool:
        """Copy the upload into the folder, so that a change of the upload has no effect later.

        Returns:
            Whether it was copied; False if the upload is gone or has another ETag than the given.
        """
        target = (Container.WORK, self.path(SOURCE))
        return self._store.copy((container, name), target, if_etag=etag) is not None

    def download_source(self, file: Path) -> str:
        """Write the original to a file and return its SHA-256 in hex.

        Raises:
            PermanentError: code `ARTEFACT_MISSING`, the copy is gone.
        """
        digest = self._store.download(Container.WORK, self.path(SOURCE), file)
        if digest is None:
            raise PermanentError(
                ErrorCode.ARTEFACT_MISSING, "The copy of the original file is gone from `work`."
            )
        return digest

    # Pages.

    def write_pages_for_ocr(self, pages: Path) -> None:
        """Store the file with the pages for OCR (see `page_file`)."""
        name = self.path(PAGES_FOR_OCR)
        self._store.upload(Container.WORK, name, pages, content_type=BYTES_TYPE)

    def read_page_for_ocr(self, page: int) -> bytes:
        """Return the content of one page for OCR.

        Raises:
            PermanentError: code `ARTEFACT_MISSING`, there is no such page.
        """
        places = read_entries(self._require_part(PAGES_FOR_OCR, entries_of(page, page)))
        if not places:
            raise PermanentError(
                ErrorCode.ARTEFACT_MISSING, f"Page {page} was not prepared for OCR."
            )
        return self._require_part(PAGES_FOR_OCR, places[0])

    def pages_read(self) -> int:
        """Return the number of pages that OCR has read so far."""
        return sum(1 for _ in self._names_like(PAGE))

    def wasted_pages(self) -> int:
        """Return the number of tries, over all pages, that OCR accepted without an answer."""
        return sum(tries.tries for tries in self._all_of(WASTED_TRIES))

    def write_pages(self, lines: PageLines, pages: Iterable[PageText]) -> None:
        """Store the texts of pages, and then the table with their offsets."""
        content = bytearray()
        places: dict[int, Place] = {}
        for page in pages:
            line = f"{page.model_dump_json(exclude_none=True)}\n".encode()
            places[page.number] = (len(content), len(line))
            content += line
        for name, written in ((lines.path, bytes(content)), (lines.table, table_of(places))):
            content_type = LINES_TYPE if name == lines.path else BYTES_TYPE
            self._store.write(Container.WORK, self.path(name), written, content_type=content_type)

    def read_pages(self, lines: PageLines, pages: str | None = None) -> list[PageText]:
        """Return the texts of pages in the order in which they were stored.

        Args:
            lines: the artefact to read.
            pages: a page set, of which only the range from first to last page is read; None reads
                all pages.

        Raises:
            PermanentError: code `ARTEFACT_MISSING`, the texts were not stored.
        """
        if pages is None:
            return list(_pages(self._require(lines.path)))
        numbers = parse_pages(pages)
        if not numbers:
            return []
        wanted = set(numbers)
        found = _pages(self._read_span(lines, numbers[0], numbers[-1]))
        return [page for page in found if page.number in wanted]

    def _read_span(self, lines: PageLines, first: int, last: int) -> bytes:
        """Return the lines of pages `first` to `last`."""
        name = self.path(lines.table)
        entries = self._store.read_part(Container.WORK, name, *entries_of(first, last))
        if entries is None:  # version 1 wrote no tables
            return self._require(lines.path)
        places = read_entries(entries)
        if not places:
            return b""
        begin = min(offset for offset, _ in places)
        end = max(offset + length for offset, length in places)
        return self._require_part(lines.path, (begin, end - begin))

    # Usage.

    def add_usage(self, line: UsageLine) -> None:
        """Append the usage of a call of the model; lines with the same key count once."""
        content = f"{line.model_dump_json(exclude_none=True)}\n".encode()
        name = self.path(USAGE.path)
        self._store.append(Container.WORK, name, content, content_type=LINES_TYPE)

    def read_usage(self) -> list[ModelCall]:
        """Return the usage of all calls, summed by step, deployment, model and prompt."""
        content = self._store.read(Container.WORK, self.path(USAGE.path))
        if content is None:
            return sum_of(self._all_of(CALL_OF_VERSION_1))
        lines = map(UsageLine.model_validate_json, content.splitlines())
        return sum_of({line.key: line.call for line in lines}.values())

    # Blobs.

    def _names_like(self, artefact: Artefact[ModelT]) -> Iterator[str]:
        """Return the names of all blobs of an artefact, for all values of its braces."""
        return self._store.list(Container.WORK, self.path(artefact.path.partition("{")[0]))

    def _all_of(self, artefact: Artefact[ModelT]) -> Iterator[ModelT]:
        for name in self._names_like(artefact):
            content = self._store.read(Container.WORK, name)
            if content is not None:
                yield artefact.model.model_validate_json(content)

    def _require(self, name: str) -> bytes:
        content = self._store.read(Container.WORK, self.path(name))
        if content is None:
            raise _missing(name)
        return content

    def _require_part(self, name: str, place: Place) -> bytes:
        content = self._store.read_part(Container.WORK, self.path(name), *place)
        if content is None:
            raise _missing(name)
        return content


def read_artefact(store: BlobStore, artefact: Artefact[ModelT], **where: object) -> ModelT | None:
    """Return a value that belongs to no document, or None if there is none."""
    return _read(store, artefact.name(**where), artefact.model)


def write_artefact(
    store: BlobStore, artefact: Artefact[ModelT], value: ModelT, **where: object
) -> None:
    """Store a value that belongs to no document; it replaces an earlier one."""
    name = artefact.name(**where)
    store.write(Container.WORK, name, _json(value), content_type=JSON_TYPE)


def write_new_artefact(
    store: BlobStore, artefact: Artefact[ModelT], value: ModelT, **where: object
) -> bool:
    """Store a value that belongs to no document if there is none; return whether it was stored."""
    name = artefact.name(**where)
    return store.write_new(Container.WORK, name, _json(value), content_type=JSON_TYPE)


def _read(store: BlobStore, name: str, model: type[ModelT]) -> ModelT | None:
    content = store.read(Container.WORK, name)
    return None if content is None else model.model_validate_json(content)


def _missing(name: str) -> PermanentError:
    return PermanentError(ErrorCode.ARTEFACT_MISSING, f"The artefact {name!r} is gone from `work`.")


def _json(value: BaseModel) -> bytes:
    return value.model_dump_json().encode()


def _pages(content: bytes) -> Iterator[PageText]:
    for line in content.splitlines():
        if line.strip():
            yield PageText.model_validate_json(line)


def first_with_content(store: BlobStore, sha256: str, document_id: str) -> str:
    """Return the id of the first document with these bytes; the given one if there is no other."""
    name = FIRST_WITH_CONTENT.format(sha256=sha256)
    if store.write_new(Container.WORK, name, document_id.encode(), content_type=TEXT_TYPE):
        return document_id
    return (store.read(Container.WORK, name) or document_id.encode()).decode()


def recorded_status(store: BlobStore, document_id: str) -> Status | None:
    """Return the status in the stored record, or None if there is no record."""
    content = store.read(Container.RESULTS, RECORD.format(document_id=document_id))
    return None if content is None else Status(json.loads(content)["status"])


def to_json(value: dict[str, Any]) -> bytes:
    """Return a JSON object as indented text in UTF-8."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
