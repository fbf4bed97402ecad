"""What the domain needs from the world, as roles; adapters play them, fakes too.

Every method may raise TransientError (worth another try) or PermanentError (not worth one), and
nothing else for a foreseeable failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from docflow.errors import ErrorCode
from docflow.models.facts import Ticket
from docflow.models.index import IndexEntry
from docflow.models.outputs import Answer
from docflow.models.pages import PageText
from docflow.models.states import OcrMode, Status, UrgencyLevel

AnswerT = TypeVar("AnswerT", bound=Answer)
AnswerT_co = TypeVar("AnswerT_co", bound=Answer, covariant=True)


@dataclass(frozen=True, slots=True)
class BlobProperties:
    """What the store knows of a blob; `etag` without quotes."""

    name: str
    etag: str
    bytes: int
    content_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class BlobStore(Protocol):
    """Containers of blobs. Writes overwrite, so that running a step twice is safe."""

    def properties(self, container: str, name: str) -> BlobProperties | None:
        """Describe a blob; None where there is none."""

    def read(self, container: str, name: str) -> bytes | None:
        """Read a small blob; None where there is none."""

    def read_part(self, container: str, name: str, offset: int, length: int) -> bytes | None:
        """Read some bytes of a blob, fewer where it ends before; None where there is no blob."""

    def write(self, container: str, name: str, content: bytes, *, content_type: str) -> str:
        """Write a blob, replacing what was there; gives the new ETag without quotes."""

    def write_new(self, container: str, name: str, content: bytes, *, content_type: str) -> bool:
        """Write a blob only where there is none; gives whether it was written."""

    def append(self, container: str, name: str, content: bytes, *, content_type: str) -> None:
        """Append to a blob, which is made where there is none.

        Of several that append at the same time each one's bytes stand together. A call that is
        repeated since its answer was lost may append its bytes twice.
        """

    def upload(self, container: str, name: str, file: Path, *, content_type: str) -> str:
        """Write a blob from a file in bounded memory; gives the new ETag without quotes."""

    def upload_new(
        self,
        container: str,
        name: str,
        file: Path,
        *,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> bool:
        """Write a blob from a file only where there is none; gives whether it was written."""

    def download(self, container: str, name: str, file: Path) -> str | None:
        """Write a blob to a file in bounded memory.

        Gives the SHA-256 of the content in hex; None where there is no such blob.
        """

    def copy(
        self, source: tuple[str, str], target: tuple[str, str], *, if_etag: str | None = None
    ) -> bool:
        """Copy (container, name) inside the store, without passing through this process.

        Gives False where the source is gone or no longer carries `if_etag`.
        """

    def delete(self, container: str, name: str) -> bool:
        """Delete a blob; gives whether there was one."""

    def list(self, container: str, prefix: str) -> Iterator[str]:
        """Give the names under a prefix in ascending order."""

    def list_older(
        self, container: str, prefix: str, before: datetime, *, since: datetime | None = None
    ) -> Iterator[str]:
        """Give those names under a prefix that were last written before a moment.

        With `since` only those that were not written before that one.
        """

    def lease(
        self, container: str, name: str, *, wait_seconds: float
    ) -> AbstractContextManager[None]:
        """Hold an existing blob exclusively for at most 15 s; others wait at most `wait_seconds`.

        Raises:
            TransientError: code `LEASE_TAKEN`, somebody else held it all the time.
        """

    def check(self) -> None:
        """Raise where the store cannot be reached."""


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """A question to the document index; None means any."""

    status: Status | None = None
    urgency: UrgencyLevel | None = None
    name: str | None = None
    """Exact name of the blob."""
    review: bool | None = None
    """Whether a person was or is needed."""
    since: datetime | None = None
    """Received at or after this time."""
    limit: int = 50
    continuation: str | None = None


@dataclass(frozen=True, slots=True)
class IndexPage:
    """Part of an answer of the index; `continuation` leads to the next part."""

    entries: list[IndexEntry]
    continuation: str | None = None


class DocumentIndex(Protocol):
    """Listing of documents: a projection that can be rebuilt from the records."""

    def put(self, entry: IndexEntry) -> None:
        """Store an entry unless one with a higher sequence is there already."""

    def get(self, document_id: str) -> IndexEntry | None:
        """Find one document."""

    def list(self, query: IndexQuery) -> IndexPage:
        """Find documents, the newest first."""

    def check(self) -> None:
        """Raise where the index cannot be reached."""


class OcrEngine(Protocol):
    """Reads the text of one page."""

    def read_page(self, content: bytes, *, number: int) -> PageText:
        """Recognize one page, given as a one-page PDF or a picture.

        The result carries `number`, the text in reading order, words with polygons and confidence.
        A document without pages of its own (DOCX, XLSX, PPTX, HTML) is given as it is and comes
        back as one `whole` page.
        """

    def check(self) -> None:
        """Raise where the service cannot be reached."""


class RateLimiter(Protocol):
    """Spreads calls over time, for all instances of the app together."""

    def wait_for_permit(self) -> None:
        """Wait until a call is permitted.

        Raises:
            TransientError: too many callers wait already.
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
    """A checked answer with its usage figures."""

    answer: AnswerT_co
    model: str
    deployment: str
    prompt_tokens: int
    completion_tokens: int
    cached: bool = False
    """Whether the answer was paid for before; then it took no tokens now."""
    saved_prompt_tokens: int = 0
    saved_completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ModelBlocked:
    """The model declined for good: content filter, refusal or an answer too long."""

    code: ErrorCode
    message: str


