"""The folder of one document in `work`, through which its steps leave things for each other.

The table of `artefacts` says what there is, and where.
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
    """What the steps of one document leave for each other."""

    def __init__(self, store: BlobStore, document_id: str) -> None:
        self._store = store
        self._id = document_id

    def path(self, name: str) -> str:
        """Return the blob name of something in the folder."""
        return f"{self._id}/{name}"

    # Values.

    def read(self, artefact: Artefact[ModelT], **where: object) -> ModelT | None:
        """Return a stored value; None where there is none."""
        content = self._store.read(Container.WORK, self.path(artefact.name(**where)))
        return None if content is None else artefact.model.model_validate_json(content)

    def require(self, artefact: Artefact[ModelT], **where: object) -> ModelT:
        """Return a value that an earlier step must have stored.

        Raises:
            PermanentError: code `ARTEFACT_MISSING`, there is none.
        """
        value = self.read(artefact, **where)
        if value is None:
            raise _missing(artefact.name(**where))
        return value

    def write(self, artefact: Artefact[ModelT], value: ModelT, **where: object) -> None:
        """Store a value, in the place of an earlier one."""
        name = self.path(artefact.name(**where))
        self._store.write(Container.WORK, name, _json(value), content_type=JSON_TYPE)

    def write_new(self, artefact: Artefact[ModelT], value: ModelT) -> bool:
        """Store a value where there is none; return whether it was stored."""
        name = self.path(artefact.path)
        return self._store.write_new(Container.WORK, name, _json(value), content_type=JSON_TYPE)

    def count(self, tries: Artefact[Tries], **where: object) -> int:
        """Count one more try; return how many there were."""
        before = self.read(tries, **where)
        now = Tries(tries=1 + (before.tries if before else 0))
        self.write(tries, now, **where)
        return now.tries

    # The original.

    def has_source(self) -> bool:
        """Whether a copy of the upload is kept."""
        return self._store.properties(Container.WORK, self.path(SOURCE)) is not None

    def keep_source(self, container: str, name: str, etag: str | None = None) -> bool:
        """Copy the upload, so that it may be overwritten or deleted from now on.

        Returns:
            False where it is gone, or where its ETag is no longer the one given.
        """
        target = (Container.WORK, self.path(SOURCE))
        return self._store.copy((container, name), target, if_etag=etag)

    def download_source(self, file: Path) -> str:
        """Write the original to a file; return its SHA-256 in hex."""
        digest = self._store.download(Container.WORK, self.path(SOURCE), file)
        if digest is None:
            raise PermanentError(
                ErrorCode.ARTEFACT_MISSING, "The kept copy of the original is gone."
            )
        return digest

    # Pages.

    def write_pages_for_ocr(self, pages: Path) -> None:
        """Store the file of the pages that were split off for OCR (see `page_file`)."""
        name = self.path(PAGES_FOR_OCR)
        self._store.upload(Container.WORK, name, pages, content_type=BYTES_TYPE)

    def read_page_for_ocr(self, page: int) -> bytes:
        """Return a page that was split off for OCR."""
        places = read_entries(self._require_part(PAGES_FOR_OCR, entries_of(page, page)))
        if not places:
            raise PermanentError(
                ErrorCode.ARTEFACT_MISSING, f"Page {page} was not split off for OCR."
            )
        return self._require_part(PAGES_FOR_OCR, places[0])

    def pages_read(self) -> int:
        """Count the pages that went through OCR so far."""
        return sum(1 for _ in self._names_like(PAGE))

    def wasted_pages(self) -> int:
        """Count the tries of all pages that OCR took and never answered."""
        return sum(tries.tries for tries in self._all_of(WASTED_TRIES))

    def write_pages(self, lines: PageLines, pages: Iterable[PageText]) -> None:
        """Store the texts of pages, and after them the table that says where each of them lies."""
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
        """Return the texts of pages, all or those of a page set, in the order they were stored.

        Of a page set, no more is read than what lies between its first page and its last.

        Raises:
            PermanentError: code `ARTEFACT_MISSING`, they were not stored.
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

    # What calls of the model took.

    def add_usage(self, line: UsageLine) -> None:
        """Append what a call of the model took; a line with a key that is there counts once."""
        content = f"{line.model_dump_json(exclude_none=True)}\n".encode()
        name = self.path(USAGE.path)
        self._store.append(Container.WORK, name, content, content_type=LINES_TYPE)

    def read_usage(self) -> list[ModelCall]:
        """Return what all calls of the model took, summed by step, deployment, model and prompt."""
        content = self._store.read(Container.WORK, self.path(USAGE.path))
        if content is None:
            return sum_of(self._all_of(CALL_OF_VERSION_1))
        lines = map(UsageLine.model_validate_json, content.splitlines())
        return sum_of({line.key: line.call for line in lines}.values())

    # How it is read.

    def _names_like(self, artefact: Artefact[ModelT]) -> Iterator[str]:
        """Return the blob names of an artefact whatever is in the braces of its path."""
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


def _missing(name: str) -> PermanentError:
    return PermanentError(ErrorCode.ARTEFACT_MISSING, f"The artefact {name!r} is gone from work.")


def _json(value: BaseModel) -> bytes:
    return value.model_dump_json().encode()


def _pages(content: bytes) -> Iterator[PageText]:
    for line in content.splitlines():
        if line.strip():
            yield PageText.model_validate_json(line)


def first_with_content(store: BlobStore, sha256: str, document_id: str) -> str:
    """Return the first document with these bytes, which is the given one if there was none."""
    name = FIRST_WITH_CONTENT.format(sha256=sha256)
    if store.write_new(Container.WORK, name, document_id.encode(), content_type=TEXT_TYPE):
        return document_id
    return (store.read(Container.WORK, name) or document_id.encode()).decode()


def recorded_status(store: BlobStore, document_id: str) -> Status | None:
    """Return the end that the stored record tells of; None where there is no record."""
    content = store.read(Container.RESULTS, RECORD.format(document_id=document_id))
    return None if content is None else Status(json.loads(content)["status"])


def to_json(value: dict[str, Any]) -> bytes:
    """Write a JSON object for people and machines."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
