"""What a format is asked to do: split a file into pages, or render one page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from docflow.parser.limits import Limits

AUTO = "auto"
ALWAYS = "always"
NEVER = "never"
"""Modes of OCR, with the same values as the setting `OCR_MODE`."""

PageNumbers = Callable[[int], Iterator[int]]
"""Returns, for a page count, the numbers of the pages to read; each is reported when it is taken
from the iterator."""


class SplitRequest(NamedTuple):
    """A file to split into pages."""

    file: Path
    content_type: str
    into: Path
    """Folder for the page files."""
    ocr_mode: str
    limits: Limits
    page_numbers: PageNumbers


class RenderRequest(NamedTuple):
    """A page to draw as PNG."""

    file: Path
    content_type: str
    page: int
    max_pixels: int
    target: Path
    limits: Limits
