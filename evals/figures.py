"""Figures over judged documents: shares with their intervals, calibration, coverage, cost.

All of this is counting: pure functions from documents and outcomes to values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from pydantic import BaseModel, ConfigDict, computed_field

from evals.labelled import LabelledDocument, unwrapped
from evals.outcome import Outcome, Usage

Z_95 = 1.959964
"""Standard score of a two-sided interval of 95 %."""
REVIEW_BUDGET = 0.4
"""Share of the documents that people can look at, those with the highest scores first."""
BINS = 5
"""Number of bins of equal width into which scores are counted."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A document and what became of it."""

    document: LabelledDocument
    outcome: Outcome


class Share(BaseModel):
    """A share with its interval of 95 % after Wilson; without cases it has no value."""

    model_config = ConfigDict(frozen=True)

    hits: int
    of: int

    @computed_field  # type: ignore[prop-decorator] # as pydantic's own page on it says
    @property
    def value(self) -> float | None:
        """Return the share, from 0 to 1."""
        return round(self.hits / self.of, 4) if self.of else None

    @computed_field  # type: ignore[prop-decorator] # as pydantic's own page on it says
    @property
    def low(self) -> float | None:
        """Return the lower end of the interval."""
        return self._end(-1)

    @computed_field  # type: ignore[prop-decorator] # as pydantic's own page on it says
    @property
    def high(self) -> float | None:
        """Return the upper end of the interval."""
        return self._end(+1)

    def _end(self, side: int) -> float | None:
        # https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval, Wilson score.
        if not self.of:
            return None
        share, square = self.hits / self.of, Z_95**2
        middle = share + square / (2 * self.of)
        spread = Z_95 * sqrt(share * (1 - share) / self.of + square / (4 * self.of**2))
        end = (middle + side * spread) / (1 + square / self.of)
        return round(min(1.0, max(0.0, end)), 4)


class Detection(BaseModel):
    """How well urgent documents were told from normal ones."""

    model_config = ConfigDict(frozen=True)

    documents: int
    accuracy: Share
    precision: Share
    recall: Share
    normals_urgent: Share
    """Normal documents that were judged urgent."""
    normals_raised: Share
    """Normal documents that were judged urgent, or go to a person for doubt about it."""


class Bin(BaseModel):
    """The documents with scores from `low` up to `high`."""

    model_config = ConfigDict(frozen=True)

    low: float
    high: float
    documents: int
    mean_score: float | None
    urgent: Share


class Calibration(BaseModel):
    """How far the score can be read as a probability."""

    model_config = ConfigDict(frozen=True)

    brier: float
    """Mean square of the distance between score and truth: 0 is best, 0.25 knows nothing."""
    bins: tuple[Bin, ...]
    recall_at_budget: Share
    """Urgent documents among the `REVIEW_BUDGET` with the highest scores."""


class SummaryFigures(BaseModel):
    """How faithful and how complete the summaries are."""

    model_config = ConfigDict(frozen=True)

    documents: int
    grounded: Share
    """Bullets whose quote stands on the page that they name."""
    facts: Share
    """Facts of the labels that stand in the summary: in its title, a bullet or a quote."""


class Figures(BaseModel):
    """All figures of one run."""

    model_config = ConfigDict(frozen=True)

    overall: Detection
    by: dict[str, dict[str, Detection]]
    """By language, kind and tag."""
    calibration: Calibration
    deadlines: Share
    """Deadlines of the labels that were found."""
    summaries: SummaryFigures | None
    failed: int
    """Documents that ended without a level."""
    usage: Usage


def figures_of(judged: Sequence[Judged]) -> Figures:
    """Return all figures of the documents of a run."""
    due = [each for each in judged if each.document.deadline is not None]
    usage = Usage()
    for each in judged:
        usage = usage.plus(each.outcome.usage)
    return Figures(
        overall=detection(judged),
        by={
            "language": _by(judged, lambda document: [document.language]),
            "kind": _by(judged, lambda document: [document.kind]),
            "tag": _by(judged, lambda document: document.tags),
        },
        calibration=calibration(judged),
        deadlines=_share(each.document.deadline in each.outcome.due for each in due),
        summaries=_summaries(judged),
        failed=sum(each.outcome.level is None for each in judged),
        usage=usage,
    )


