"""What a module that reads a format looks like."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from docflow.parser.limits import Limits
from docflow.parser.pages import PageFile, TextPage
from docflow.parser.requests import RenderRequest, SplitRequest


class Format(Protocol):
    """A module that reads files of one or several content types."""

    def count_pages(self, file: Path, content_type: str, limits: Limits) -> int:
        """Return the page count, after a check of the file as deep as is needed.

        Raises:
            Refusal: The file is damaged, protected or beyond the limits.
        """

    def split(self, request: SplitRequest) -> Iterable[TextPage | PageFile]:
        """Return the pages: with their text, or as files for OCR."""

    def render(self, request: RenderRequest) -> None:
        """Draw one page as PNG.

        Raises:
            PageMissingError: There is no such page, or the format has no pictures.
        """


class AmbiguousFormat(Format, Protocol):
    """A format that the first bytes of a file alone do not tell."""

    def recognize(self, file: Path, head: bytes) -> str | None:
        """Return the content type, or None where the file is of none of this module.

        Raises:
            Refusal: The file is of a related format that is not taken.
        """
