"""Ports: the services that the app needs, as protocols. Adapters and fakes implement them.

Every method may raise TransientError (a retry can help) or PermanentError (a retry cannot help).
No other exception is raised for an expected failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from docflow.errors import ErrorCode
from docflow.models.facts import Ticket
from docflow.models.index import IndexEntry
from docflow.models.outputs import ModelAnswer
from docflow.models.pages import Extent, PageText
from docflow.models.states import OcrMode, Status, UrgencyLevel
from docflow.models.totals import Totals

AnswerT = TypeVar("AnswerT", bound=ModelAnswer)
AnswerT_co = TypeVar("AnswerT_co", bound=ModelAnswer, covariant=True)


class BlobKind(StrEnum):
    """How a blob is written: at once, or bit by bit in place."""

    BLOCK = "block"
    APPEND = "append"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class BlobProperties:
    """The properties of a blob; `etag` is without quotes."""

    name: str
    etag: str
    bytes: int
    content_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    kind: BlobKind = BlobKind.BLOCK
    created_at: datetime | None = None
    """When the blob was created, to the second. A change of its metadata keeps it."""
    last_modified: datetime | None = None
    """When content, metadata or properties last changed, to the second."""
    content_md5: str | None = None
    """MD5 of the content in hex; None where the writer sent the content in blocks without it."""
    archived: bool = False
    """Whether the content is offline: in the archive tier, or on its way back from there."""


@dataclass(frozen=True, slots=True)
class BlobPage:
    """One page of a listing, in ascending order; `continuation` is the token of the next page."""

    blobs: list[BlobProperties]
    continuation: str | None = None


class BlobStore(Protocol):
    """Containers of blobs. A write overwrites, so that it is safe to run a step twice."""

    def properties(self, container: str, name: str) -> BlobProperties | None:
        """Return the properties of a blob, or None if there is no such blob."""

    def read(self, container: str, name: str) -> bytes | None:
        """Return the content of a small blob, or None if there is no such blob."""

    def read_part(self, container: str, name: str, offset: int, length: int) -> bytes | None:
        """Return a range of bytes of a blob.

        Returns:
            At most `length` bytes, fewer if the blob ends earlier; None if there is no such blob.
        """

    def write(self, container: str, name: str, content: bytes, *, content_type: str) -> str:
        """Write a blob, replacing an existing one, and return its new ETag without quotes."""

    def write_new(self, container: str, name: str, content: bytes, *, content_type: str) -> bool:
        """Write a blob if it does not exist, and return whether it was written."""

    def append(self, container: str, name: str, content: bytes, *, content_type: str) -> None:
        """Append to a blob; create it if it does not exist.

        Concurrent calls do not mix their bytes. A call that is repeated because its answer was
        lost may append its bytes twice.
        """

    def upload(self, container: str, name: str, file: Path, *, content_type: str) -> str:
        """Write a blob from a file in bounded memory; return its new ETag without quotes."""

    def upload_new(
        self,
        container: str,
        name: str,
        file: Path,
        *,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> bool:
        """Write a blob from a file if it does not exist; return whether it was written."""

    def download(self, container: str, name: str, file: Path) -> str | None:
        """Write a blob to a file in bounded memory.

        Returns:
            The SHA-256 of the content in hex, or None if there is no such blob.
        """

    def copy(
        self,
        source: tuple[str, str],
        target: tuple[str, str],
        *,
        if_etag: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str | None:
        """Copy a blob inside the store; its bytes do not pass through this process.

        A reader of the target sees all bytes of one copy or none of them, even if several copies
        to the same name are made at the same time.

        Args:
            source: container and name of the blob to copy.
            target: container and name of the copy.
            if_etag: copy only if the source still has this ETag.
            metadata: of the copy; None keeps those of the source.

        Returns:
            The ETag of the copy without quotes; None if the source is gone or has another ETag.

        Raises:
            PermanentError: code `BLOB_ARCHIVED`, the source is in the archive tier.
        """

    def delete(self, container: str, name: str) -> bool:
        """Delete a blob and return whether it existed."""

    def list(self, container: str, prefix: str) -> Iterator[str]:
        """Return the names with a prefix in ascending order."""

    def list_older(self, container: str, prefix: str, before: datetime) -> Iterator[str]:
        """Return the names with a prefix whose blobs were last written before a moment, in UTC."""

    def list_page(
        self, container: str, *, continuation: str | None = None, limit: int = 5_000
    ) -> BlobPage:
        """Return one page of all blobs of a container with their properties: one request.

        Args:
            container: of the blobs; without a container the page is empty.
            continuation: the token of an earlier page; None starts with the first name.
            limit: most blobs of the page, at most 5,000, the limit of the service.

        Raises:
            PermanentError: code `STORAGE_REJECTED`, the token is not valid.
        """

    def lease(
        self, container: str, name: str, *, wait_seconds: float
    ) -> AbstractContextManager[None]:
        """Hold a lease on an existing blob while the block runs, for at most 15 s.

        Args:
            container: of the blob.
            name: of the blob.
            wait_seconds: how long to wait for a lease that another caller holds.

        Raises:
            TransientError: code `LEASE_TAKEN`, another caller held the lease all this time.
        """

    def check(self) -> None:
        """Raise an error if a container is missing or cannot be written; the message names them."""


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """A query to the document index; None means any value."""

    status: Status | None = None
    urgency: UrgencyLevel | None = None
    name: str | None = None
    """Exact name of the blob."""
    review: bool | None = None
    """Whether the document needs, or needed, a review."""
    since: datetime | None = None
    """Received at or after this time."""
    limit: int = 50
    continuation: str | None = None


@dataclass(frozen=True, slots=True)
class IndexPage:
    """One page of the answer to a query; `continuation` is the token of the next page."""

    entries: list[IndexEntry]
    continuation: str | None = None


class DocumentIndex(Protocol):
    """The document index: a projection that can be rebuilt from the records."""

    def put(self, entry: IndexEntry) -> None:
        """Store an entry, unless the stored one has a higher sequence."""

    def get(self, document_id: str) -> IndexEntry | None:
        """Return the entry of a document, or None if there is none."""

    def list(self, query: IndexQuery) -> IndexPage:
        """Return one page of the documents that match a query, the newest first."""

    def totals(self, since: datetime) -> Totals:
        """Return the sums over the documents that were received since the start of a minute.

        This costs the same however many documents there are.
        """

    def carry_over(self, most: int) -> int:
        """Take over entries that an earlier version stored in another form.

        Args:
            most: number of entries to take over at once.

        Returns:
            How many were taken over; 0 if none is left.
        """

    def check(self) -> None:
        """Raise an error if the index cannot be written."""


class OcrEngine(Protocol):
    """A service that reads the text of one page."""

    def read_page(self, content: bytes, *, number: int, again: bool = False) -> PageText:
        """Read one page.

        Args:
            content: a PDF of one page or an image; a document that has no pages (DOCX, XLSX, PPTX,
                HTML) is passed as it is.
            number: page number, part of the result.
            again: ask the service, also where an earlier answer is known.

        Returns:
            The text in reading order, and words with polygon and confidence. For a document that
            has no pages it is one `whole` page.
        """

    def check(self) -> None:
        """Raise an error if the service cannot be reached."""


class RateLimiter(Protocol):
    """A rate limit that all instances of the app share; each call needs a permit."""

    def wait_for_permit(self) -> None:
        """Wait for the permit to make one call.

        Raises:
            TransientError: too many calls already wait for a permit.
        """


@dataclass(frozen=True, slots=True)
class Prompt:
    """Instructions for one kind of model call, versioned by their file name."""

    step: str
    version: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelReply(Generic[AnswerT_co]):
    """A validated answer of the model, with the tokens it took."""

    answer: AnswerT_co
    model: str
    deployment: str
    prompt_tokens: int
    completion_tokens: int
    cached: bool = False
    """Whether the answer comes from the cache; then it took no tokens."""
    saved_prompt_tokens: int = 0
    """Tokens that a cached answer would have taken."""
    saved_completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ModelBlocked:
    """No answer, and a retry cannot help: content filter, refusal, or too long an answer."""

    code: ErrorCode
    message: str
    model: str = ""
    prompt_tokens: int = 0
    """Tokens that it took all the same; 0 where the request was refused."""
    completion_tokens: int = 0


class LanguageModel(Protocol):
    """A model that answers a prompt about data; the answer follows a schema."""

    def answer(
        self, prompt: Prompt, data: dict[str, Any], schema: type[AnswerT], *, max_tokens: int
    ) -> ModelReply[AnswerT] | ModelBlocked:
        """Ask the model once.

        Args:
            prompt: the instructions.
            data: sent as JSON, separate from the instructions.
            schema: the class that defines the schema of the answer.
            max_tokens: longest answer.

        Raises:
            TransientError: the service is busy or down, or the answer did not match the schema
                (code `MODEL_ANSWER_INVALID`).
        """

    def check(self) -> None:
        """Raise an error if the service cannot be reached."""


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """An issue to open; `label` identifies it."""

    label: str
    title: str
    description: str
    urgent: bool


class TicketDesk(Protocol):
    """The issue tracker, which gets one issue for each urgent document.

    Its search may show a new issue only minutes after it was opened.
    """

    def find(self, label: str) -> Ticket | None:
        """Return the open issue with this label; None if the search shows none (yet)."""

    def open(self, draft: TicketDraft) -> Ticket:
        """Return the open issue with the draft's label; open it if the search shows none.

        Raises:
            InDoubtError: an issue may have been opened. After any other error none was.
        """

    def cancel(self, label: str, *, reason: str) -> bool:
        """Cancel all issues with this label; return whether the search showed any."""

    def cancel_issue(self, key: str, *, reason: str) -> None:
        """Cancel the issue with this key; that needs no search."""

    def check(self) -> None:
        """Raise an error if the ticket desk cannot be reached."""


class MessageQueue(Protocol):
    """A queue with messages to other systems."""

    def send(self, message: dict[str, Any]) -> None:
        """Send one JSON message; a consumer may receive it twice."""

    def check(self) -> None:
        """Raise an error if the queue cannot be written."""


class Notifier(Protocol):
    """A webhook for notifications to people."""

    def notify(self, event: str, body: dict[str, Any], *, key: str) -> None:
        """Post one event; a repeated event has the same `key` (header `Idempotency-Key`)."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Type and number of pages of a file that can be read."""

    content_type: str
    pages: int


