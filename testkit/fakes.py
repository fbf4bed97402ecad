"""In-memory fakes for every port; tests can read what happened from their attributes.

Fakes and adapters pass the same tests, in tests/adapters.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from docflow.clients import Clients
from docflow.errors import ErrorCode, NotFoundError, PermanentError, TransientError
from docflow.models.facts import Ticket
from docflow.models.index import IndexEntry
from docflow.models.outputs import ModelAnswer
from docflow.models.pages import PageText, Word
from docflow.models.states import OcrMode, PageMethod
from docflow.models.totals import Totals
from docflow.ports import (
    AnswerT,
    AttachedFile,
    BlobKind,
    BlobPage,
    BlobProperties,
    BlobStore,
    Clock,
    DocumentIndex,
    FileFacts,
    FileParser,
    FileRefusal,
    IndexPage,
    IndexQuery,
    LanguageModel,
    MessageQueue,
    ModelBlocked,
    ModelReply,
    Notifier,
    OcrEngine,
    PageForOcr,
    PageSplit,
    Prompt,
    TicketDesk,
    TicketDraft,
)
from docflow.settings import Settings

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""The first time of a FixedClock."""

ONE_PIXEL_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg=="
)

PortT = TypeVar("PortT")


# Failures.


class _FailingPort:
    """A proxy for a port whose one method fails first."""

    def __init__(
        self, inner: object, method: str, errors: Sequence[Exception], *, forever: bool
    ) -> None:
        self._inner = inner
        self._method = method
        self._errors = list(errors)
        self._forever = forever

    def __getattr__(self, name: str) -> object:
        value: Callable[..., object] = getattr(self._inner, name)
        return self._guarded(value) if name == self._method else value

    def _guarded(self, call: Callable[..., object]) -> Callable[..., object]:
        def attempt(*args: object, **kwargs: object) -> object:
            if self._errors:
                raise self._errors[0] if self._forever else self._errors.pop(0)
            return call(*args, **kwargs)

        return attempt


def failing(port: PortT, method: str, *errors: Exception, forever: bool = False) -> PortT:
    """Return a proxy for a port whose `method` raises these errors first, one in each call.

    Args:
        port: is called after the errors are used up.
        method: the method that fails.
        errors: the errors that it raises, in this order.
        forever: whether it raises the first error in every call.
    """
    if not callable(getattr(port, method)):
        raise TypeError(f"{method!r} is not a method of {type(port).__name__}")
    return cast(PortT, _FailingPort(port, method, errors, forever=forever))


# Time.


class FixedClock:
    """A clock whose time changes only when a test changes it."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the current time of the clock."""
        return self._now

    def advance(self, **duration: float) -> None:
        """Move the clock forward by a duration, with the arguments of `timedelta` (`hours=2`)."""
        self._now += timedelta(**duration)


