"""Tell the parts of a document apart, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from docflow.policy.zones.lines import TextLine, lines_of, without_numbers
from docflow.policy.zones.words import pattern
from docflow.policy.zones.zone import Zone, ZoneKind

HEAD_LINES = 14
"""A letterhead ends within so many lines with words."""

SUBJECT_LINES = 5
"""The subject of a letter stands in its first lines with words."""

SIGNATURE_WORDS = 12
"""A line below the closing formula with more words is no part of a signature."""


def zones_of(text: str, repeated: frozenset[str] = frozenset()) -> list[Zone]:
    """Return the parts of a text, in its order; together they hold every line with words.

    Args:
        text: The text of a document or of one page.
        repeated: Lines that stand on most pages, from `repeated_lines`.
    """
    splitter = _Splitter(list(lines_of(text)), repeated)
    return _joined(splitter.zones())


class _Splitter:
    """Goes through the lines of a text and remembers where it is."""

    def __init__(self, lines: Sequence[TextLine], repeated: frozenset[str]) -> None:
        self._lines = lines
        self._repeated = repeated
        self._current = ZoneKind.LETTER
        self._with_words = 0
        self._greeted = False

    def zones(self) -> list[Zone]:
        """Return one zone for each line with words."""
        zones = []
        for index, line in enumerate(self._lines):
            if line.is_blank and not line.is_rule:
                self._blank()
                continue
            self._with_words += 1
            zones.append(Zone(line.start, line.end, self._kind(index, line)))
        return zones

    def _blank(self) -> None:
        """End what lasts for one paragraph only."""
        if self._current is ZoneKind.FOOTER:
            self._current = ZoneKind.LETTER

    def _kind(self, index: int, line: TextLine) -> ZoneKind:
        if without_numbers(line.folded) in self._repeated:
            return ZoneKind.FOOTER
        if line.is_quoted:
            return ZoneKind.QUOTED
        self._current = self._next(index, line)
        if self._current is ZoneKind.LETTER and self._is_letterhead(line):
            return ZoneKind.LETTERHEAD
        return self._current

    def _next(self, index: int, line: TextLine) -> ZoneKind:
        """Return the zone that a line begins, or the one that goes on."""
        if self._current is ZoneKind.QUOTED or self._begins_quote(line):
            return ZoneKind.QUOTED
        if line.begins("greetings"):
            self._greeted = True
            return ZoneKind.LETTER
        if self._begins_terms(index, line):
            return ZoneKind.TERMS
        if line.begins("footers"):
            return ZoneKind.FOOTER
        if self._current is ZoneKind.TERMS:
            ends = line.is_heading and line.consists_of("end_terms")
            return ZoneKind.LETTER if ends else ZoneKind.TERMS
        return self._next_in_letter(line)

    def _next_in_letter(self, line: TextLine) -> ZoneKind:
        if line.begins("postscripts"):
            return ZoneKind.LETTER
        if line.words <= SIGNATURE_WORDS and line.begins("closings"):
            return ZoneKind.SIGNATURE
        if self._current is ZoneKind.SIGNATURE and line.words > SIGNATURE_WORDS:
            return ZoneKind.FOOTER
        return self._current

    def _begins_quote(self, line: TextLine) -> bool:
        if pattern("quotes").match(line.folded):
            return line.is_rule or line.text.rstrip().endswith(":") or line.is_heading
        return False

    def _begins_terms(self, index: int, line: TextLine) -> bool:
        """Return whether a heading or the label of a paragraph announces printed terms."""
        if line.is_heading and line.consists_of("terms"):
            return True
        # Below the first lines, which may name terms as the subject of the letter.
        below = self._with_words > SUBJECT_LINES or self._precedes_items(index)
        if line.is_heading and below and line.has("terms_words"):
            return True
        label, colon, _ = line.text.partition(":")
        if colon and TextLine(line.start, line.start + len(label), label).consists_of("terms"):
            return True
        return line.is_clause and self._is_impersonal(index)

    def _precedes_items(self, index: int) -> bool:
        """Return whether a numbered or marked paragraph follows."""
        return index + 1 < len(self._lines) and self._lines[index + 1].is_item

    def _is_impersonal(self, index: int) -> bool:
        """Return whether a paragraph speaks of customers and suppliers, and not to the reader."""
        words = []
        for line in self._lines[index:]:
            if line.is_blank:
                break
            words.append(line.folded)
        paragraph = " ".join(words)
        named = pattern("parties").search(paragraph)
        return named is not None and not pattern("addressed").search(paragraph)

    def _is_letterhead(self, line: TextLine) -> bool:
        return not self._greeted and self._with_words <= HEAD_LINES and line.is_letterhead


def _joined(zones: Sequence[Zone]) -> list[Zone]:
    """Return zones with neighbours of one kind joined."""
    joined: list[Zone] = []
    for zone in zones:
        if joined and joined[-1].kind is zone.kind:
            joined[-1] = Zone(joined[-1].start, zone.end, zone.kind)
        else:
            joined.append(zone)
    return joined
