"""The judgement of urgency: what the rules of the product find, in the form of a model's answer.

A stand-in cannot understand a letter. So it says what the rules and dates of `docflow.policy` say,
and adds nothing of its own: against it, the rules and the model never disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from devstack.services.model.summary import date_of_document
from devstack.services.text.sentences import PageText, clip
from docflow.policy.language import language_of
from docflow.policy.signals.findings import Evidence, findings_in
from docflow.policy.signals.rules import urgency_rules
from docflow.policy.zones.joined_pages import JoinedPages

MAX_REASONS = 3
REASON_QUOTE_CHARS = 120


def judge(pages: Sequence[PageText], received: date | None = None) -> dict[str, Any]:
    """Return level, score and reasons for the pages.

    Args:
        pages: The pages to judge.
        received: The day on which the document came in; without it the document's own date, or
            today.
    """
    joined = JoinedPages([(page.number, page.text) for page in pages])
    day = received or date_of_document(pages) or datetime.now(UTC).date()
    language = language_of(page.text for page in pages)
    findings = findings_in(joined.text, day, language=language, repeated=joined.repeated)
    reasons = [
        _reason(found, joined.page_at(found.start)) for found in findings.evidence[:MAX_REASONS]
    ]
    return {
        "level": "urgent" if findings.score >= urgency_rules().urgent_from else "normal",
        "score": round(findings.score, 2),
        "reasons": reasons or ["No rule of urgency matches."],
    }


def _reason(found: Evidence, page: int) -> str:
    return f'{found.says} (page {page}): "{clip(found.quote, REASON_QUOTE_CHARS)}"'
