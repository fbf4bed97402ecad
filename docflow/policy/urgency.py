"""The urgency of a document, decided from the model's judgement and rules over its text."""

from __future__ import annotations

import re

from docflow.models.reviews import ReviewOutcome
from docflow.models.states import UrgencyLevel
from docflow.models.urgency import RulesVerdict, UrgencyDecision, UrgencyJudgement
from docflow.parser.text.comparison import fold
from docflow.policy.phrases import Phrase

OVERRULING_SIGNALS = 2
"""In version 1, the number of rules that overruled the level `normal` of the model."""

OPENING_PAGES = 10
"""Number of pages whose text is judged. A letter states its request on its first pages; a long
report is judged by its summary, so that one phrase on page 40 does not make it urgent."""

MODEL_PAGES = 3
"""Number of first pages that the model reads word by word, beside the summary of all."""

DOUBTFUL_SCORE = 0.35
"""Lowest score of the model at which a person looks at a document that it calls normal."""

URGENT_SCORE = 0.5
"""Lowest score that counts as urgent, even if the model says normal."""

_INSTRUCTIONS = Phrase(
    "|".join(
        (
            r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules)\b",
            r"\b(?:mark|classify|rate|label)\b.{0,30}\bas (?:normal|not urgent|non-urgent)\b",
            r"\b(?:mark|classify|rate|label)\b.{0,30}\bas urgent\b",
            r"\btreat\b.{0,30}\bas (?:normal|not urgent|non-urgent)\b",
            r"\bset (?:the )?(?:urgency|priority) to\b",
            r"\bsystem prompt\b|\byou are (?:now )?an? (?:ai|assistant|language model)\b",
            r"\bignorier\w*\b.{0,40}\b(?:anweisung\w*|vorgaben|regeln)\b",
            r"\b(?:stuf|kennzeichn|bewert|markier)\w*\b.{0,40}\bals (?:normal|nicht dringend)\b",
            r"\bignore[zr]?\b.{0,40}\b(?:instructions|consignes)\b",
            r"\b(?:class\w*|marqu\w*|trait\w*)\b.{0,40}\bcomme (?:normal\w*|non urgent\w*)\b",
            r"\bignor\w+\b.{0,40}\b(?:instrucciones|istruzioni|instruções|instruksen)\b",
            r"\b(?:marque|marcar|clasifi\w+|trate)\b.{0,40}\bcomo (?:normal|(?:no|não) urgente)\b",
            r"\bclassifi\w+\b.{0,40}\b(?:como|come) (?:normale?|não urgente|non urgente)\b",
            r"\bcontrassegn\w+\b.{0,40}\bcome (?:normale|non urgente)\b",
            r"\bnegeer\b.{0,40}\b(?:instructies|aanwijzingen|regels)\b",
            r"\b(?:markeer|classificeer)\b.{0,40}\bals (?:normaal|niet dringend)\b",
            r"\b(?:zignoruj|ignoruj)\w*\b.{0,40}\b(?:polecenia|instrukcje|zasady)\b",
            r"\b(?:oznacz|sklasyfikuj)\w*\b.{0,40}\bjako (?:normaln\w+|niepiln\w+|zwykł\w+)\b",
        )
    )
)
"""Words that speak to a model and not to a reader. A sender's "please treat this as urgent" is
none of them: it speaks to people."""

_ADDRESSES = Phrase(
    "|".join(
        (
            r"\b(?:message|note|hint|instruction)s? (?:for|to) (?:all |the )?"
            r"(?:ai|assistant|model|automated|machine|language model)\w*\b",
            r"\b(?:nachricht|hinweis|anweisung)\w* (?:für|an) (?:das |die |den )?"
            r"(?:ki|assistenten|sprachmodell|modell)\b",
            r"\b(?:message|note) (?:pour|à|au) (?:l'ia|l'assistant|le modèle|modèle)\b",
            r"\b(?:mensaje|nota) para (?:la ia|el asistente|el modelo)\b",
            r"\b(?:messaggio|nota) per (?:l'ia|l'assistente|il modello)\b",
            r"\b(?:bericht|opmerking) (?:aan|voor) (?:het taalmodel|de ai|de assistent)\b",
            r"\b(?:mensagem|nota) para (?:a ia|o assistente|o modelo)\b",
            r"\b(?:wiadomość|uwaga|notatka) (?:do|dla) (?:modelu|asystenta|ai|sztucznej)\b",
        )
    )
)
"""Words that begin a message to a model; all that follows in the sentence is for it."""
_CLAUSE_ENDS = re.compile(r"[,;:]\s")


def has_instructions(text: str) -> bool:
    """Return whether a text contains instructions to the model."""
    folded = fold(text)
    return _INSTRUCTIONS.find(folded) is not None or _ADDRESSES.find(folded) is not None


def without_instructions(text: str) -> str:
    """Return a sentence with blanks for each clause that talks to the model.

    Such a clause changes the level in neither direction; another one of the same sentence counts.
    """
    addressed = _ADDRESSES.find(fold(text))
    if addressed is not None:
        return text[: addressed.start] + " " * (len(text) - addressed.start)
    found = _INSTRUCTIONS.find(fold(text))
    while found is not None:
        before = _CLAUSE_ENDS.split(text[: found.start])[-1]
        start = found.start - len(before)
        after = _CLAUSE_ENDS.search(text, found.end)
        end = after.start() if after else len(text)
        text = text[:start] + " " * (end - start) + text[end:]
        found = _INSTRUCTIONS.find(fold(text))
    return text


def decide_urgency(judgement: UrgencyJudgement) -> UrgencyDecision:
    """Return the urgency, decided from the model's judgement and the rules.

    Either of the two makes a document urgent, since one that is missed costs more than an
    unnecessary review. A document that neither calls urgent has doubts where one of them comes
    near to it, or where there are no rules for its language.
    """
    rules = judgement.rules
    if rules is None:
        return _decide_as_version_1(judgement)
    by_model = judgement.level is UrgencyLevel.URGENT
    urgent = by_model or rules.urgent
    return UrgencyDecision(
        level=UrgencyLevel.URGENT if urgent else UrgencyLevel.NORMAL,
        score=max(judgement.score, rules.score) if urgent else judgement.score,
        decided_by="policy" if rules.urgent and not by_model else "model",
        signals=judgement.signals,
        reasons=_reasons(judgement, rules),
        doubts=[] if urgent else _doubts(judgement, rules),
        deadline=rules.deadline,
    )


def _reasons(judgement: UrgencyJudgement, rules: RulesVerdict) -> list[str]:
    model = f"the model calls it {judgement.level.value} ({judgement.score:.2f})"
    if rules.reasons:
        return [model, *rules.reasons]
    return [model, "no rule matches" if rules.knows_language else "no rules for its language"]


def _doubts(judgement: UrgencyJudgement, rules: RulesVerdict) -> list[str]:
    doubts = {
        "urgency-doubtful": rules.doubtful or judgement.score >= DOUBTFUL_SCORE,
        "language-without-rules": not rules.knows_language,
    }
    return [name for name, applies in doubts.items() if applies]


def _decide_as_version_1(judgement: UrgencyJudgement) -> UrgencyDecision:
    """Return what version 1 decided: two rules outweigh a model that says normal.

    Histories that were recorded before the rules had scores are replayed with it.
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
