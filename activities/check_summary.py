"""Runs the guardrails over what the model said."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.llm.calls import DOCUMENT_SUMMARY, StoredSummary
from docflow.models.checks import CheckResult, ChecksReport, ChecksRequest
from docflow.models.outputs import SummaryAnswer
from docflow.models.pages import PageText
from docflow.policy.evidence import LOW_CONFIDENCE, MINIMUM_GROUNDED_SHARE, stands_on_page
from docflow.policy.urgency import has_instructions
from docflow.work.folder import WorkFolder

blueprint = df.Blueprint()

FULL_SUMMARY_BULLETS = 3
SHORT_TEXT_CHARACTERS = 1_000
"""Texts below this length may be summed up in fewer than three bullets."""


@blueprint.activity_trigger(input_name="payload")
def check_summary(payload: dict) -> dict:
    """Activity: see `check`."""
    return perform(Activity.CHECK_SUMMARY, payload, ChecksRequest, check)


def check(request: ChecksRequest, clients: Clients) -> ChecksReport:
    """Check quotes, number of bullets, legibility, and whether the text talks to the model.

    Running it twice is safe: it only reads.
    """
    work = WorkFolder(clients.store, request.document_id)
    pages = work.read_transcript()
    answer = work.require(DOCUMENT_SUMMARY, StoredSummary).answer
    return ChecksReport(
        checks=[
            _quotes_stand_on_their_pages(answer, pages),
            _enough_bullets(answer, pages),
            _legible(pages),
            _no_instructions(pages),
        ]
    )


def _quotes_stand_on_their_pages(answer: SummaryAnswer, pages: list[PageText]) -> CheckResult:
    texts = {page.number: page.text for page in pages}
    found = sum(stands_on_page(b.quote, texts.get(b.page, "")) for b in answer.bullets)
    total = len(answer.bullets)
    return CheckResult(
        name="quotes-found",
        passed=found >= MINIMUM_GROUNDED_SHARE * total,
        detail=f"{found} of {total} quotes stand on their page",
    )


def _enough_bullets(answer: SummaryAnswer, pages: list[PageText]) -> CheckResult:
    short = sum(len(page.text) for page in pages) < SHORT_TEXT_CHARACTERS
    enough = 1 if short else FULL_SUMMARY_BULLETS
    return CheckResult(
        name="enough-bullets",
        passed=len(answer.bullets) >= enough,
        detail=f"{len(answer.bullets)} bullets, at least {enough} expected",
    )


def _legible(pages: list[PageText]) -> CheckResult:
    doubtful = [
        page.number
        for page in pages
        if page.text and page.confidence is not None and page.confidence < LOW_CONFIDENCE
    ]
    return CheckResult(
        name="legible",
        passed=not doubtful,
        detail=f"{len(doubtful)} pages recognized with low confidence",
    )


def _no_instructions(pages: list[PageText]) -> CheckResult:
    found = [page.number for page in pages if has_instructions(page.text)]
    return CheckResult(
        name="no-instructions",
        passed=not found,
        detail=f"{len(found)} pages address the model instead of the reader",
    )
