"""The readable form of a record: Markdown for people, in which all text from outside is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docflow.models.files import Attached
from docflow.policy.shown_text import shown_on_one_line
from docflow.record.schema import ResultRecord, UrgencyRecord

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~&-])")


def escape(text: str) -> str:
    """Return text from outside as one line of Markdown without effect on the text around it.

    Invisible characters are removed: with some, a document could change what a person reads beside
    it.
    """
    return _MARKUP.sub(r"\\\1", shown_on_one_line(text))


def to_markdown(record: ResultRecord) -> str:
    """Return the record as Markdown; the first line says if the document was not read fully."""
    return "\n".join(_lines(record)) + "\n"


def _lines(record: ResultRecord) -> Iterator[str]:
    coverage = record.coverage
    if coverage is not None and not coverage.complete:
        yield (
            f"**Incomplete:** {coverage.pages_read} of {record.source.pages} pages were read, "
            f"{coverage.pages_failed} failed, {_unread_pages(coverage.pages_unread)}"
            f"{coverage.characters_unread} characters were not summarized.\n"
        )
    title = record.summary.title if record.summary else record.source.name
    yield f"# {escape(title)}\n"
    yield f"- File: {escape(record.source.name)}{_extent(record.source.pages)}"
    yield f"- Status: {record.status}"
    if record.urgency:
        yield from _urgency(record.urgency)
    if record.source.parent:
        yield f"- Attached to: {record.source.parent}"
    if record.source.successor:
        yield f"- Newer version: {record.source.successor}"
    for attachment in record.attachments:
        yield _attachment(attachment)
    if record.ticket:
        yield f"- Ticket: {escape(record.ticket.key)}, <{record.ticket.url}>"
    if record.error:
        yield f"- Error: {record.error.code}. {escape(record.error.message)}"
    yield from _summary(record)
    yield from _review(record)
    yield (
        f"\nDocument {record.document_id}, attempt {record.attempt}. "
        f"Estimated cost: {record.cost.estimated_usd:.4f} US dollars."
    )


def _attachment(attachment: Attached) -> str:
    within = "".join(f" in {escape(mail)}" for mail in reversed(attachment.within))
    left = attachment.left_out
    lost = f"; {left} files attached to it were left out" if left else ""
    return (
        f"- Attachment: {escape(attachment.name)}{within}, document {attachment.document_id}{lost}"
    )


def _unread_pages(pages: int) -> str:
    return f"{pages} need OCR, which failed or is turned off, " if pages else ""


def _extent(pages: int) -> str:
    """Return the number of pages as text, or nothing for a refused file."""
    if not pages:
        return ""
    return ", 1 page" if pages == 1 else f", {pages} pages"


def _urgency(urgency: UrgencyRecord) -> Iterator[str]:
    yield f"- Urgency: {urgency.level} (decided by the {urgency.decided_by})"
    yield from (f"  - {escape(reason)}" for reason in urgency.reasons)
    if urgency.deadline:
        yield f"- Due: {urgency.deadline.isoformat()}"


def _summary(record: ResultRecord) -> Iterator[str]:
    if record.summary is None:
        return
    yield "\n## Summary\n"
    for bullet in record.summary.bullets:
        place = f" (page {bullet.page})" if bullet.page else ""
        doubt = "" if bullet.grounded or bullet.page is None else " [quote not found]"
        yield f"- {escape(bullet.text)}{place}{doubt}"
    if record.actions:
        yield "\n## Actions\n"
    for action in record.actions:
        due = f" (due {escape(action.due_date)})" if action.due_date else ""
        yield f"- {escape(action.text)}{due}"
    if record.draft_reply:
        yield "\n## Draft reply\n"
        yield f"> {escape(record.draft_reply)}"


def _review(record: ResultRecord) -> Iterator[str]:
    decision = record.review.decision
    if decision is None:
        return
    verdict = "Approved" if decision.approved else "Rejected"
    comment = f": {escape(decision.comment)}" if decision.comment else ""
    yield "\n## Review\n"
    yield f"- {verdict} by {escape(decision.reviewer or 'unknown')}{comment}"
