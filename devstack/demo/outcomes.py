"""What became of each sample, as a table, as totals, and against what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from devstack.client.progress import STYLES
from devstack.demo.expectations import Foreseen


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one document, read from its result record."""

    name: str
    status: str
    text_pages: int = 0
    ocr_pages: int = 0
    urgency: str = ""
    reviewed: bool = False
    ticket: str = ""
    code: str = ""
    tokens: int = 0
    usd: float = 0.0

    @classmethod
    def read(cls, name: str, record: Mapping[str, Any]) -> Outcome:
        """Read the parts of a record that the demo tells about."""
        methods = [page["method"] for page in record.get("pages") or []]
        cost = record.get("cost") or {}
        return cls(
            name=name,
            status=record["status"],
            text_pages=methods.count("text-layer"),
            ocr_pages=methods.count("ocr"),
            urgency=(record.get("urgency") or {}).get("level") or "",
            reviewed=bool((record.get("review") or {}).get("required")),
            ticket=(record.get("ticket") or {}).get("key") or "",
            code=(record.get("error") or {}).get("code") or "",
            tokens=cost.get("promptTokens", 0) + cost.get("completionTokens", 0),
            usd=cost.get("estimatedUsd", 0.0),
        )

    def differences(self, foreseen: Foreseen) -> Iterator[str]:
        """Yield one line for each way in which this is not the expected end."""
        expected, pages = foreseen.expect, foreseen.pages_by_method
        pairs = (
            ("status", self.status, expected.status),
            ("error code", self.code, expected.code),
            ("urgency", self.urgency, expected.urgency),
            ("review", self.reviewed, expected.review),
            ("pages from the text layer", self.text_pages, pages.get("text-layer")),
            ("pages by OCR", self.ocr_pages, pages.get("ocr")),
        )
        for what, seen, wanted in pairs:
            if wanted is not None and seen != wanted:
                yield f"{self.name}: {what} is {_word(seen)}, expected {_word(wanted)}"


def outcome_table(outcomes: Sequence[Outcome]) -> Table:
    """Return all outcomes, in a table that fits 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", width=80)
    table.add_column("document", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("end", no_wrap=True)
    table.add_column("text", justify="right")
    table.add_column("OCR", justify="right")
    table.add_column("urgency  ticket", no_wrap=True)
    table.add_column("cost", justify="right", no_wrap=True)
    for each in outcomes:
        table.add_row(
            Text(each.name),
            Text(each.status, STYLES.get(each.status, "")),
            _count(each.text_pages),
            _count(each.ocr_pages),
            _verdict(each),
            f"${each.usd:.4f}" if each.usd else "",
        )
    return table


def totals(outcomes: Sequence[Outcome], seconds: float) -> str:
    """Return one line of totals over all of them."""
    pages = sum(each.ocr_pages for each in outcomes)
    tokens = sum(each.tokens for each in outcomes)
    usd = sum(each.usd for each in outcomes)
    return (
        f"{len(outcomes)} documents, {pages} pages by OCR, {tokens:,} model tokens, "
        f"about ${usd:.4f}, {seconds:.0f} s"
    )


def _verdict(outcome: Outcome) -> Text:
    """Return what was judged and opened, or in its place why the file was refused."""
    if outcome.code:
        return Text(outcome.code, "red")
    style = "bold red" if outcome.urgency == "urgent" else ""
    return Text.assemble((f"{outcome.urgency:<9}", style), outcome.ticket)


def _count(pages: int) -> str:
    return str(pages) if pages else ""


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value == "" else str(value)