@dataclass(frozen=True, slots=True)
class FileRefusal:
    """The reason why a file cannot be read; `message` is for the person who sent the file."""

    code: ErrorCode
    message: str
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class PageForOcr:
    """A page to send to OCR: a file with this page alone, or the original file."""

    number: int
    """Page number; 1 for a document that has no pages."""
    file: Path
    reason: str = ""
    """Why the page has no usable text layer."""
    layer: PageText | None = None
    """What can be read of the page without OCR, which OCR may not find."""
    extent: Extent = field(default_factory=Extent)
    """What the file says it holds, for a document that has no pages."""


@dataclass(frozen=True, slots=True)
class PageSplit:
    """The pages of a file: texts that the parser could read, and pages that need OCR."""

    texts: list[PageText] = field(default_factory=list)
    """Pages with a text layer, and empty pages."""
    ocr: list[PageForOcr] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """An attachment of a mail; its name is what the sender wrote and must not be trusted."""

    name: str
    file: Path
    within: tuple[str, ...] = ()
    """Names of the attached mails that it was in, from the outside in."""
    left_out: int = 0
    """Files attached to this one, where it is a mail, that are too many or nested too deep."""


class FileParser(Protocol):
    """A parser of the accepted formats, with limits of time and memory against hostile files.

    If the machine is too busy to read a file, the file may be sound: that is a TransientError with
    the code `PARSER_STARVED`, not a refusal.
    """

    def inspect(self, file: Path) -> FileFacts | FileRefusal:
        """Detect the format by content, not by name, and count the pages."""

    def split(
        self, file: Path, *, content_type: str, into: Path, mode: OcrMode = OcrMode.AUTO
    ) -> PageSplit | FileRefusal:
        """Read the text layer of every page; write the pages for OCR into a folder."""

    def render(self, file: Path, *, content_type: str, page: int, max_pixels: int) -> bytes:
        """Return a picture of one page as PNG."""

    def unpack(self, file: Path, *, into: Path) -> list[AttachedFile] | FileRefusal:
        """Write the attachments of a mail, and of the mails attached to it, into a folder."""


class Clock(Protocol):
    """The time outside orchestrations."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
