"""What this process answers: lines of JSON on standard output."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import IO, Any

from docflow.parser.process_limits import limit_page


class Answer:
    """Reports line by line how far this process has come.

    Args:
        stream: Where the lines are written to.
        seconds: Time for the whole command.
        page_share: Share of the remaining time that one of several pages may use.
        pages_from: First page to read.
    """

    def __init__(
        self, stream: IO[str], *, seconds: float, page_share: float, pages_from: int
    ) -> None:
        self._stream = stream
        self._until = time.monotonic() + seconds
        self._page_share = page_share
        self._pages_from = pages_from

    def begin(self) -> None:
        """Report at once that from now on the file is read."""
        self.write(begun=True)
        self._stream.flush()

    def write(self, **line: Any) -> None:  # noqa: ANN401 - whatever is JSON
        """Write a line; it is sent when the next page begins, or at the end."""
        self._stream.write(json.dumps(line) + "\n")

    def page_numbers(self, pages: int) -> Iterator[int]:
        """Return the numbers of the pages to read, and report each one before it is read.

        One of several pages may use a share of the remaining time only, since the others need some
        too.
        """
        for number in range(self._pages_from, pages + 1):
            self.write(reading=number)
            self._stream.flush()
            if pages > 1:
                limit_page(self._page_share * (self._until - time.monotonic()))
            yield number
