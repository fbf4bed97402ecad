"""Figures of many documents, as sums that can be added to and taken from.

The document index keeps them beside its entries. What a document adds is a function of its entry,
so that an entry that takes the place of another changes a sum by their difference.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from docflow.models.index import IndexEntry
from docflow.models.states import Status, UrgencyLevel

NANO = 1_000_000_000
"""Money is summed in billionths of a dollar, since sums of fractions drift."""

_COUNT, _TO_END, _UNATTENDED = "n", "t", "u"
_SUMMED = (
    "pages",
    "ocr_pages",
    "ocr_pages_saved",
    "prompt_tokens",
    "completion_tokens",
    "cached_calls",
)
_PAID = ("estimated_usd", "saved_usd")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over documents by the name of a figure; a figure that is not named is 0.

    Durations are counted by their two leading digits, so a duration that is read from the counts
    differs from the true one by at most 5 %.
    """

    figures: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: IndexEntry) -> Self:
        """Return what one document adds."""
        review = bool(entry.review_reasons)
        figures = {_count_key(entry.status, entry.urgency, review=review): 1}
        if entry.status.ended:
            length = _two_digits((entry.updated_at - entry.received_at).total_seconds())
            figures[f"{_TO_END}/{length}"] = 1
            if not review:
                figures[f"{_UNATTENDED}/{length}"] = 1
        figures |= {name: getattr(entry, name) or 0 for name in _SUMMED}
        figures |= {name: round(getattr(entry, name) * NANO) for name in _PAID}
        return cls._of(figures)

    @classmethod
    def _of(cls, figures: Mapping[str, int]) -> Self:
        return cls({name: figure for name, figure in figures.items() if figure})

    @classmethod
    def sum(cls, parts: Iterable[Totals]) -> Self:
        """Return the sum of several totals."""
        figures: Counter[str] = Counter()
        for part in parts:
            figures.update(part.figures)
        return cls._of(figures)

    def changed(self, before: Totals, after: Totals) -> Totals:
        """Return these totals after a document that added `before` adds `after`."""
        figures = Counter(self.figures)
        figures.update(after.figures)
        figures.subtract(before.figures)
        return self._of(figures)

    @property
    def documents(self) -> int:
        """Return the number of documents."""
        return self.matching()

    def matching(
        self,
        status: Status | None = None,
        urgency: UrgencyLevel | None = None,
        *,
        review: bool | None = None,
    ) -> int:
        """Return the number of documents with these values; None means any."""
        wanted = (status, urgency, None if review is None else _flag(review=review))
        found = 0
        for name, count in self.figures.items():
            kind, *values = name.split("/")
            if kind == _COUNT and all(w in (None, v) for w, v in zip(wanted, values, strict=True)):
                found += count
        return found

    def amount(self, name: str) -> int:
        """Return the sum of a field of the entries."""
        return self.figures.get(name, 0)

    def dollars(self, name: str) -> float:
        """Return the sum of a field of the entries that holds US dollars."""
        return round(self.amount(name) / NANO, 6)

    def seconds_to_end(self, share: float, *, unattended: bool = False) -> float | None:
        """Return a nearest-rank percentile of the time from receipt to end, in seconds.

        Args:
            share: from 0 to 1; 0.5 is the median.
            unattended: of documents without a review alone.

        Returns:
            The percentile, at most 5 % from the true one; None if no document has ended.
        """
        wanted = _UNATTENDED if unattended else _TO_END
        counts = {
            float(length): count
            for kind, _, length in (name.partition("/") for name in self.figures)
            if kind == wanted and (count := self.figures[f"{kind}/{length}"])
        }
        rank = math.ceil(share * sum(counts.values()))
        for length in sorted(counts):
            rank -= counts[length]
            if rank <= 0:
                return length
        return None


def _count_key(status: Status, urgency: UrgencyLevel | None, *, review: bool) -> str:
    return f"{_COUNT}/{status.value}/{urgency.value if urgency else ''}/{_flag(review=review)}"


def _flag(*, review: bool) -> str:
    return "1" if review else "0"


def _two_digits(seconds: float) -> str:
    """Return a duration by its two leading digits, in whole milliseconds where it is short."""
    return f"{max(0.0, round(seconds, 3)):.1e}"
