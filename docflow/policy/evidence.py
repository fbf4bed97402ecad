"""Whether a statement of the model is grounded: its quote is in the text of the page."""

from __future__ import annotations

from docflow.parser.text.comparison import fold

LOW_CONFIDENCE = 0.6
"""Mean confidence of the words of a page below which the document needs a review."""

MINIMUM_GROUNDED_SHARE = 0.5
"""Smallest share of grounded bullets with which the check passes."""


def stands_on_page(quote: str, page_text: str) -> bool:
    """Return whether a page contains a quote: its words, whatever is between their letters."""
    return fold(page_text).find(fold(quote)) is not None
