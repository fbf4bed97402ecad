"""Decisions, as pure functions of values: urgency, route, checks, pauses between tries.

Nothing here reads a clock, a setting or a service, so orchestrators may call it on replay.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from docflow.models.documents import Failure, FlowSettings, RetryPolicy
from docflow.models.files import Accepted, Refused
from docflow.models.reading import PageFailure, PreparedPages, Transcript
from docflow.models.reviewing import ReviewOutcome
from docflow.models.states import Stage, Status, UrgencyLevel
from docflow.models.understanding import CheckResult, Route, UrgencyDecision, UrgencyJudgement

OVERRULING_SIGNALS = 2
"""So many different rules must fire before they outweigh a model that says normal."""

URGENT_SCORE = 0.5
"""Score from which a judgement counts as urgent, where level and score disagree."""

LOW_CONFIDENCE = 0.6
"""Mean OCR word confidence below which a person should look."""

MINIMUM_GROUNDED_SHARE = 0.5
"""Share of the bullets whose quote must stand on its page."""

TALKS_TO_THE_MODEL = "talks-to-the-model"
"""Name of the rule that fires where a text gives the model instructions."""

LONGEST_ASKED_SECONDS = 3_600
"""Longest pause that a service gets for the asking (`Retry-After`)."""

PATIENT = RetryPolicy(attempts=60, first_seconds=2, max_seconds=900)
"""For what must not be given up, a decision or a record: it outlasts half a day of an outage."""

DELIVERY_LOST = Failure(
    code="DELIVERY_FAILED",
    message="The delivery ended abnormally and may be half done. Look for a ticket of this "
    "document, then reprocess it.",
)
"""A delivery that could not even undo itself: it was terminated, or met a defect."""

_SIGNALS: dict[str, str] = {
    "hours-deadline": (
        r"\bwithin (?:the next )?(?:\d{1,2}|twenty-four|forty-eight|seventy-two)\s?hours\b"
        r"|\bbinnen (?:\d{1,2}|vierundzwanzig|achtundvierzig) stunden\b"
        r"|\binnerhalb von \d{1,2} stunden\b"
        r"|\bsous (?:\d{1,2}) heures\b"
    ),
    "final-notice": (
        r"\bfinal (?:notice|demand|warning|reminder)\b|\blast (?:notice|warning|reminder)\b"
        r"|\bletzte (?:mahnung|aufforderung|zahlungserinnerung)\b"
        r"|\bmise en demeure\b|\bdernier (?:rappel|avis)\b"
    ),
    "cut-off": (
        r"\b(?:disconnect(?:ion|ed)?|shut[- ]?off|cut off)\b.{0,60}\b(?:supply|service|power|"
        r"electricity|gas|water)\b"
        r"|\b(?:supply|service|power|electricity|gas|water)\b.{0,60}\bdisconnect(?:ion|ed)?\b"
        r"|\bstromsperre\b|\bversorgungssperre\b"
    ),
    "eviction": r"\bevict(?:ion|ed)\b|\br[äa]umungsklage\b|\bfristlose k[üu]ndigung\b",
    "legal-action": (
        r"\blegal (?:action|proceedings)\b|\bcourt (?:order|proceedings|hearing)\b"
        r"|\bgerichtliche[nsr]? (?:schritte|mahnverfahren)\b|\bzwangsvollstreckung\b"
        r"|\bpoursuites judiciaires\b"
    ),
    "safety": (
        r"\b(?:safety|product) recall\b|\bstop using\b.{0,40}\bimmediately\b"
        r"|\brisk of (?:fire|injury|death|electric shock)\b"
        r"|\br[üu]ckruf(?:aktion)?\b"
    ),
    "incident": r"\b(?:data breach|security incident)\b|\bdatenschutzverletzung\b",
}
"""Rules by name; each matches wording that is rare outside urgent letters."""

_COMPILED_SIGNALS = {
    name: re.compile(pattern, re.IGNORECASE | re.DOTALL) for name, pattern in _SIGNALS.items()
}

_INSTRUCTIONS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules)\b"
    r"|\b(?:mark|classify|treat|rate|label)\b.{0,30}\bas (?:normal|not urgent|non-urgent|urgent)\b"
    r"|\bsystem prompt\b|\byou are (?:now )?an? (?:ai|assistant|language model)\b"
    r"|\bignorier\w*\b.{0,40}\banweisung\w*\b"
    r"|\bignore[zr]?\b.{0,40}\binstructions\b",
    re.IGNORECASE | re.DOTALL,
)


# Retries.


def pause_before_retry(
    policy: RetryPolicy, tries: int, seed: str, *, asked_seconds: float | None = None
) -> timedelta:
    """Decide how long to wait after so many failed tries (from 1).

    Exponential backoff with jitter: the pause doubles up to `max_seconds`, and a share between 50
    and 100 % of it is taken, derived from `seed` so that a replay waits equally long. A service
    that asks for more gets more, but at most an hour: who asks for days is mistaken or broken.
    """
    ceiling = min(policy.max_seconds, policy.first_seconds * 2 ** (tries - 1))
    digest = hashlib.sha256(f"{seed}:{tries}".encode()).digest()
    jitter = 0.5 + int.from_bytes(digest[:4]) / 2**33
    asked = min(asked_seconds or 0, LONGEST_ASKED_SECONDS)
    return timedelta(seconds=max(ceiling * jitter, asked))


# Urgency.


def urgency_signals(text: str) -> list[str]:
    """Name the rules that a text fires, in the order of the rule table.

    A text that talks to the model fires one more: whoever tries to talk a judge out of something
    has a reason to, so one other rule is then enough to outweigh the model.
    """
    fired = [name for name, pattern in _COMPILED_SIGNALS.items() if pattern.search(text)]
    return [*fired, TALKS_TO_THE_MODEL] if has_instructions(text) else fired


def has_instructions(text: str) -> bool:
    """Tell whether a text talks to the model instead of to its reader."""
    return _INSTRUCTIONS.search(text) is not None


def decide_urgency(judgement: UrgencyJudgement) -> UrgencyDecision:
    """Weigh the model's judgement against the rules.

    The model decides, unless it says normal where several rules agree that it is urgent: missing
    an urgent document costs more than asking a person once too often.
    """
    overruled = (
        judgement.level is UrgencyLevel.NORMAL and len(judgement.signals) >= OVERRULING_SIGNALS
    )
    return UrgencyDecision(
        level=UrgencyLevel.URGENT if overruled else judgement.level,
        score=max(judgement.score, URGENT_SCORE) if overruled else judgement.score,
        decided_by="policy" if overruled else "model",
        signals=judgement.signals,
    )


def apply_review(decision: UrgencyDecision, review: ReviewOutcome | None) -> UrgencyDecision:
    """Let a reviewer's own level replace the decided one."""
    chosen = review.decision.urgency if review and review.decision else None
    if chosen is None or chosen is decision.level:
        return decision
    return decision.model_copy(update={"level": chosen, "decided_by": "reviewer"})


