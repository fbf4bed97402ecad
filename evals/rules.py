"""The rules and dates of the product alone, without a model.

`judge_by_rules` is the only place that knows which functions of `docflow.policy` these are.
"""

from __future__ import annotations

from docflow.models.states import UrgencyLevel
from docflow.policy.language import language_of
from docflow.policy.signals.findings import findings_in
from docflow.policy.signals.rules import urgency_rules
from docflow.policy.urgency import OPENING_PAGES
from docflow.policy.zones.joined_pages import JoinedPages
from evals.labelled import LabelledDocument
from evals.outcome import Outcome


def judge_by_rules(document: LabelledDocument) -> Outcome:
    """Return what the rules say of a document, read as the activity `judge_urgency` reads it."""
    opening = document.pages[:OPENING_PAGES]
    language = language_of(opening)
    joined = JoinedPages(list(enumerate(opening, start=1)))
    found = findings_in(joined.text, document.received, language=language, repeated=joined.repeated)
    rules = urgency_rules()
    urgent = found.score >= rules.urgent_from
    return Outcome(
        level=UrgencyLevel.URGENT if urgent else UrgencyLevel.NORMAL,
        score=found.score,
        raised=found.score >= rules.doubtful_from or language not in rules.languages,
        reasons=tuple(each.says for each in found.evidence),
        due=() if found.deadline is None else (found.deadline,),
    )
