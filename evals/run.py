"""One run of the evaluation: all documents, and where asked their twins, by one judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from pydantic import BaseModel, ConfigDict

from docflow.models.states import UrgencyLevel
from evals.figures import Figures, Judged, Share, facts_found, figures_of, is_right
from evals.labelled import LabelledDocument
from evals.outcome import Judge, Outcome
from evals.twins import CHANGES, twins_of

Progress = Callable[[int, int], None]
"""Is told how many documents are done, and of how many."""


class JudgedDocument(BaseModel):
    """A document in a report: what it is, and what became of it."""

    model_config = ConfigDict(frozen=True)

    id: str
    language: str
    kind: str
    tags: tuple[str, ...]
    label: UrgencyLevel
    right: bool
    outcome: Outcome
    missing_facts: tuple[str, ...] = ()


class ChangedTwin(BaseModel):
    """A document of which a twin got another level."""

    model_config = ConfigDict(frozen=True)

    id: str
    change: str
    before: UrgencyLevel | None
    after: UrgencyLevel | None


class TwinFigures(BaseModel):
    """How many twins kept their level, by the change that was made."""

    model_config = ConfigDict(frozen=True)

    kept: dict[str, Share]
    changed: tuple[ChangedTwin, ...]

    @property
    def kept_of_all(self) -> Share:
        """Return the share of all twins."""
        shares = self.kept.values()
        return Share(hits=sum(each.hits for each in shares), of=sum(each.of for each in shares))


class Run(BaseModel):
    """A run and its figures, as they are written to JSON."""

    model_config = ConfigDict(frozen=True)

    about: str
    """Who judged, in words."""
    figures: Figures
    twins: TwinFigures | None = None
    documents: tuple[JudgedDocument, ...] = ()


class Report(BaseModel):
    """The runs of one evaluation, by the name of the judge."""

    model_config = ConfigDict(frozen=True)

    runs: dict[str, Run]


def run_over(
    documents: Sequence[LabelledDocument],
    judge: Judge,
    *,
    about: str,
    twins: bool,
    at_once: int = 1,
    progress: Progress = lambda done, total: None,
) -> Run:
    """Judge documents and return the run.

    Args:
        documents: to judge; there is at least one.
        judge: is called once for each document and twin.
        about: who judges, in words.
        twins: whether twins are judged too.
        at_once: documents that are judged at the same time.
        progress: is told after each document.
    """
    variants = [each for document in documents for each in twins_of(document)] if twins else []
    asked = [*documents, *(twin.document for twin in variants)]
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(at_once) as pool:
        for outcome in pool.map(judge, asked):
            outcomes.append(outcome)
            progress(len(outcomes), len(asked))
    judged = [
        Judged(document, outcome) for document, outcome in zip(documents, outcomes, strict=False)
    ]
    after = outcomes[len(documents) :]
    return Run(
        about=about,
        figures=figures_of(judged),
        twins=_compared(judged, [twin.change for twin in variants], after) if twins else None,
        documents=tuple(map(_shown, judged)),
    )


def _compared(
    judged: Sequence[Judged], changes: Sequence[str], after: Sequence[Outcome]
) -> TwinFigures:
    """Return how the outcomes of twins differ from those of their documents."""
    kept: Counter[str] = Counter()
    changed: list[ChangedTwin] = []
    rest = iter(zip(changes, after, strict=True))
    for each in judged:
        for _ in twins_of(each.document):
            change, outcome = next(rest)
            if outcome.level is each.outcome.level:
                kept[change] += 1
                continue
            changed.append(
                ChangedTwin(
                    id=each.document.id,
                    change=change,
                    before=each.outcome.level,
                    after=outcome.level,
                )
            )
    totals = Counter(changes)
    shares = {name: Share(hits=kept[name], of=totals[name]) for name in CHANGES if totals[name]}
    return TwinFigures(kept=shares, changed=tuple(changed))


def _shown(each: Judged) -> JudgedDocument:
    document = each.document
    missing = () if each.outcome.summary is None else _missing(each)
    return JudgedDocument(
        id=document.id,
        language=document.language,
        kind=document.kind,
        tags=document.tags,
        label=document.label,
        right=is_right(each),
        outcome=each.outcome,
        missing_facts=missing,
    )


def _missing(each: Judged) -> tuple[str, ...]:
    return tuple(fact for fact, found in facts_found(each).items() if not found)