class LanguageModel(Protocol):
    """Answers a prompt about data, by a given schema."""

    def answer(
        self, prompt: Prompt, data: dict[str, Any], schema: type[AnswerT], *, max_tokens: int
    ) -> ModelReply[AnswerT] | ModelBlocked:
        """Ask once; `data` is passed as JSON, apart from the instructions.

        Raises:
            TransientError: also where the answer breaks the schema
                (code `MODEL_ANSWER_INVALID`); asking again may help.
        """

    def check(self) -> None:
        """Raise where the service cannot be reached."""


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """An issue to open; `label` finds it again."""

    label: str
    title: str
    description: str
    urgent: bool


class TicketDesk(Protocol):
    """Where urgent documents become work for somebody."""

    def open(self, draft: TicketDraft) -> Ticket:
        """Open an issue, or give the one that already carries the label."""

    def cancel(self, label: str, *, reason: str) -> bool:
        """Cancel the issue with this label; gives whether there was one to cancel."""

    def check(self) -> None:
        """Raise where the desk cannot be reached."""


class MessageQueue(Protocol):
    """Tells other systems what became of a document."""

    def send(self, message: dict[str, Any]) -> None:
        """Append one JSON message. Consumers must expect to see the same message twice."""

    def check(self) -> None:
        """Raise where the queue cannot be reached."""


class Notifier(Protocol):
    """Tells people, through a webhook."""

    def notify(self, event: str, body: dict[str, Any], *, key: str) -> None:
        """Post one event; `key` is the same for a repeated one, as header `Idempotency-Key`."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a parser found out about a file that can be read."""

    content_type: str
    pages: int


@dataclass(frozen=True, slots=True)
class FileRefusal:
    """Why a file cannot be read, for the person who sent it."""

    code: ErrorCode
    message: str
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class PageForOcr:
    """A page split off for OCR: a file beside the original, or the original itself."""

    number: int
    """A document without pages of its own is its page 1."""
    file: Path
    reason: str = ""
    """Why its own text does not do."""


@dataclass(frozen=True, slots=True)
class PageSplit:
    """What a parser made of a file: texts it could read itself, and pages that need OCR."""

    texts: list[PageText] = field(default_factory=list)
    """Pages with a text layer, and empty ones."""
    ocr: list[PageForOcr] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail; its name is whatever the sender wrote."""

    name: str
    file: Path


class FileParser(Protocol):
    """Reads files of the formats taken; safe against hostile ones (limits of time and memory).

    A machine that is too busy to read a file says nothing about the file: that is a
    TransientError (code `PARSER_STARVED`).
    """

    def inspect(self, file: Path) -> FileFacts | FileRefusal:
        """Recognize the format by content and count the pages."""

    def split(
        self, file: Path, *, content_type: str, into: Path, mode: OcrMode = OcrMode.AUTO
    ) -> PageSplit | FileRefusal:
        """Read every page's text layer and split off those that go to OCR into a folder."""

    def render(self, file: Path, *, content_type: str, page: int, max_pixels: int) -> bytes:
        """Render one page as PNG."""

    def unpack(self, file: Path, *, into: Path) -> list[Attachment] | FileRefusal:
        """Write the attachments of a mail into a folder."""


class Clock(Protocol):
    """The time outside orchestrations."""

    def now(self) -> datetime:
        """Give the current time, in UTC."""
