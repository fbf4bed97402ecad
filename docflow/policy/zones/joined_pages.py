"""Several pages read as one text, with the way back to the pages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from docflow.policy.zones.lines import repeated_lines

PAGE_BREAK = "\n\f\n"
"""What stands between two pages."""


class JoinedPages:
    """The text of some pages.

    Attributes:
        text: The pages one after the other.
        repeated: Lines that stand on most of them: headers and footers.
    """

    def __init__(self, pages: Sequence[tuple[int, str]]) -> None:
        """Join pages, given as their numbers and texts."""
        texts = [text for _, text in pages]
        self.text = PAGE_BREAK.join(texts)
        self.repeated = repeated_lines(texts)
        self._numbers = [number for number, _ in pages]
        lengths = (len(text) + len(PAGE_BREAK) for text in texts)
        self._starts = list(accumulate(lengths, initial=0))[:-1]

    def page_at(self, offset: int) -> int:
        """Return the number of the page on which a place in the text is."""
        return self._numbers[bisect_right(self._starts, offset) - 1]
