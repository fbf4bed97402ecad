"""Which pages of the samples go to OCR on the whole local stack, and what that saves.

All samples are dropped, and then the same files under other names, for which nothing may be paid
again. What is saved is what the records say; the figures over all documents must agree with them.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import Goal, Measured, Row, Scenario
from devstack.demo.expectations import Foreseen, Sample, read_samples
from devstack.testing.whole_stack import WholeStack, whole_stack

SAMPLES = Path(__file__).parents[1] / "samples"
METHODS = {"text layer": "text-layer", "OCR": "ocr", "empty": "empty"}
USD_DIGITS = 6


@dataclass(frozen=True, slots=True)
class End:
    """The record of a document, beside what was foreseen."""

    record: Mapping[str, Any]
    foreseen: Foreseen

    @property
    def pages(self) -> Counter[str]:
        """Return the number of pages for each method of reading."""
        return Counter(page["method"] for page in self.record["pages"])

    @property
    def is_as_foreseen(self) -> bool:
        """Return whether each page was read as the manifest says."""
        return self.pages == Counter(self.foreseen.pages_by_method)


@dataclass(frozen=True, slots=True)
class Drop:
    """What became of all samples, and what the services did for that."""

    ends: list[End]
    sent: int
    """Pages, by the count of the service."""
    calls: int
    """Of the model, by the count of the service."""

    def cost(self, field: str) -> float:
        """Add up a figure of the records' cost."""
        figures: list[float] = [end.record["cost"][field] for end in self.ends]
        return round(sum(figures), USD_DIGITS)

    def figures(self) -> dict[str, float]:
        """Return the figures of one drop."""
        pages = sum((end.pages for end in self.ends), Counter[str]())
        return {
            "pages": pages.total(),
            **{title: pages[method] for title, method in METHODS.items()},
            "sent": self.sent,
            "share": self.sent / pages.total(),
            "saved": self.cost("ocrPagesSaved"),
            "USD saved": self.cost("savedUsd"),
            "model calls": self.calls,
        }


def measure() -> Measured:
    """Drop all samples, then the same files under other names."""
    samples = read_samples(SAMPLES)
    with tempfile.TemporaryDirectory() as folder, whole_stack(Path(folder)) as stack:
        first = _drop(stack, samples, "")
        stats = stack.get("/api/stats").json()
        again = _drop(stack, samples, "again/")
    wrong = sum(not end.is_as_foreseen for drop in (first, again) for end in drop.ends)
    needed = sum(end.foreseen.pages_by_method["ocr"] for end in first.ends)
    return Measured(
        [Row("first", first.figures()), Row("same, renamed", again.figures())],
        [
            Goal("pages sent to OCR", first.sent, needed, exactly=True),
            Goal("documents not read as the manifest says", wrong, 0, exactly=True),
            Goal("pages sent to OCR again", again.sent, 0, exactly=True),
            Goal("model calls made again", again.calls, 0, exactly=True),
            *(
                Goal(f"{field} of the stats, as of the records", stats[field], total, exactly=True)
                for field in ("ocrPages", "ocrPagesSaved", "savedUsd")
                for total in [first.cost(field)]
            ),
        ],
    )


def _drop(stack: WholeStack, samples: Mapping[Path, Sample], folder: str) -> Drop:
    before = stack.stats()
    ids = {
        stack.drop(f"{folder}{file.name}", file.read_bytes()): sample
        for file, sample in samples.items()
    }
    ends = [end for identifier, sample in ids.items() for end in _ends(stack, identifier, sample)]
    after = stack.stats()
    return Drop(
        ends,
        sent=after["pages_analysed"] - before["pages_analysed"],
        calls=_calls(after) - _calls(before),
    )


def _ends(stack: WholeStack, identifier: str, sample: Sample) -> Iterator[End]:
    """Take a document to its end, and what is attached to it."""
    record = _ended(stack, identifier)
    yield End(record, sample)
    attached = [each["documentId"] for each in record["attachments"]]
    for attachment, foreseen in zip(attached, sample.attachments, strict=True):
        yield End(_ended(stack, attachment), foreseen)


def _ended(stack: WholeStack, identifier: str) -> dict[str, Any]:
    if stack.until(identifier, lambda d: d.is_waiting or d.is_at_end).is_waiting:
        stack.raise_event(identifier, {"approved": True})
    return stack.ended(identifier)


def _calls(counts: Mapping[str, Any]) -> int:
    return int(counts["operations"]["chat.completions"]["requests"])


SCENARIO = Scenario(
    title="Pages of the samples that go to OCR, and what that saves",
    what="drop",
    columns={
        "pages": "",
        **dict.fromkeys(METHODS, ""),
        "sent": "",
        "share": ".1%",
        "saved": "",
        "USD saved": ".4f",
        "model calls": "",
    },
    measure=measure,
)
