"""Whether a statement of the model is grounded: its quote is in the text of the page."""

from __future__ import annotations

import re

LOW_CONFIDENCE = 0.6
"""Mean confidence of the words of a page below which the document needs a review."""

MINIMUM_GROUNDED_SHARE = 0.5
"""Smallest share of grounded bullets with which the check passes."""

_QUOTES = str.maketrans(
    {
        0x201C: '"',  # left double
        0x201D: '"',  # right double
        0x201E: '"',  # low double
        0x2018: "'",  # left single
        0x2019: "'",  # right single
        0x2013: "-",  # en dash
        0x2014: "-",  # em dash
    }
)


def normalized(text: str) -> str:
    """Return text for comparison: same case, white space and quotation marks, no hyphenation."""
    joined = re.sub(r"(?<=\w)-\s*\n\s*(?=\w)", "", text)
    plain = joined.translate(_QUOTES)
    return re.sub(r"\s+", " ", plain).strip().casefold()


def stands_on_page(quote: str, page_text: str) -> bool:
    """Return whether a page contains a quote; white space, case and line breaks are ignored."""
    wanted = normalized(quote).strip(" .…\"'")
    return bool(wanted) and wanted in normalized(page_text)