def detection(judged: Sequence[Judged]) -> Detection:
    """Return how well the urgent ones of some documents were found."""
    urgent = [each for each in judged if each.document.urgent]
    normal = [each for each in judged if not each.document.urgent]
    found = [each for each in judged if each.outcome.urgent]
    return Detection(
        documents=len(judged),
        accuracy=_share(is_right(each) for each in judged),
        precision=_share(each.document.urgent for each in found),
        recall=_share(each.outcome.urgent for each in urgent),
        normals_urgent=_share(each.outcome.urgent for each in normal),
        normals_raised=_share(each.outcome.raised for each in normal),
    )


def is_right(each: Judged) -> bool:
    """Return whether the level of a document is that of its label."""
    return each.outcome.level is each.document.label


def calibration(judged: Sequence[Judged]) -> Calibration:
    """Return how the scores agree with the labels."""
    errors = [(each.outcome.score - each.document.urgent) ** 2 for each in judged]
    return Calibration(
        brier=round(sum(errors) / len(errors), 4) if errors else 0.0,
        bins=tuple(_bin(judged, number) for number in range(BINS)),
        recall_at_budget=_recall_at_budget(judged),
    )


def _bin(judged: Sequence[Judged], number: int) -> Bin:
    inside = [each for each in judged if min(BINS - 1, int(each.outcome.score * BINS)) == number]
    scores = [each.outcome.score for each in inside]
    return Bin(
        low=number / BINS,
        high=(number + 1) / BINS,
        documents=len(inside),
        mean_score=round(sum(scores) / len(scores), 4) if scores else None,
        urgent=_share(each.document.urgent for each in inside),
    )


def _recall_at_budget(judged: Sequence[Judged]) -> Share:
    """Return the share of urgent documents that people see who look at the highest scores.

    Where several documents have the score at the border, people see a part of them; the urgent
    ones among those count with this part, rounded down, so that their order decides nothing.
    """
    budget = ceil(REVIEW_BUDGET * len(judged))
    scores = sorted((each.outcome.score for each in judged), reverse=True)
    border = scores[budget - 1] if scores else 0
    above = [each for each in judged if each.outcome.score > border]
    at = [each for each in judged if each.outcome.score == border]
    part = (budget - len(above)) / len(at) if at else 0
    seen = sum(each.document.urgent for each in above)
    seen += int(part * sum(each.document.urgent for each in at))
    return Share(hits=seen, of=sum(each.document.urgent for each in judged))


def _summaries(judged: Sequence[Judged]) -> SummaryFigures | None:
    summarized = [each for each in judged if each.outcome.summary is not None]
    if not summarized:
        return None
    return SummaryFigures(
        documents=len(summarized),
        grounded=_share(
            bullet.grounded for each in summarized for bullet in each.outcome.summary or ()
        ),
        facts=_share(has for each in summarized for has in facts_found(each).values()),
    )


def facts_found(each: Judged) -> dict[str, bool]:
    """Return for each fact of a document whether it stands in the summary, in any case."""
    bullets = each.outcome.summary or ()
    said = [
        each.outcome.title,
        *(part for bullet in bullets for part in (bullet.text, bullet.quote)),
    ]
    whole = unwrapped(" \n ".join(said)).casefold()
    return {fact: unwrapped(fact).casefold() in whole for fact in each.document.facts}


def _by(
    judged: Sequence[Judged], groups_of: Callable[[LabelledDocument], Iterable[str]]
) -> dict[str, Detection]:
    groups: dict[str, list[Judged]] = {}
    for each in judged:
        for group in groups_of(each.document):
            groups.setdefault(group, []).append(each)
    return {name: detection(groups[name]) for name in sorted(groups)}


def _share(cases: Iterable[bool]) -> Share:
    found = list(cases)
    return Share(hits=sum(found), of=len(found))
