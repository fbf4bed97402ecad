"""Show what becomes of dropped files: a live table on a terminal, a line per change elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from devstack.client.app import Document, UnreachableError, Upload

STYLES = {
    "published": "green",
    "waiting": "yellow",
    "rejected": "magenta",
    "expired": "magenta",
    "quarantined": "red",
    "failed": "bold red",
}

_RESTART_TIMEOUT_SECONDS = 30.0


@dataclass(slots=True)
class Row:
    """One dropped file as the user sees it."""

    name: str
    document_id: str
    document: Document | None = None
    seconds: float = 0.0
    """From the drop to the last change of state, or until now where it still goes on."""
    mail: str | None = None
    """The document that this one was attached to."""

    @property
    def label(self) -> str:
        """Return the name, marked where the document belongs to the one above it."""
        return self.name if self.mail is None else f"+ {self.name}"

    @property
    def settled(self) -> bool:
        """Return whether it is at an end or waits for a person."""
        return self.document is not None and (self.document.is_at_end or self.document.is_waiting)

    @property
    def state(self) -> str:
        """Return its state in a word or two."""
        if self.document is None:
            return "dropped"
        if self.document.is_waiting:
            return "waiting for review"
        if self.document.is_at_end:
            return self.document.status
        return self.document.stage.replace("_", " ")

    @property
    def pages(self) -> str:
        """Return pages done and total, once they are known."""
        if self.document is None or not self.document.pages_total:
            return ""
        return f"{self.document.pages_done}/{self.document.pages_total}"

    @property
    def urgency(self) -> str:
        """Return the level, once it was judged."""
        return self.document.urgency if self.document else ""


class Progress(Protocol):
    """A way to show rows while they change."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def show(self, rows: Sequence[Row]) -> None:
        """Show the rows as they are now."""


class LiveProgress:
    """A table on a terminal, drawn again in the same place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live = Live(console=self._console, auto_refresh=False)
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def show(self, rows: Sequence[Row]) -> None:
        """Draw the table again."""
        self._live.update(progress_table(rows), refresh=True)


class PlainProgress:
    """A line for each change, for logs and pipes."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._shown: dict[str, tuple[str, ...]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing: no terminal is held."""

    def show(self, rows: Sequence[Row]) -> None:
        """Write what has changed since the last time."""
        for row in rows:
            facts = (row.state, row.pages, row.urgency)
            if self._shown.get(row.document_id) == facts:
                continue
            self._shown[row.document_id] = facts
            pages = f"pages {row.pages}" if row.pages else ""
            details = ", ".join(filter(None, (row.state, pages, row.urgency)))
            self._write(f"{row.seconds:6.1f} s  {row.label}: {details}")


def progress_table(rows: Sequence[Row]) -> Table:
    """Return the rows as a table that fits a terminal of 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("document", ratio=1, no_wrap=True, overflow="ellipsis", max_width=32)
    table.add_column("stage", no_wrap=True, min_width=18)
    table.add_column("pages", justify="right", min_width=5)
    table.add_column("urgency", min_width=7)
    table.add_column("time", justify="right", min_width=7)
    for row in rows:
        status = row.document.status if row.document else ""
        style = STYLES.get(status, "cyan" if row.document else "dim")
        urgent = "bold red" if row.urgency == "urgent" else ""
        table.add_row(
            Text(row.label),
            Text(row.state, style),
            row.pages,
            Text(row.urgency, urgent),
            f"{row.seconds:.1f} s",
        )
    return table


def choose_progress(console: Console) -> Progress:
    """Return a live table for a terminal, plain lines for anything else."""
    if console.is_terminal:
        return LiveProgress(console)
    return PlainProgress(lambda line: print(line, flush=True))


class Watch:
    """The dropped files, and what the app says of them each time it is asked.

    Attachments of a mail get rows of their own below it, as soon as the app tells of them.
    """

    def __init__(self, uploads: Sequence[Upload]) -> None:
        self._started = time.monotonic()
        self._answered: float | None = None
        self.rows = [Row(upload.name, upload.document_id) for upload in uploads]

    @property
    def settled(self) -> bool:
        """Return whether each is waiting for review or at an end."""
        return all(row.settled for row in self.rows)

    @property
    def ended(self) -> bool:
        """Return whether each is at an end."""
        return all(row.document is not None and row.document.is_at_end for row in self.rows)

    @property
    def seconds(self) -> float:
        """Return the seconds since the files were dropped."""
        return time.monotonic() - self._started

    def refresh(self, look_up: Callable[[str], Document | None]) -> None:
        """Look again at those that are not at an end.

        An app that answered before is given some time to come back: its host may be restarting.
        """
        try:
            for row in list(self.rows):
                self._refresh(row, look_up)
                self._add_attachments(row)
        except UnreachableError:
            answered = self._answered
            if answered is None or time.monotonic() - answered > _RESTART_TIMEOUT_SECONDS:
                raise

    def _refresh(self, row: Row, look_up: Callable[[str], Document | None]) -> None:
        if row.document is not None and row.document.is_at_end:
            return
        before = row.state
        row.document = look_up(row.document_id) or row.document
        self._answered = time.monotonic()
        if row.state != before or not row.settled:
            row.seconds = self.seconds

    def _add_attachments(self, mail: Row) -> None:
        known = {row.document_id for row in self.rows}
        sent = mail.document.attachments if mail.document else ()
        new = [
            Row(each.name, each.document_id, seconds=self.seconds, mail=mail.document_id)
            for each in sent
            if each.document_id not in known
        ]
        below = self.rows.index(mail) + 1
        self.rows[below:below] = new
