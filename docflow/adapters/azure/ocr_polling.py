"""When to ask how far an analysis is, learned from how long the last ones took.

Document Intelligence takes 15 analyses a second and 50 questions about them, by default
(https://learn.microsoft.com/azure/ai-services/document-intelligence/service-limits): about three
questions each. Asked at a fixed interval it is either asked too often or answers too late; so the
first question comes when the quickest analyses are done, and the next ones soon after.
"""

from __future__ import annotations

from collections.abc import Iterator

FIRST_GUESS_SECONDS = 0.1
"""Soon: nothing is known yet, and a page that waits in vain is noticed more than a question."""
SHORTEST_SECONDS = 0.01
LONGEST_SECONDS = 3.0
EAGERNESS = 0.8
"""What the first wait shrinks by where it was long enough: for most analyses it shall not be."""
CAUTION = 0.2
"""How far the first wait moves towards the time that an analysis took, where it was too short."""
PAUSE = 0.25
"""The wait before the second question, as a share of the first."""
SHORTEST_PAUSE_SECONDS = 0.1
GROWTH = 1.5
"""What each further wait grows by: nobody knows whether this analysis is near its end."""


class PollingPace:
    """The wait before the first question; shared by all analyses of a process."""

    def __init__(
        self,
        *,
        first: float = FIRST_GUESS_SECONDS,
        shortest: float = SHORTEST_SECONDS,
        shortest_pause: float = SHORTEST_PAUSE_SECONDS,
    ) -> None:
        self._first = first
        self._shortest = shortest
        self._shortest_pause = shortest_pause

    @property
    def first_wait(self) -> float:
        """Seconds until the first question about the next analysis."""
        return self._first

    def waits(self) -> Iterator[float]:
        """Give the seconds to wait before each question about one analysis, without end."""
        first = self._first
        yield first
        wait = max(self._shortest_pause, first * PAUSE)
        while True:
            yield wait
            wait = min(LONGEST_SECONDS, wait * GROWTH)

    def learn(self, waited: float, questions: int) -> None:
        """Take in that an analysis was found done after so many seconds and questions."""
        if questions <= 1:
            self._first = max(self._shortest, self._first * EAGERNESS)
        else:
            nearer = self._first + CAUTION * (waited - self._first)
            self._first = min(LONGEST_SECONDS, nearer)
