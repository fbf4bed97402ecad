"""Example values for tests: one letter of two pages, what the steps say of it, how it may end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from docflow.clients import Clients
from docflow.contracts import Activity, Container
from docflow.durable.steps import Reply
from docflow.llm.calls import DOCUMENT_SUMMARY, URGENCY, StoredSummary, StoredUrgency
from docflow.models.delivery import Closing
from docflow.models.documents import DocumentRequest, Source
from docflow.models.files import Accepted
from docflow.models.outputs import (
    ActionAnswer,
    BulletAnswer,
    EntityAnswer,
    SummaryAnswer,
    UrgencyAnswer,
)
from docflow.models.pages import PageText
from docflow.models.payloads import Payload
from docflow.models.states import PageMethod, Status, UrgencyLevel
from docflow.models.usage import ModelCall
from docflow.work.folder import WorkFolder
from testkit.fakes import START

DOCUMENT_ID = "0123456789abcdef0123456789abcdef"
SOURCE = Source(
    container=Container.INCOMING, name="letter.pdf", etag="e1", bytes=10, content_type="text/plain"
)
REQUEST = DocumentRequest(document_id=DOCUMENT_ID, source=SOURCE, received_at=START)
ACCEPTED = Accepted(content_type="application/pdf", sha256="ab" * 32, bytes=10, pages=2)

FIRST_PAGE = "The meter at 5 Elm Street was read on Monday."
SECOND_PAGE = "Please pay 80 euros by 30 January to the account named above."

RunRegistered = Callable[[Activity, Payload, Clients], Reply]
"""Runs an activity as the worker does: payload as a dict in, reply as a dict out."""


def text_page(number: int, text: str, **fields: Any) -> PageText:  # noqa: ANN401 - of PageText
    """Make a page with a text layer, unless the fields say otherwise."""
    known = {"method": PageMethod.TEXT_LAYER, "reason": "text layer", **fields}
    return PageText(number=number, text=text, **known)


PAGES = [text_page(1, FIRST_PAGE), text_page(2, SECOND_PAGE)]


def bullet(text: str, page: int, quote: str) -> BulletAnswer:
    """Make one statement of a summary."""
    return BulletAnswer(text=text, page=page, quote=quote)


SUMMARY = SummaryAnswer(
    title="Meter reading and payment",
    language="en",
    document_type="letter",
    bullets=[
        bullet("The meter was read.", 1, "was read on Monday"),
        bullet("80 euros are due.", 2, "Please pay 80 euros by 30 January"),
        bullet("The account is known.", 2, "the account named above"),
    ],
    entities=[EntityAnswer(kind="amount", value="80 euros", page=2)],
    actions=[ActionAnswer(text="Pay the bill.", due_date="2026-01-30", page=2)],
    draft_reply="Thank you, we will pay in time.",
)
NORMAL = UrgencyAnswer(level=UrgencyLevel.NORMAL, score=0.2, reasons=["Due in weeks."])
URGENT = UrgencyAnswer(level=UrgencyLevel.URGENT, score=0.9, reasons=["Due tomorrow."])


def model_call(step: str, **fields: Any) -> ModelCall:  # noqa: ANN401 - of ModelCall
    """Make the record of one model call."""
    known = {
        "deployment": "scripted",
        "model": "scripted-model",
        "prompt_version": "1",
        "prompt_sha256": f"digest of {step}",
        "prompt_tokens": 100,
        "completion_tokens": 10,
        **fields,
    }
    return ModelCall(step=step, **known)


def work_of(clients: Clients, document_id: str = DOCUMENT_ID) -> WorkFolder:
    """Give the folder of a document in `work`."""
    return WorkFolder(clients.store, document_id)


def read_document(clients: Clients, pages: Sequence[PageText] = PAGES) -> WorkFolder:
    """Leave what the steps up to the transcript leave."""
    work = work_of(clients)
    work.write_transcript(pages)
    return work


def understood_document(
    clients: Clients,
    pages: Sequence[PageText] = PAGES,
    summary: SummaryAnswer = SUMMARY,
    urgency: UrgencyAnswer = NORMAL,
) -> WorkFolder:
    """Leave what the steps up to the judgement of urgency leave."""
    work = read_document(clients, pages)
    work.add_call("1-summarize-0001", model_call("summarize"))
    work.write(DOCUMENT_SUMMARY, StoredSummary(answer=summary))
    work.add_call("3-judge-urgency", model_call("judge_urgency"))
    work.write(URGENCY, StoredUrgency(answer=urgency))
    return work


def closing(status: Status = Status.PUBLISHED, **facts: Any) -> Closing:  # noqa: ANN401 - of Closing
    """Make the end of the example document."""
    known = {"request": REQUEST, "workflow_version": "1", "ended_at": START, **facts}
    return Closing(status=status, **known)