# Route.


def enough_was_read(transcript: Transcript, flow: FlowSettings) -> bool:
    """Tell whether enough of the pages could be read for the document to go on."""
    if transcript.pages == 0:
        return False
    # What OCR_MODE leaves unread is the operator's own choice, and for a reviewer to see.
    readable = transcript.pages_read + transcript.pages_unread
    return readable / transcript.pages >= flow.min_readable_share


def route(urgency: UrgencyDecision, transcript: Transcript, checks: Sequence[CheckResult]) -> Route:
    """Decide whether a person must look before delivery, and why."""
    reasons = [
        reason
        for reason, applies in (
            ("urgent", urgency.level is UrgencyLevel.URGENT),
            ("pages-failed", transcript.pages_failed > 0),
            ("pages-unread", transcript.pages_unread > 0),
            ("text-unread", transcript.characters_unread > 0),
        )
        if applies
    ]
    reasons += [f"check-failed:{check.name}" for check in checks if not check.passed]
    return Route(review=bool(reasons), reasons=reasons)


def status_after(review: ReviewOutcome | None) -> Status:
    """Give the end that a review leads to; no review leads to publication."""
    if review is None:
        return Status.PUBLISHED
    if review.decision is None:
        return Status.EXPIRED
    return Status.PUBLISHED if review.decision.approved else Status.REJECTED


def needs_ticket(status: Status, urgency: UrgencyDecision | None) -> bool:
    """Decide whether somebody gets an issue: only for what is urgent and goes out."""
    return (
        status is Status.PUBLISHED and urgency is not None and urgency.level is UrgencyLevel.URGENT
    )


