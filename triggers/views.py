"""The JSON of documents in the API, made from the index entry and the running instance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from urllib.parse import quote

from docflow.contracts import APPROVAL_EVENT
from docflow.errors import ErrorCode
from docflow.models.files import Attached
from docflow.models.index import IndexEntry
from docflow.models.payloads import Record
from docflow.models.states import Stage, Status, UrgencyLevel
from triggers.intake import InstanceStatus, has_ended, runtime_status

API = "/api"
"""Route prefix of the HTTP functions, the default of host.json."""


class PagesView(Record):
    """The progress in pages; the total is unknown until the file was inspected."""

    done: int = 0
    total: int | None = None


class ReviewView(Record):
    """The review of a document, open or decided."""

    required: bool
    reasons: list[str]
    waiting_since: datetime | None
    deadline: datetime | None
    decision: Literal["approved", "rejected"] | None
    waiting_for: str | None
    """Exact name of the event that the document waits for; the platform takes events of any name
    and loses those of another one, also where only the case of a letter differs."""
    ignored_events: list[str]
    """Names of events that came and are not the decision; known of a single document alone."""


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
    """Document id of the mail that this document was attached to."""
    links: dict[str, str]


class AttachmentView(Record):
    """An attachment of a mail, which is a separate document."""

    id: str
    name: str
    """File name as the sender wrote it."""


class DocumentDetail(DocumentView):
    """A single document, with its record after its end."""

    preview: dict[str, Any] | None
    """Title, bullets and actions for the reviewer, while the document waits for a decision."""
    attachments: list[AttachmentView]
    """Attachments of a mail, after it was unpacked."""
    result: dict[str, Any] | None


class WaitingView(Record):
    """A document that waits for a decision."""

    id: str
    name: str
    title: str | None
    urgency: UrgencyLevel | None
    score: float | None
    reasons: list[str]
    """Why a person has to look at it."""
    urgency_reasons: list[str]
    """What decided the urgency, in plain words."""
    due: date | None
    """The nearest day by which the document asks something of its reader."""
    waiting_since: datetime
    deadline: datetime | None
    pages: int | None
    waiting_for: str
    """Exact name of the event with the decision."""
    links: dict[str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress from the status of an instance; all None if there is no instance."""

    stage: Stage | None = None
    pages_done: int | None = None
    pages_total: int | None = None
    pages_for_ocr: int | None = None
    stopped: str | None = None
    """The runtime status, if the instance ended before its last step."""
    running: bool = False

    @classmethod
    def of(cls, status: InstanceStatus) -> Progress:
        """Return the progress in the status of an instance; unknown values are ignored."""
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
    """Return an index entry updated with the progress of the instance.

    The entry may be older than the instance. And it is `published` before the last steps of the
    delivery have run, which may fail, so that the publication is undone.
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
    """Return a document for a listing."""
    return DocumentView.of(entry, **_renamed(entry, links, pages))


def document_detail(
    entry: IndexEntry,
    *,
    links: dict[str, str],
    pages: PagesView | None = None,
    preview: dict[str, Any] | None = None,
    attachments: Sequence[Attached] = (),
    result: dict[str, Any] | None = None,
    ignored_events: Sequence[str] = (),
) -> DocumentDetail:
    """Return a single document with its details."""
    return DocumentDetail.of(
        entry,
        **_renamed(entry, links, pages, ignored_events),
        preview=preview,
        attachments=[AttachmentView(id=each.document_id, name=each.name) for each in attachments],
        result=result,
    )


def _renamed(
    entry: IndexEntry,
    links: dict[str, str],
    pages: PagesView | None,
    ignored_events: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the fields that have another name or another form in a view than in the entry."""
    return {
        "id": entry.document_id,
        "pages": pages or pages_view(entry, Progress()),
        "first_document_id": entry.first_document_id or entry.document_id,
        "review": _review_view(entry, ignored_events),
        "ticket": entry.ticket_key,
        "error": entry.error_code,
        "links": links,
    }


def pages_view(entry: IndexEntry, progress: Progress, *, recognized: int = 0) -> PagesView:
    """Return the progress in pages.

    Args:
        entry: the index entry of the document.
        progress: the progress of its instance, which counts only complete ranges of pages.
        recognized: number of pages that OCR has read so far, also in incomplete ranges.
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


def _review_view(entry: IndexEntry, ignored_events: Sequence[str]) -> ReviewView | None:
    waiting = entry.status is Status.WAITING
    if not entry.review_reasons and entry.waiting_since is None and not waiting:
        return None
    decisions: dict[bool | None, Literal["approved", "rejected"] | None] = {
        True: "approved",
        False: "rejected",
        None: None,
    }
    return ReviewView.of(
        entry,
        required=True,
        reasons=entry.review_reasons,
        deadline=entry.review_deadline,
        decision=decisions[entry.decided],
        waiting_for=APPROVAL_EVENT if waiting else None,
        ignored_events=list(ignored_events),
    )


def waiting_views(entries: Iterable[IndexEntry], base_url: str) -> list[WaitingView]:
    """Return the waiting documents, ordered by urgency and then by waiting time."""
    return [
        WaitingView.of(
            entry,
            id=entry.document_id,
            reasons=entry.review_reasons,
            waiting_since=_since(entry),
            deadline=entry.review_deadline,
            waiting_for=APPROVAL_EVENT,
            links=links_to(entry.document_id, base_url),
        )
        for entry in sorted(entries, key=lambda e: (-(e.score or 0), _since(e), e.document_id))
    ]


def _since(entry: IndexEntry) -> datetime:
    return entry.waiting_since or entry.received_at


def links_to(document_id: str, base_url: str) -> dict[str, str]:
    """Return the URLs of a document, its result, source, review and reprocessing."""
    identifier = quote(document_id, safe="")
    document = f"{base_url}{API}/documents/{identifier}"
    return {
        "self": document,
        "result": f"{document}/result",
        "source": f"{document}/source",
        "review": f"{base_url}{API}/reviews/{identifier}",
        "reprocess": f"{document}/reprocess",
    }
