"""What the API shows of a document: the index entry, brought up to date by the running instance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from docflow.errors import ErrorCode
from docflow.models.files import Attached
from docflow.models.index import IndexEntry
from docflow.models.payloads import Record
from docflow.models.states import Stage, Status, UrgencyLevel
from triggers.intake import InstanceStatus, has_ended, runtime_status

API = "/api"
"""Route prefix of the HTTP functions, as host.json has it by default."""


class PagesView(Record):
    """Progress in pages; the total is unknown until the file was inspected."""

    done: int = 0
    total: int | None = None


class ReviewView(Record):
    """What a person has, or had, to decide."""

    required: bool
    reasons: list[str]
    waiting_since: datetime | None
    deadline: datetime | None
    decision: Literal["approved", "rejected"] | None


class DocumentView(Record):
    """A document in a listing."""

    id: str
    name: str
    status: Status
    stage: Stage
    pages: PagesView
    urgency: UrgencyLevel | None
    score: float | None
    title: str | None
    attempt: int
    first_document_id: str
    received_at: datetime
    updated_at: datetime
    review: ReviewView | None
    ticket: str | None
    error: str | None
    ocr_pages: int | None
    estimated_usd: float
    parent: str | None
    """The mail that this document was attached to."""
    links: dict[str, str]


class AttachmentView(Record):
    """What came with a mail: a document of its own."""

    id: str
    name: str
    """As the sender wrote it."""


class DocumentDetail(DocumentView):
    """A document by itself, with its record once it is at its end."""

    preview: dict[str, Any] | None
    """What a reviewer is to decide about: title, bullets and actions, while the document waits."""
    attachments: list[AttachmentView]
    """Of a mail, from when it was unpacked."""
    result: dict[str, Any] | None


class WaitingView(Record):
    """A document that waits for a decision."""

    id: str
    name: str
    title: str | None
    urgency: UrgencyLevel | None
    score: float | None
    reasons: list[str]
    waiting_since: datetime
    deadline: datetime | None
    pages: int | None
    links: dict[str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """What the instance of a document says of itself; all unknown where there is none."""

    stage: Stage | None = None
    pages_done: int | None = None
    pages_total: int | None = None
    pages_for_ocr: int | None = None
    stopped: str | None = None
    """Set where the instance ended other than by coming to its last step."""
    running: bool = False

    @classmethod
    def of(cls, status: InstanceStatus) -> Progress:
        """Read the status of an instance; a custom status of another form tells nothing."""
        if not status:
            return cls()
        custom = _object(status.custom_status)
        pages = _object(custom.get("pages"))
        state = runtime_status(status)
        return cls(
            stage=_stage(custom.get("stage")),
            pages_done=_count(pages.get("done")),
            pages_total=_count(pages.get("total")),
            pages_for_ocr=_count(pages.get("ocr")),
            stopped=state if has_ended(status) and state != "Completed" else None,
            running=not has_ended(status),
        )


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _stage(value: object) -> Stage | None:
    return next((stage for stage in Stage if stage == value), None)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None


def brought_up_to_date(entry: IndexEntry, progress: Progress) -> IndexEntry:
    """Correct an index entry by what the instance says.

    The entry may lag behind; and it says `published` a little early, while the last steps of the
    delivery, which may still undo the earlier ones, are under way.
    """
    if entry.status.ended:
        if not progress.running:
            return entry
        return entry.model_copy(update={"status": Status.PROCESSING, "stage": Stage.DELIVERING})
    if progress.stopped:
        code = ErrorCode.of_stopped_instance(progress.stopped).value
        return entry.model_copy(update={"status": Status.FAILED, "error_code": code})
    if progress.stage is None:
        return entry
    waiting = progress.stage is Stage.WAITING_FOR_REVIEW
    status = Status.WAITING if waiting else Status.PROCESSING
    return entry.model_copy(update={"status": status, "stage": progress.stage})


def document_view(
    entry: IndexEntry, *, links: dict[str, str], pages: PagesView | None = None
) -> DocumentView:
    """Show a document in a listing."""
    return DocumentView(**_fields(entry, links, pages))


def document_detail(
    entry: IndexEntry,
    *,
    links: dict[str, str],
    pages: PagesView | None = None,
    preview: dict[str, Any] | None = None,
    attachments: Sequence[Attached] = (),
    result: dict[str, Any] | None = None,
) -> DocumentDetail:
    """Show a document by itself."""
    return DocumentDetail(
        **_fields(entry, links, pages),
        preview=preview,
        attachments=[AttachmentView(id=each.document_id, name=each.name) for each in attachments],
        result=result,
    )


def _fields(entry: IndexEntry, links: dict[str, str], pages: PagesView | None) -> dict[str, Any]:
    return {
        "id": entry.document_id,
        "name": entry.name,
        "status": entry.status,
        "stage": entry.stage,
        "pages": pages or pages_view(entry, Progress()),
        "urgency": entry.urgency,
        "score": entry.score,
        "title": entry.title,
        "attempt": entry.attempt,
        "first_document_id": entry.first_document_id or entry.document_id,
        "received_at": entry.received_at,
        "updated_at": entry.updated_at,
        "review": _review_view(entry),
        "ticket": entry.ticket_key,
        "error": entry.error_code,
        "ocr_pages": entry.ocr_pages,
        "estimated_usd": entry.estimated_usd,
        "parent": entry.parent,
        "links": links,
    }


def pages_view(entry: IndexEntry, progress: Progress, *, recognized: int = 0) -> PagesView:
    """Show progress in pages.

    Args:
        entry: the index entry of the document.
        progress: what its instance says, which counts whole ranges of pages.
        recognized: pages that went through OCR so far, those of ranges under way included.
    """
    total = progress.pages_total if progress.pages_total is not None else entry.pages
    if total is None:
        return PagesView()
    if entry.status.ended or entry.status is Status.WAITING:
        return PagesView(done=total, total=total)
    done = progress.pages_done or 0
    if progress.pages_for_ocr is not None:
        done = max(done, total - progress.pages_for_ocr + recognized)
    return PagesView(done=min(total, done), total=total)


def _review_view(entry: IndexEntry) -> ReviewView | None:
    if not entry.review_reasons and entry.waiting_since is None:
        return None
    decisions: dict[bool | None, Literal["approved", "rejected"] | None] = {
        True: "approved",
        False: "rejected",
        None: None,
    }
    return ReviewView(
        required=True,
        reasons=entry.review_reasons,
        waiting_since=entry.waiting_since,
        deadline=entry.review_deadline,
        decision=decisions[entry.decided],
    )


def waiting_views(entries: Iterable[IndexEntry], base_url: str) -> list[WaitingView]:
    """Show the documents that wait, the most urgent first and the oldest first among those."""
    return [
        WaitingView(
            id=entry.document_id,
            name=entry.name,
            title=entry.title,
            urgency=entry.urgency,
            score=entry.score,
            reasons=entry.review_reasons,
            waiting_since=_since(entry),
            deadline=entry.review_deadline,
            pages=entry.pages,
            links=links_to(entry.document_id, base_url),
        )
        for entry in sorted(entries, key=lambda e: (-(e.score or 0), _since(e), e.document_id))
    ]


def _since(entry: IndexEntry) -> datetime:
    return entry.waiting_since or entry.received_at


def links_to(document_id: str, base_url: str) -> dict[str, str]:
    """Give the addresses of a document and of what belongs to it."""
    identifier = quote(document_id, safe="")
    document = f"{base_url}{API}/documents/{identifier}"
    return {
        "self": document,
        "result": f"{document}/result",
        "source": f"{document}/source",
        "review": f"{base_url}{API}/reviews/{identifier}",
        "reprocess": f"{document}/reprocess",
    }