def reading_failure(transcript: Transcript, failures: Sequence[PageFailure]) -> Failure:
    """Name the reason why too little of a document could be read.

    Where the service was away the document is parked under that code, since a later attempt can
    finish it; where pages themselves are unreadable it takes a better copy.
    """
    away = next((f for f in failures if f.code != "OCR_PAGE_REJECTED"), None)
    read = f"{transcript.pages_read} of {transcript.pages} pages could be read"
    if away is not None:
        message = f"{read}. {away.message} Reprocess the document when that is mended."
        return Failure(code=away.code, message=message)
    return Failure(code="TOO_FEW_PAGES_READ", message=f"{read}. Send a better copy of the file.")


def index_sequence(status: Status, stage: Stage) -> int:
    """Order the index entries of one document: a late duplicate never replaces a newer one."""
    if status is Status.FAILED:
        return 4
    if status.ended:
        return 3
    if stage is Stage.DELIVERING:
        return 2
    return 1 if status is Status.WAITING else 0


def next_reminder(now: datetime, deadline: datetime, flow: FlowSettings) -> datetime:
    """Give the next moment at which a waiting document needs attention.

    No timer runs longer than a reminder interval or five days: the SDK cuts timers above six days
    into pieces that can't be cancelled.
    """
    interval = min(timedelta(seconds=flow.approval_reminder_seconds), timedelta(days=5))
    return min(now + interval, deadline)


# Cost.


def estimate_usd(
    *,
    ocr_pages: int,
    prompt_tokens: int,
    completion_tokens: int,
    usd_per_1000_pages: float,
    usd_per_million_prompt: float,
    usd_per_million_completion: float,
) -> float:
    """Estimate what a document cost, from list prices given as settings (US dollars)."""
    return round(
        ocr_pages * usd_per_1000_pages / 1_000
        + prompt_tokens * usd_per_million_prompt / 1_000_000
        + completion_tokens * usd_per_million_completion / 1_000_000,
        6,
    )


def combine_groups(count: int, size: int) -> list[tuple[int, int]]:
    """Cut `count` numbered summaries (from 1) into runs of at most `size`: (first, last) pairs."""
    return [(start, min(start + size - 1, count)) for start in range(1, count + 1, size)]


# Checks.


def normalized(text: str) -> str:
    """Fold case, white space, hyphenation at line ends and quotation marks for comparing text."""
    joined = re.sub(r"(?<=\w)-\s*\n\s*(?=\w)", "", text)
    plain = joined.translate(_QUOTES)
    return re.sub(r"\s+", " ", plain).strip().casefold()


_QUOTES = str.maketrans(
    {
        0x201C: '"',  # left double
        0x201D: '"',  # right double
        0x201E: '"',  # low double
        0x2018: "'",  # left single
        0x2019: "'",  # right single
        0x2013: "-",  # en dash
        0x2014: "-",  # em dash
    }
)


def stands_on_page(quote: str, page_text: str) -> bool:
    """Tell whether a quote stands on a page, apart from white space, case and line breaks."""
    wanted = normalized(quote).strip(" .…\"'")
    return bool(wanted) and wanted in normalized(page_text)


def refuse_blank(accepted: Accepted, transcript: Transcript) -> Refused:
    """Refuse a file that turned out to hold no text at all."""
    if transcript.pages_unread:
        message = "Only OCR could read this file, and it is turned off. Send a file with text."
    else:
        message = (
            "No text was found on any page. Check that the right file was sent, or scan again."
        )
    return Refused(
        code="NO_TEXT",
        message=message,
        content_type=accepted.content_type,
        sha256=accepted.sha256,
        bytes=accepted.bytes,
    )


def refuse_unreadable(accepted: Accepted, failure: Failure) -> Refused:
    """Refuse a file that was taken at first and could not be read in the end."""
    return Refused(
        code=failure.code,
        message=failure.message,
        content_type=accepted.content_type,
        sha256=accepted.sha256,
        bytes=accepted.bytes,
    )


def describe_reading(prepared: PreparedPages, transcript: Transcript) -> str:
    """Say in a few words how the pages were read, for the timeline."""
    ocr_pages = max(prepared.ocr_pages, transcript.ocr_pages or 0)
    recognized = ocr_pages - (transcript.pages_failed - prepared.failed)
    return (
        f"{prepared.text_layer} by text layer, {recognized} by OCR, "
        f"{prepared.empty} empty, {transcript.pages_failed} failed"
    )


def describe_source(accepted: Accepted) -> str:
    """Say in a few words what was accepted, for the timeline."""
    unit = "page" if accepted.pages == 1 else "pages"
    return f"{accepted.content_type}, {accepted.pages} {unit}, {accepted.bytes} bytes"
