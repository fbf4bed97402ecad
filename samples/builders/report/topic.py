"""What the report knows about one topic, that is about one page."""

from __future__ import annotations

from dataclasses import dataclass

Measure = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class Topic:
    """The facts of one page; the sentences around them come from `prose`.

    Attributes:
        title: The heading of the page.
        measures: Figures of 2023/24, 2024/25 and 2025/26 with their names; the text is about the
            first one.
        lead: Who is responsible.
        place: Where the work of the year happened.
        project: What was done, as a noun phrase.
        facts: Two sentences that are true of this topic alone.
    """

    title: str
    measures: tuple[Measure, ...]
    lead: str
    place: str
    project: str
    facts: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report."""

    title: str
    topics: tuple[Topic, ...]
