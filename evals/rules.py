"""The rules of the product alone, without a model.

`judge_by_rules` is the only place that knows which functions of `docflow.policy` these are.
"""

from __future__ import annotations

from docflow.models.states import UrgencyLevel
from docflow.models.urgency import UrgencyJudgement
from docflow.policy.urgency import OPENING_PAGES, decide_urgency, urgency_signals
from evals.labelled import LabelledDocument
from evals.outcome import Outcome


def judge_by_rules(document: LabelledDocument) -> Outcome:
    """Return what the rules decide where the model says normal with a score of 0.

    `raised` says whether the document would go to a person, and `due` holds the deadlines that
    were read; the rules of today know neither doubt nor dates.
    """
    signals = urgency_signals("\n".join(document.pages[:OPENING_PAGES]))
    decided = decide_urgency(UrgencyJudgement(level=UrgencyLevel.NORMAL, score=0, signals=signals))
    urgent = decided.level is UrgencyLevel.URGENT
    return Outcome(
        level=decided.level, score=decided.score, raised=urgent, reasons=tuple(decided.signals)
    )
