"""Read the `pages` parameter of an analysis, such as `1-3,5`."""

from __future__ import annotations

import re

RANGE = re.compile(r"\s*(\d+)\s*(?:-\s*(\d*)\s*)?")


def parse_page_range(text: str | None, page_count: int) -> list[int]:
    """Return the wanted page numbers in order; all pages where `text` is empty.

    Raises:
        ValueError: `text` is not of the form, or names no page that the document has.
    """
    if not text:
        return list(range(1, page_count + 1))
    wanted: set[int] = set()
    for part in text.split(","):
        found = RANGE.fullmatch(part)
        if found is None:
            raise ValueError(f"The page range {text!r} is not of the form '1-3,5'.")
        first = int(found[1])
        last = first if found[2] is None else int(found[2] or page_count)
        if not 1 <= first <= last:
            raise ValueError(f"The page range {part!r} is empty or begins before page 1.")
        wanted.update(range(first, min(last, page_count) + 1))
    if not wanted:
        raise ValueError(f"The page range {text!r} is outside the document's {page_count} pages.")
    return sorted(wanted)