# Storage.


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob as the in-memory store keeps it."""

    content: bytes
    content_type: str
    etag: str
    last_modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime = START
    kind: BlobKind = BlobKind.BLOCK
    with_md5: bool = True
    """Whether the store knows the MD5, as it does of a blob that was written at once."""
    archived: bool = False

    def properties(self, name: str) -> BlobProperties:
        """Return the properties of the blob."""
        digest = hashlib.md5(self.content, usedforsecurity=False).hexdigest()
        return BlobProperties(
            name,
            self.etag,
            len(self.content),
            self.content_type,
            self.metadata,
            self.kind,
            self.created_at,
            self.last_modified,
            digest if self.with_md5 else None,
            self.archived,
        )


class InMemoryBlobStore:
    """Containers of blobs in a dictionary, with ETags and leases as in the real store."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.blobs: dict[tuple[str, str], StoredBlob] = {}
        self._clock = clock or FixedClock()
        self._versions = 0
        self._changed = threading.Condition()
        self._leased: dict[tuple[str, str], int] = {}
        self._appending = threading.Lock()

    def properties(self, container: str, name: str) -> BlobProperties | None:
        """Return the properties of a blob."""
        blob = self.blobs.get((container, name))
        return None if blob is None else blob.properties(name)

    def read(self, container: str, name: str) -> bytes | None:
        """Return the content of a blob."""
        blob = self.blobs.get((container, name))
        return None if blob is None else blob.content

    def read_part(self, container: str, name: str, offset: int, length: int) -> bytes | None:
        """Return a range of bytes of a blob."""
        content = self.read(container, name)
        return None if content is None else content[offset : offset + length]

    def write(self, container: str, name: str, content: bytes, *, content_type: str) -> str:
        """Write a blob."""
        with self._changed:
            self._refuse_if_leased(container, name)
            now = self._clock.now()
            blob = StoredBlob(content, content_type, self._next_etag(), now, created_at=now)
            self.blobs[container, name] = blob
            return blob.etag

    def _next_etag(self) -> str:
        self._versions += 1
        return f"0x8DE{self._versions:012X}"

    def change(self, container: str, name: str, **fields: Any) -> str:  # noqa: ANN401 - of StoredBlob
        """Change a blob in place as other programs do: it gets an ETag and keeps its creation."""
        with self._changed:
            known = {"etag": self._next_etag(), "last_modified": self._clock.now(), **fields}
            self.blobs[container, name] = replace(self.blobs[container, name], **known)
            return self.blobs[container, name].etag

    def write_new(self, container: str, name: str, content: bytes, *, content_type: str) -> bool:
        """Write a blob if it does not exist."""
        with self._changed:
            if (container, name) in self.blobs:
                return False
            self.write(container, name, content, content_type=content_type)
            return True

    def append(self, container: str, name: str, content: bytes, *, content_type: str) -> None:
        """Append to a blob; create it if it does not exist."""
        with self._appending:
            if (container, name) not in self.blobs:
                self.write(container, name, b"", content_type=content_type)
                self.change(container, name, kind=BlobKind.APPEND, with_md5=False)
            self.change(container, name, content=self.blobs[container, name].content + content)

    def upload(self, container: str, name: str, file: Path, *, content_type: str) -> str:
        """Write a blob from a file."""
        return self.write(container, name, file.read_bytes(), content_type=content_type)

    def upload_new(
        self,
        container: str,
        name: str,
        file: Path,
        *,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> bool:
        """Write a blob from a file if it does not exist."""
        with self._changed:
            if not self.write_new(container, name, file.read_bytes(), content_type=content_type):
                return False
            self.blobs[container, name] = replace(
                self.blobs[container, name], metadata=dict(metadata)
            )
            return True

    def download(self, container: str, name: str, file: Path) -> str | None:
        """Write a blob to a file and return its SHA-256."""
        content = self.read(container, name)
        if content is None:
            return None
        file.write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    def copy(
        self,
        source: tuple[str, str],
        target: tuple[str, str],
        *,
        if_etag: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str | None:
        """Copy a blob inside the store."""
        with self._changed:
            blob = self.blobs.get(source)
            if blob is None or (if_etag is not None and blob.etag != if_etag.strip('"')):
                return None
            if blob.archived:
                raise PermanentError(ErrorCode.BLOB_ARCHIVED, f"{source[1]!r} is archived.")
            etag = self.write(*target, blob.content, content_type=blob.content_type)
            copied = dict(blob.metadata if metadata is None else metadata)
            self.blobs[target] = replace(self.blobs[target], metadata=copied, kind=blob.kind)
            return etag

    def delete(self, container: str, name: str) -> bool:
        """Delete a blob."""
        with self._changed:
            self._refuse_if_leased(container, name)
            return self.blobs.pop((container, name), None) is not None

    def list(self, container: str, prefix: str) -> Iterator[str]:
        """Return the names with a prefix in ascending order."""
        with self._changed:
            names = [name for where, name in self.blobs if where == container]
        return iter(sorted(name for name in names if name.startswith(prefix)))

    def list_older(self, container: str, prefix: str, before: datetime) -> Iterator[str]:
        """Return the names with a prefix whose blobs were last written before a moment."""
        for name in self.list(container, prefix):
            if self.blobs[container, name].last_modified < before:
                yield name

    def list_page(
        self, container: str, *, continuation: str | None = None, limit: int = 5_000
    ) -> BlobPage:
        """Return one page of all blobs of a container with their properties."""
        after = _decoded(continuation) if continuation else ""
        names = [name for name in self.list(container, "") if name > after]
        found = [self.blobs[container, name].properties(name) for name in names[:limit]]
        more = _encoded(found[-1].name) if len(names) > limit else None
        return BlobPage(found, more)

    def lease(
        self, container: str, name: str, *, wait_seconds: float
    ) -> AbstractContextManager[None]:
        """Hold a lease on a blob while the block runs."""
        return self._lease((container, name), wait_seconds)

    @contextmanager
    def _lease(self, key: tuple[str, str], wait_seconds: float) -> Iterator[None]:
        with self._changed:
            if key not in self.blobs:
                raise NotFoundError(f"There is no blob {key[1]!r} in {key[0]!r} to lease.")
            if not self._changed.wait_for(lambda: key not in self._leased, wait_seconds):
                raise _lease_taken(*key)
            self._leased[key] = threading.get_ident()
        try:
            yield
        finally:
            with self._changed:
                del self._leased[key]
                self._changed.notify_all()

    def _refuse_if_leased(self, container: str, name: str) -> None:
        if (container, name) in self._leased:
            raise _lease_taken(container, name)

    def check(self) -> None:
        """Do nothing: memory is always available."""


def _lease_taken(container: str, name: str) -> TransientError:
    message = f"Another caller holds a lease on {name!r} in {container!r}."
    return TransientError(ErrorCode.LEASE_TAKEN, message)


class InMemoryIndex:
    """The document index in a dictionary."""

    def __init__(self, *entries: IndexEntry) -> None:
        self.entries = {entry.document_id: entry for entry in entries}
        self._lock = threading.Lock()

    def put(self, entry: IndexEntry) -> None:
        """Store an entry, unless the stored one is newer."""
        with self._lock:
            known = self.entries.get(entry.document_id)
            if known is None or known.sequence <= entry.sequence:
                self.entries[entry.document_id] = entry

    def get(self, document_id: str) -> IndexEntry | None:
        """Return the entry of a document."""
        return self.entries.get(document_id)

    def list(self, query: IndexQuery) -> IndexPage:
        """Return the documents that match a query, the newest first."""
        newest_first = sorted(
            self.entries.values(), key=lambda e: (-e.received_at.timestamp(), e.document_id)
        )
        found = [entry for entry in newest_first if _matches(entry, query)]
        start = _offset(query.continuation)
        end = start + query.limit
        more = _continuation(end) if end < len(found) else None
        return IndexPage(found[start:end], more)

    def totals(self, since: datetime) -> Totals:
        """Return the sums over the documents that were received since a moment."""
        entries = self.entries.values()
        return Totals.sum(Totals.of(entry) for entry in entries if entry.received_at >= since)

    def carry_over(self, most: int) -> int:
        """Return 0: memory holds nothing of an earlier version."""
        return 0

    def check(self) -> None:
        """Do nothing: memory is always available."""


def _matches(entry: IndexEntry, query: IndexQuery) -> bool:
    return all(
        (
            query.status in (None, entry.status),
            query.urgency in (None, entry.urgency),
            query.name in (None, entry.name),
            query.review in (None, bool(entry.review_reasons)),
            query.since is None or entry.received_at >= query.since,
        )
    )


def _encoded(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _decoded(continuation: str) -> str:
    try:
        return base64.b64decode(continuation, altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise PermanentError(
            ErrorCode.STORAGE_REJECTED, "The token does not come from an earlier page."
        ) from error


def _continuation(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def _offset(continuation: str | None) -> int:
    if continuation is None:
        return 0
    try:
        return max(0, int(base64.b64decode(continuation, altchars=b"-_", validate=True)))
    except ValueError as error:
        raise PermanentError(
            ErrorCode.BAD_CONTINUATION, "The continuation does not come from an earlier answer."
        ) from error


class InMemoryQueue:
    """A queue that keeps its messages in a list."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        """Append a message, as a consumer would receive it."""
        self.messages.append(json.loads(json.dumps(message)))

    def check(self) -> None:
        """Do nothing: memory is always available."""


# Services.

OcrTurn = str | PageText | Exception


class ScriptedOcr:
    """An OCR engine with a script: for each page number a text, an error, or a list of these.

    The last element of a list repeats. A page that is not in the script has the text `default`.
    """

    def __init__(
        self,
        script: Mapping[int, OcrTurn | Sequence[OcrTurn]] | None = None,
        *,
        default: str = "Text from a scanned page.",
        confidence: float = 0.95,
    ) -> None:
        self.calls: list[int] = []
        """The requested page numbers, in the order of the calls."""
        self._script: dict[int, list[OcrTurn]] = {
            number: _turns(turn) for number, turn in (script or {}).items()
        }
        self._default = default
        self._confidence = confidence
        self._lock = threading.Lock()

    def read_page(self, content: bytes, *, number: int, again: bool = False) -> PageText:
        """Return the text from the script for this page, or raise its error."""
        del again  # the script decides
        if not content:
            raise PermanentError(
                ErrorCode.OCR_PAGE_REJECTED, f"Page {number} was sent without content."
            )
        with self._lock:
            self.calls.append(number)
            turns = self._script.get(number)
            turn = _next_turn(turns) if turns else self._default
        if isinstance(turn, Exception):
            raise turn
        return turn if isinstance(turn, PageText) else self._page(number, turn)

    def _page(self, number: int, text: str) -> PageText:
        if not text:
            return PageText(number=number, method=PageMethod.EMPTY, reason="nothing recognized")
        words = [
            Word(text=word, confidence=self._confidence, polygon=[0, 0, 10, 0, 10, 5, 0, 5])
            for word in text.split()
        ]
        return PageText(
            number=number,
            method=PageMethod.OCR,
            text=text,
            confidence=self._confidence,
            width=1_000,
            height=1_400,
            words=words,
        )

    def check(self) -> None:
        """Return the script is always there."""


class CountingLimiter:
    """A rate limiter that gives and counts permits without a limit."""

    def __init__(self) -> None:
        self.permits = 0

    def wait_for_permit(self) -> None:
        """Count one permit."""
        self.permits += 1


ModelTurn = ModelAnswer | ModelBlocked | Exception
AnswerRule = Callable[[dict[str, Any]], ModelTurn]


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """A request to the scripted model."""

    step: str
    prompt: Prompt
    data: dict[str, Any]
    schema: type[ModelAnswer]
    max_tokens: int


class ScriptedModel:
    """A model with a script: for each step an answer, a list of answers, or a function of the data.

    The last element of a list repeats.
    """

    def __init__(self, script: Mapping[str, ModelTurn | Sequence[ModelTurn] | AnswerRule]) -> None:
        self.calls: list[ModelRequest] = []
        self._script: dict[str, AnswerRule | list[ModelTurn]] = {
            step: turn if callable(turn) else _turns(turn) for step, turn in script.items()
        }
        self._lock = threading.Lock()

    def answer(
        self, prompt: Prompt, data: dict[str, Any], schema: type[AnswerT], *, max_tokens: int
    ) -> ModelReply[AnswerT] | ModelBlocked:
        """Return the answer from the script for this step, or raise its error."""
        sent = json.dumps(data)
        with self._lock:
            self.calls.append(ModelRequest(prompt.step, prompt, data, schema, max_tokens))
            turn = self._turn(prompt.step, data)
        if isinstance(turn, Exception):
            raise turn
        if isinstance(turn, ModelBlocked):
            return turn
        if not isinstance(turn, schema):
            raise TypeError(
                f"step {prompt.step!r} wants {schema.__name__}, the script has {turn!r}"
            )
        return ModelReply(
            answer=turn,
            model="scripted-model",
            deployment="scripted",
            prompt_tokens=(len(prompt.text) + len(sent)) // 4,
            completion_tokens=len(turn.model_dump_json()) // 4,
        )

    def _turn(self, step: str, data: dict[str, Any]) -> ModelTurn:
        if step not in self._script:
            raise LookupError(f"the script says nothing on step {step!r}")
        part = self._script[step]
        return part(data) if callable(part) else _next_turn(part)

    def check(self) -> None:
        """Return the script is always there."""


TurnT = TypeVar("TurnT")


def _turns(turn: TurnT | Sequence[TurnT]) -> list[TurnT]:
    if isinstance(turn, Sequence) and not isinstance(turn, str):
        return list(turn)
    return [turn]


def _next_turn(turns: list[TurnT]) -> TurnT:
    return turns.pop(0) if len(turns) > 1 else turns[0]


@dataclass(slots=True)
class Issue:
    """An issue in the in-memory ticket desk."""

    ticket: Ticket
    draft: TicketDraft
    opened_at: datetime = START
    cancelled: bool = False
    comments: list[str] = field(default_factory=list)


class InMemoryTicketDesk:
    """A ticket desk that keeps its issues in a list.

    Its search shows an issue `lag_seconds` after it was opened, as that of Jira Cloud.
    """

    def __init__(
        self, project: str = "DOC", *, clock: Clock | None = None, lag_seconds: float = 0
    ) -> None:
        self.issues: list[Issue] = []
        self._project = project
        self._clock = clock or FixedClock()
        self._lag = timedelta(seconds=lag_seconds)

    def find(self, label: str) -> Ticket | None:
        """Return the open issue with the label, if the search shows one."""
        shown = (issue for issue in self._shown(label) if not issue.cancelled)
        issue = next(shown, None)
        return None if issue is None else issue.ticket

    def open(self, draft: TicketDraft) -> Ticket:
        """Return the open issue with the label; open it if the search shows none."""
        return self.find(draft.label) or self._opened(draft)

    def cancel(self, label: str, *, reason: str) -> bool:
        """Cancel the issues with this label that the search shows."""
        issues = self._shown(label)
        for issue in issues:
            self._cancel(issue, reason)
        return bool(issues)

    def cancel_issue(self, key: str, *, reason: str) -> None:
        """Cancel the issue with this key."""
        issue = next((issue for issue in self.issues if issue.ticket.key == key), None)
        if issue is None:
            raise PermanentError(ErrorCode.TICKET_REJECTED, f"There is no issue {key}.")
        self._cancel(issue, reason)

    def check(self) -> None:
        """Do nothing: memory is always available."""

    def _opened(self, draft: TicketDraft) -> Ticket:
        key = f"{self._project}-{len(self.issues) + 1}"
        ticket = Ticket(key=key, url=f"https://tickets.example.com/browse/{key}")
        self.issues.append(Issue(ticket, draft, self._clock.now()))
        return ticket

    def _cancel(self, issue: Issue, reason: str) -> None:
        if not issue.cancelled:
            issue.cancelled = True
            issue.comments.append(reason)

    def _shown(self, label: str) -> list[Issue]:
        now = self._clock.now()
        known = (issue for issue in self.issues if issue.draft.label == label)
        return [issue for issue in known if issue.opened_at + self._lag <= now]


@dataclass(frozen=True, slots=True)
class Notification:
    """An event that was posted."""

    event: str
    body: dict[str, Any]
    key: str


class RecordingNotifier:
    """A notifier that keeps its events in a list."""

    def __init__(self) -> None:
        self.sent: list[Notification] = []

    def notify(self, event: str, body: dict[str, Any], *, key: str) -> None:
        """Append an event, as its receiver would get it."""
        self.sent.append(Notification(event, json.loads(json.dumps(body)), key))


# Files.


class FakeFileParser:
    """A parser that returns the same pages for every file.

    A page is the text of its text layer, `""` if it is empty, or None if it needs OCR.
    """

    def __init__(
        self,
        pages: Sequence[str | None] = ("Text of the only page.",),
        *,
        content_type: str = "application/pdf",
        refusal: FileRefusal | None = None,
        attachments: Mapping[str, bytes] | None = None,
    ) -> None:
        self._pages = list(pages)
        self._content_type = content_type
        self._refusal = refusal
        self._attachments = attachments or {}

    def inspect(self, file: Path) -> FileFacts | FileRefusal:
        """Return the given facts or the given refusal."""
        if not file.is_file():
            raise FileNotFoundError(file)
        return self._refusal or FileFacts(self._content_type, len(self._pages))

    def split(
        self, file: Path, *, content_type: str, into: Path, mode: OcrMode = OcrMode.AUTO
    ) -> PageSplit | FileRefusal:
        """Return the given pages or the given refusal; pages for OCR are small files."""
        if self._refusal:
            return self._refusal
        split = PageSplit()
        for number, text in enumerate(self._pages, start=1):
            if text is None and mode is OcrMode.NEVER:
                split.texts.append(_text_page(number, "").model_copy(update={"unread": True}))
            elif text is None or (text and mode is OcrMode.ALWAYS):
                target = into / f"page-{number:06d}.pdf"
                target.write_bytes(f"page {number} of {content_type}".encode())
                split.ocr.append(PageForOcr(number, target))
            else:
                split.texts.append(_text_page(number, text))
        return split

    def render(self, file: Path, *, content_type: str, page: int, max_pixels: int) -> bytes:
        """Return a picture of one grey pixel."""
        if not 1 <= page <= len(self._pages):
            raise NotFoundError(f"The document has no page {page}.")
        return ONE_PIXEL_PNG

    def unpack(self, file: Path, *, into: Path) -> list[AttachedFile] | FileRefusal:
        """Return the given attachments or the given refusal."""
        if self._refusal:
            return self._refusal
        found = []
        for number, (name, content) in enumerate(self._attachments.items(), start=1):
            target = into / str(number)
            target.write_bytes(content)
            found.append(AttachedFile(name, target))
        return found


def _text_page(number: int, text: str) -> PageText:
    if not text:
        return PageText(number=number, method=PageMethod.EMPTY, reason="nothing on the page")
    reason = f"text layer of {len(text):,} characters"
    return PageText(number=number, method=PageMethod.TEXT_LAYER, text=text, reason=reason)


# All together.


def fake_clients(
    *,
    settings: Settings | None = None,
    store: BlobStore | None = None,
    index: DocumentIndex | None = None,
    ocr: OcrEngine | None = None,
    model: LanguageModel | None = None,
    tickets: TicketDesk | None = None,
    queue: MessageQueue | None = None,
    notifier: Notifier | None = None,
    parser: FileParser | None = None,
    clock: Clock | None = None,
) -> Clients:
    """Return clients with a fake for each port that is not given."""
    clock = clock or FixedClock()
    return Clients(
        settings=settings or Settings.load({}),
        store=store or InMemoryBlobStore(clock),
        index=index or InMemoryIndex(),
        ocr=ocr or ScriptedOcr(),
        model=model or ScriptedModel({}),
        tickets=tickets or InMemoryTicketDesk(),
        queue=queue or InMemoryQueue(),
        notifier=notifier or RecordingNotifier(),
        parser=parser or FakeFileParser(),
        clock=clock,
    )
