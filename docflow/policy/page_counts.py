"""Whether an answer of OCR has all pages of a file that was sent as a whole."""

from __future__ import annotations

from docflow.errors import ErrorCode
from docflow.models.pages import Extent, PageText
from docflow.models.states import PageMethod

CHARACTERS_PER_PAGE = 3_000
"""What Document Intelligence counts as a page of a text document or web page."""
READ_SHARE = 0.75
"""Least share of a file's characters that a whole answer has; it may leave out fields and marks."""
FEWEST_MISSING = 500
"""Fewest missing characters that are a missing page."""


def count_missing(answer: PageText, extent: Extent) -> int:
    """Return how many pages of a file an answer lacks.

    An answer may have more pages than the file says: a long sheet may be counted as several.

    Args:
        answer: the pages, separated by form feeds.
        extent: what the file says it holds, zero where it does not say so.
    """
    if not answer.whole and answer.method is not PageMethod.EMPTY:
        return 0
    answered = answer.text.count("\f") + 1 if answer.text else 0
    if extent.pages:
        return max(0, extent.pages - answered)
    missing = extent.characters - len("".join(answer.text.split()))
    if missing < max(FEWEST_MISSING, (1 - READ_SHARE) * extent.characters):
        return 0
    return max(1, round(missing / CHARACTERS_PER_PAGE))


def is_missing(page: PageText) -> bool:
    """Return whether OCR was asked for a page, among others, and did not answer it."""
    return (page.error or "").startswith(f"{ErrorCode.OCR_PAGES_MISSING}:")


def missing_pages(after: int, count: int) -> list[PageText]:
    """Return so many pages that OCR did not answer, numbered on from another page."""
    return [
        PageText(
            number=after + position,
            method=PageMethod.FAILED,
            reason="not in the answer of OCR",
            error=f"{ErrorCode.OCR_PAGES_MISSING}: {ErrorCode.OCR_PAGES_MISSING.remedy}",
        )
        for position in range(1, count + 1)
    ]
