"""The urgency of a document, decided from the model's judgement and rules over its text."""

from __future__ import annotations

from collections.abc import Iterator

from docflow.models.reviews import ReviewOutcome
from docflow.models.states import UrgencyLevel
from docflow.models.urgency import UrgencyDecision, UrgencyJudgement
from docflow.parser.text.comparison import FoldedText, Span, fold
from docflow.policy.phrases import Phrase

OVERRULING_SIGNALS = 2
"""Number of different rules that must match to overrule the level `normal` of the model."""

OPENING_PAGES = 3
"""Number of pages whose text is judged. A letter states its request on its first pages; a long
report is judged by its summary, so that one phrase on page 40 does not make it urgent."""

URGENT_SCORE = 0.5
"""Lowest score that counts as urgent, even if the model says normal."""

TALKS_TO_THE_MODEL = "talks-to-the-model"
"""Name of the rule that matches a text with instructions to the model."""

_SIGNALS: dict[str, Phrase] = {
    "hours-deadline": Phrase(
        r"\bwithin (?:the next )?(?:\d{1,2}|twenty-four|forty-eight|seventy-two)-hours\b"
        r"|\bbinnen (?:\d{1,2}|vierundzwanzig|achtundvierzig) stunden\b"
        r"|\binnerhalb von \d{1,2} stunden\b"
        r"|\bsous (?:\d{1,2}) heures\b"
    ),
    "final-notice": Phrase(
        r"\bfinal (?:notice|demand|warning|reminder)\b|\blast (?:notice|warning|reminder)\b"
        r"|\bletzte (?:mahnung|aufforderung|zahlungserinnerung)\b"
        r"|\bmise en demeure\b|\bdernier (?:rappel|avis)\b"
    ),
    "cut-off": Phrase(
        r"\b(?:disconnect(?:ion|ed)?|shut-off|cut off)\b.{0,60}\b(?:supply|service|power|"
        r"electricity|gas|water)\b"
        r"|\b(?:supply|service|power|electricity|gas|water)\b.{0,60}\bdisconnect(?:ion|ed)?\b"
        r"|\bstromsperre\b|\bversorgungssperre\b"
    ),
    "eviction": Phrase(r"\bevict(?:ion|ed)\b|\br[äa]umungsklage\b|\bfristlose k[üu]ndigung\b"),
    "legal-action": Phrase(
        r"\blegal (?:action|proceedings)\b|\bcourt (?:order|proceedings|hearing)\b"
        r"|\bgerichtliche[nsr]? (?:schritte|mahnverfahren)\b|\bzwangsvollstreckung\b"
        r"|\bpoursuites judiciaires\b"
    ),
    "safety": Phrase(
        r"\b(?:safety|product) recall\b|\bstop using\b.{0,40}\bimmediately\b"
        r"|\brisk of (?:fire|injury|death|electric shock)\b"
        r"|\br[üu]ckruf(?:aktion)?\b"
    ),
    "incident": Phrase(r"\b(?:data breach|security incident)\b|\bdatenschutzverletzung\b"),
}
"""Rules by name; each matches words that are rare except in urgent letters."""

_INSTRUCTIONS = Phrase(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules)\b"
    r"|\b(?:mark|classify|treat|rate|label)\b.{0,30}\bas (?:normal|not urgent|non-urgent|urgent)\b"
    r"|\bsystem prompt\b|\byou are (?:now )?an? (?:ai|assistant|language model)\b"
    r"|\bignorier\w*\b.{0,40}\banweisung\w*\b"
    r"|\bignore[zr]?\b.{0,40}\binstructions\b"
)


def urgency_signals(text: str) -> list[str]:
    """Return the names of the rules that match a text, in the order of the rules.

    Instructions to the model count as one more match. An author who gives such instructions may
    want to hide that the text is urgent, so then one other rule is enough to overrule the model.
    """
    return list(signal_places(text))


def signal_places(text: str) -> dict[str, Span]:
    """Return the rules that match a text, by name, and where each first does."""
    return dict(_places(fold(text)))


def _places(text: FoldedText) -> Iterator[tuple[str, Span]]:
    for name, rule in (*_SIGNALS.items(), (TALKS_TO_THE_MODEL, _INSTRUCTIONS)):
        place = rule.find(text)
        if place is not None:
            yield name, place


def has_instructions(text: str) -> bool:
    """Return whether a text contains instructions to the model."""
    return _INSTRUCTIONS.find(fold(text)) is not None


def decide_urgency(judgement: UrgencyJudgement) -> UrgencyDecision:
    """Return the urgency, decided from the model's judgement and the rules.

    The model decides, unless it says normal and at least `OVERRULING_SIGNALS` rules match: an
    urgent document that is missed costs more than an unnecessary review.
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
    """Return the urgency after a review; a level set by the reviewer replaces the decided one."""
    chosen = review.decision.urgency if review and review.decision else None
    if chosen is None or chosen is decision.level:
        return decision
    return decision.model_copy(update={"level": chosen, "decided_by": "reviewer"})
