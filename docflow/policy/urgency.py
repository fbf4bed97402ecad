"""How urgent a document is: rules over its text, weighed against the model's judgement."""

from __future__ import annotations

import re

from docflow.models.reviews import ReviewOutcome
from docflow.models.states import UrgencyLevel
from docflow.models.urgency import UrgencyDecision, UrgencyJudgement

OVERRULING_SIGNALS = 2
"""So many different rules must fire before they outweigh a model that says normal."""

URGENT_SCORE = 0.5
"""Score from which a judgement counts as urgent, where level and score disagree."""

TALKS_TO_THE_MODEL = "talks-to-the-model"
"""Name of the rule that fires where a text gives the model instructions."""

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
