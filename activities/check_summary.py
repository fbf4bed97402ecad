"""Check the summary of the model."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.models.checks import CheckResult, ChecksReport, ChecksRequest
from docflow.models.outputs import StoredSummary, StoredUrgency, SummaryAnswer
from docflow.models.pages import PageText
from docflow.parser.text.legibility import is_mostly_lost
from docflow.policy.answer_values import correct_summary
from docflow.policy.evidence import LOW_CONFIDENCE, MINIMUM_GROUNDED_SHARE, stands_on_page
from docflow.policy.urgency import has_instructions
from docflow.work.artefacts import SUMMARY, TRANSCRIPT, URGENCY
from docflow.work.folder import WorkFolder
from docflow.work.uploads import growth_of

FULL_SUMMARY_BULLETS = 3
SHORT_TEXT_CHARACTERS = 1_000
"""Texts shorter than this may have fewer than three bullets."""


@activity
def check_summary(request: ChecksRequest, clients: Clients) -> ChecksReport:
    """Check quotes, number of bullets, legibility, instructions in the text, and the values.

    Where the upload may have grown, check that it did not.

    Running it twice is safe: it only reads.
    """
    work = WorkFolder(clients.store, request.document_id)
    pages = work.read_pages(TRANSCRIPT)
    summary = work.require(SUMMARY)
    answer = summary.answer
    grown = None
    if request.source is not None:
        now = clients.clock.now()
        grown = growth_of(request.source, request.document_id, clients.store, now)
    return ChecksReport(
        refused=grown,
        checks=[
            _quotes_stand_on_their_pages(answer, pages),
            _enough_bullets(answer, pages),
            _legible(pages),
            _no_instructions(pages),
            _plausible(summary, work.read(URGENCY), pages),
        ],
    )


def _plausible(
    summary: StoredSummary, urgency: StoredUrgency | None, pages: list[PageText]
) -> CheckResult:
    """Return whether no value had to be dropped; a person should see what may be missing."""
    # A summary that an earlier version stored has not been corrected yet.
    _, late = correct_summary(summary.answer, {page.number: page.text for page in pages})
    corrections = summary.corrections.plus(late)
    if urgency is not None:
        corrections = corrections.plus(urgency.corrections)
    return CheckResult(
        name="values-plausible", passed=not corrections.dropped, detail=str(corrections)
    )


def _quotes_stand_on_their_pages(answer: SummaryAnswer, pages: list[PageText]) -> CheckResult:
    texts = {page.number: page.text for page in pages}
    found = sum(stands_on_page(b.quote, texts.get(b.page, "")) for b in answer.bullets)
    total = len(answer.bullets)
    return CheckResult(
        name="quotes-found",
        passed=found >= MINIMUM_GROUNDED_SHARE * total,
        detail=f"{found} of {total} quotes are on their page",
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
    lost = [page.number for page in pages if is_mostly_lost(page.text)]
    detail = f"{len(doubtful)} pages recognized with low confidence"
    if lost:
        detail += f", {len(lost)} pages consist of lost characters"
    return CheckResult(name="legible", passed=not (doubtful or lost), detail=detail)


def _no_instructions(pages: list[PageText]) -> CheckResult:
    found = [page.number for page in pages if has_instructions(page.text)]
    return CheckResult(
        name="no-instructions",
        passed=not found,
        detail=f"{len(found)} pages contain instructions to the model",
    )
