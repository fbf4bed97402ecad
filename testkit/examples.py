"""Example values for tests: a letter of two pages, with results of the steps and its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from docflow.clients import Clients
from docflow.contracts import Activity, Container
from docflow.durable.steps import Reply
from docflow.models.documents import DocumentRequest, Source
from docflow.models.facts import DocumentFacts
from docflow.models.files import Accepted
from docflow.models.outputs import (
    ActionAnswer,
    BulletAnswer,
    EntityAnswer,
    StoredSummary,
    StoredUrgency,
    SummaryAnswer,
    UrgencyAnswer,
)
from docflow.models.pages import PageText
from docflow.models.payloads import Payload
from docflow.models.states import PageMethod, Stage, Status, UrgencyLevel
from docflow.models.usage import ModelCall, UsageLine
from docflow.work import artefacts
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
"""A function that runs an activity as the worker does, with the payload and the reply as JSON."""


def text_page(number: int, text: str, **fields: Any) -> PageText:  # noqa: ANN401 - of PageText
    """Return a page with a text layer; `fields` replace its other fields."""
    known = {"method": PageMethod.TEXT_LAYER, "reason": "text layer", **fields}
    return PageText(number=number, text=text, **known)


PAGES = [text_page(1, FIRST_PAGE), text_page(2, SECOND_PAGE)]


def bullet(text: str, page: int, quote: str) -> BulletAnswer:
    """Return one bullet of a summary."""
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
    """Return the usage of one model call."""
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
    """Return the folder of a document in `work`."""
    return WorkFolder(clients.store, document_id)


def read_document(clients: Clients, pages: Sequence[PageText] = PAGES) -> WorkFolder:
    """Store the artefacts of all steps up to the transcript."""
    work = work_of(clients)
    work.write_pages(artefacts.TRANSCRIPT, pages)
    return work


def understood_document(
    clients: Clients,
    pages: Sequence[PageText] = PAGES,
    summary: SummaryAnswer = SUMMARY,
    urgency: UrgencyAnswer = NORMAL,
) -> WorkFolder:
    """Store the artefacts of all steps up to the judgement of urgency."""
    work = read_document(clients, pages)
    work.add_usage(UsageLine(key="1", call=model_call("summarize")))
    work.write(artefacts.SUMMARY, StoredSummary(answer=summary))
    work.add_usage(UsageLine(key="2", call=model_call("judge_urgency")))
    work.write(artefacts.URGENCY, StoredUrgency(answer=urgency))
    return work


def facts_of(status: Status = Status.PUBLISHED, **facts: Any) -> DocumentFacts:  # noqa: ANN401 - of DocumentFacts
    """Return the facts about a document, by default about a published one."""
    known = {
        "request": REQUEST,
        "workflow_version": "1",
        "stage": Stage.DONE,
        "updated_at": START,
        **facts,
    }
    return DocumentFacts(status=status, **known)
