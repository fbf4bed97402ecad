"""The folder of one document in `work`, and where its record goes: every path in one place.

Paths are functions of the document id alone, so that a step that runs twice writes the same blobs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from docflow.contracts import Container
from docflow.errors import ErrorCode, PermanentError
from docflow.models.delivery import Ticket
from docflow.models.files import Accepted, Attachments
from docflow.models.pages import OcrReasons, PageText, Tries
from docflow.models.reviews import StoredDecision
from docflow.models.states import Status
from docflow.models.usage import ModelCall
from docflow.policy.page_sets import parse_pages
from docflow.ports import BlobStore
from docflow.work.page_file import entry_of, read_entry

JSON_TYPE = "application/json"
TEXT_TYPE = "text/plain; charset=utf-8"

_PAGES_FOR_OCR = "ocr-pages.bin"
_WASTED = "wasted-pages/"

ModelT = TypeVar("ModelT", bound=BaseModel)


class WorkFolder:
    """What the steps of one document leave for each other."""

    def __init__(self, store: BlobStore, document_id: str) -> None:
        self._store = store
        self._id = document_id

    def path(self, name: str) -> str:
        """Give the blob name of one of the document's artefacts."""
        return f"{self._id}/{name}"

    # the original

    def keep_source(self, container: str, name: str, etag: str) -> bool:
        """Copy the upload, so that it may be overwritten or deleted from now on.

        Gives False where it no longer is what was uploaded.
        """
        target = (Container.WORK, self.path("source"))
        return self._store.copy((container, name), target, if_etag=etag)

    def download_source(self, file: Path) -> str:
        """Write the original to a file; gives its SHA-256 in hex."""
        digest = self._store.download(Container.WORK, self.path("source"), file)
        if digest is None:
            raise PermanentError(
                ErrorCode.ARTEFACT_MISSING, "The kept copy of the original is gone."
            )
        return digest

    # pages

    def write_pages_for_ocr(self, bundle: Path) -> None:
        """Store the pages that were split off for OCR (see `docflow.work.page_file`)."""
        name = self.path(_PAGES_FOR_OCR)
        self._store.upload(Container.WORK, name, bundle, content_type="application/octet-stream")

    def read_page_for_ocr(self, page: int) -> bytes:
        """Read a page that was split off for OCR."""
        place = read_entry(self._read_part(_PAGES_FOR_OCR, *entry_of(page)))
        if place is None:
            raise PermanentError(
                ErrorCode.ARTEFACT_MISSING, f"Page {page} was not split off for OCR."
            )
        return self._read_part(_PAGES_FOR_OCR, *place)

    def write_page(self, page: PageText) -> None:
        """Store the text of one page that went through OCR."""
        self._write(f"pages/{page.number:06d}.json", page)

    def read_page(self, number: int) -> PageText | None:
        """Read the text of one page that went through OCR."""
        return self._read(f"pages/{number:06d}.json", PageText)

    def count_wasted_page(self, page: int) -> None:
        """Count a try of a page that OCR took and never answered."""
        self._count(f"{_WASTED}{page:06d}.json")

    def wasted_pages(self) -> int:
        """Count the tries of all pages that OCR took and never answered."""
        names = self._store.list(Container.WORK, self.path(_WASTED))
        found = (self._read(name.removeprefix(self.path("")), Tries) for name in names)
        return sum(stored.tries for stored in found if stored)

    def write_ocr_reasons(self, reasons: Mapping[int, str]) -> None:
        """Store why each page that goes to OCR does."""
        self._write("ocr-reasons.json", OcrReasons(reasons=dict(reasons)))

    def read_ocr_reasons(self) -> dict[int, str]:
        """Read why each page that went to OCR did."""
        stored = self._read("ocr-reasons.json", OcrReasons)
        return stored.reasons if stored else {}

    def pages_read(self) -> int:
        """Count the pages that went through OCR so far."""
        return sum(1 for _ in self._store.list(Container.WORK, self.path("pages/")))

    def write_text_layer(self, pages: Iterable[PageText]) -> None:
        """Store the pages that needed no OCR, as JSON lines."""
        self._write_lines("text-layer.jsonl", pages)

    def read_text_layer(self) -> list[PageText]:
        """Read the pages that needed no OCR."""
        return self._read_lines("text-layer.jsonl")

    def write_transcript(self, pages: Iterable[PageText]) -> None:
        """Store all pages in page order, as JSON lines."""
        self._write_lines("transcript.jsonl", pages)

    def read_transcript(self, pages: str | None = None) -> list[PageText]:
        """Read the pages in page order, all or those of a page set."""
        wanted = None if pages is None else set(parse_pages(pages))
        transcript = self._read_lines("transcript.jsonl")
        return [page for page in transcript if wanted is None or page.number in wanted]

    # what the model said and took, and what people decided

    def add_call(self, mark: str, call: ModelCall) -> None:
        """Keep what a call of the model took, added to earlier ones of the same question.

        `mark` names the question within the document. Written before the answer is: what was paid
        for stands in the record, whatever becomes of the answer.
        """
        name = f"calls/{mark}.json"
        before = self._read(name, ModelCall)
        self._write(name, call if before is None else before.plus(call))

    def read_calls(self) -> list[ModelCall]:
        """Read what all calls of the model took, by question, in the order of their marks."""
        names = self._store.list(Container.WORK, self.path("calls/"))
        found = (self._read(name.removeprefix(self.path("")), ModelCall) for name in names)
        return [call for call in found if call is not None]

    def write(self, name: str, value: BaseModel) -> None:
        """Store a value under a name such as `summary.json`."""
        self._write(name, value)

    def read(self, name: str, kind: type[ModelT]) -> ModelT | None:
        """Read a stored value; None where there is none."""
        return self._read(name, kind)

    def require(self, name: str, kind: type[ModelT]) -> ModelT:
        """Read a stored value that an earlier step must have left."""
        return kind.model_validate_json(self._require(name))

    def store_decision(self, decision: StoredDecision) -> bool:
        """Store a person's decision; gives False where one was stored before."""
        content = decision.model_dump_json(exclude_none=True).encode()
        name = self.path("decision.json")
        return self._store.write_new(Container.WORK, name, content, content_type=JSON_TYPE)

    def read_decision(self) -> StoredDecision | None:
        """Read the decision that was stored through the app's own API."""
        return self._read("decision.json", StoredDecision)

    def write_accepted(self, accepted: Accepted) -> None:
        """Store what the inspection found."""
        self._write("inspection.json", accepted)

    def read_accepted(self) -> Accepted | None:
        """Read what the inspection found."""
        return self._read("inspection.json", Accepted)

    def write_attachments(self, attachments: Attachments) -> None:
        """Store what became of a mail's attachments."""
        self._write("attachments.json", attachments)

    def read_attachments(self) -> Attachments | None:
        """Read what became of a mail's attachments; None where they were not unpacked."""
        return self._read("attachments.json", Attachments)

    def count_starved(self, step: str) -> int:
        """Count a try for which the machine was too busy; gives how many there were of a step."""
        return self._count(f"starved/{step}.json")

    def write_ticket(self, ticket: Ticket) -> None:
        """Store the issue that was opened."""
        self._write("ticket.json", ticket)

    def read_ticket(self) -> Ticket | None:
        """Read the issue that was opened."""
        return self._read("ticket.json", Ticket)

    # how it is written

    def _count(self, name: str) -> int:
        tries = (stored.tries if (stored := self._read(name, Tries)) else 0) + 1
        self._write(name, Tries(tries=tries))
        return tries

    def _write(self, name: str, value: BaseModel) -> None:
        content = value.model_dump_json(by_alias=True).encode()
        self._store.write(Container.WORK, self.path(name), content, content_type=JSON_TYPE)

    def _read(self, name: str, kind: type[ModelT]) -> ModelT | None:
        content = self._store.read(Container.WORK, self.path(name))
        return None if content is None else kind.model_validate_json(content)

    def _read_part(self, name: str, offset: int, length: int) -> bytes:
        content = self._store.read_part(Container.WORK, self.path(name), offset, length)
        if content is None:
            raise PermanentError(
                ErrorCode.ARTEFACT_MISSING, f"The artefact {name!r} is gone from work."
            )
        return content

    def _require(self, name: str) -> bytes:
        content = self._store.read(Container.WORK, self.path(name))
        if content is None:
            raise PermanentError(
                ErrorCode.ARTEFACT_MISSING, f"The artefact {name!r} is gone from work."
            )
        return content

    def _write_lines(self, name: str, pages: Iterable[PageText]) -> None:
        lines = "".join(f"{page.model_dump_json(exclude_none=True)}\n" for page in pages)
        self._store.write(
            Container.WORK, self.path(name), lines.encode(), content_type="application/x-ndjson"
        )

    def _read_lines(self, name: str) -> list[PageText]:
        return list(_pages(self._require(name)))


def _pages(content: bytes) -> Iterator[PageText]:
    for line in content.splitlines():
        if line.strip():
            yield PageText.model_validate_json(line)


def record_name(document_id: str) -> str:
    """Give the blob name of a document's result record in `results`."""
    return f"{document_id}.json"


def readable_record_name(document_id: str) -> str:
    """Give the blob name of the readable form of a record in `results`."""
    return f"{document_id}.md"


def recorded_status(store: BlobStore, document_id: str) -> Status | None:
    """Give the end that the stored record tells of; None where there is no record."""
    content = store.read(Container.RESULTS, record_name(document_id))
    return None if content is None else Status(json.loads(content)["status"])


def content_marker(sha256: str) -> str:
    """Give the blob name in `work` that remembers the first document with these bytes."""
    return f"content/{sha256}"


def claim_name(document_id: str) -> str:
    """Give the blob name in `work` that says a document was taken on."""
    return f"{document_id}/claim.json"


def to_json(value: dict[str, Any]) -> bytes:
    """Write a JSON object for people and machines."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
