"""Whether what the model says rests on the text of a page."""

from __future__ import annotations

import re

LOW_CONFIDENCE = 0.6
"""Mean OCR word confidence below which a person should look."""

MINIMUM_GROUNDED_SHARE = 0.5
"""Share of the bullets whose quote must stand on its page."""

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
    """Fold case, white space, hyphenation at line ends and quotation marks for comparing text."""
    joined = re.sub(r"(?<=\w)-\s*\n\s*(?=\w)", "", text)
    plain = joined.translate(_QUOTES)
    return re.sub(r"\s+", " ", plain).strip().casefold()


def stands_on_page(quote: str, page_text: str) -> bool:
    """Tell whether a quote stands on a page, apart from white space, case and line breaks."""
    wanted = normalized(quote).strip(" .…\"'")
    return bool(wanted) and wanted in normalized(page_text)
