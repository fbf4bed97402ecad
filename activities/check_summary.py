"""Check the summary of the model."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.models.checks import CheckResult, ChecksReport, ChecksRequest
from docflow.models.outputs import SummaryAnswer
from docflow.models.pages import PageText
from docflow.policy.evidence import LOW_CONFIDENCE, MINIMUM_GROUNDED_SHARE, stands_on_page
from docflow.policy.urgency import has_instructions
from docflow.work.artefacts import SUMMARY, TRANSCRIPT
from docflow.work.folder import WorkFolder
from docflow.work.uploads import growth_of

FULL_SUMMARY_BULLETS = 3
SHORT_TEXT_CHARACTERS = 1_000
"""Texts shorter than this may have fewer than three bullets."""


@activity
def check_summary(request: ChecksRequest, clients: Clients) -> ChecksReport:
    """Check quotes, number of bullets, legibility, and instructions to the model in the text.

    Where the upload may have grown, check that it did not.

    Running it twice is safe: it only reads.
    """
    work = WorkFolder(clients.store, request.document_id)
    pages = work.read_pages(TRANSCRIPT)
    answer = work.require(SUMMARY).answer
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
        ],
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
        detail=f"{len(found)} pages contain instructions to the model",
    )
