"""How much the durable history takes, per page, on the whole local stack."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Measured, Row, Scenario
from devstack.testing.whole_stack import history_bytes, whole_stack

FILES = Path(__file__).parents[1] / "samples" / "files"
NAMES = ("annual-report.pdf", "service-agreement-mixed.pdf", "final-notice-scan.pdf")


def measure() -> Measured:
    """Take each sample to its end on a stack of its own."""
    return Measured(list(_rows()))


def _rows() -> Iterator[Row]:
    for name in NAMES:
        with tempfile.TemporaryDirectory() as folder:
            recorded = Path(folder, "recorded")
            with whole_stack(Path(folder, "stack"), record=recorded) as stack:
                document_id = stack.drop(name, (FILES / name).read_bytes())
                if stack.until(document_id, lambda d: d.is_waiting or d.is_at_end).is_waiting:
                    stack.raise_event(document_id, {"approved": True})
                record = stack.ended(document_id)
                stack.settle()
            size = history_bytes(recorded)
        pages, ocr = record["source"]["pages"], record["cost"]["ocrPages"]
        figures = {"pages": pages, "by OCR": ocr, "bytes": size, "a page": size / pages}
        yield Row(name, figures)


SCENARIO = Scenario(
    title="Bytes of durable history of a document, all its instances together",
    what="document",
    columns={"pages": "", "by OCR": "", "bytes": ",", "a page": ",.0f"},
    measure=measure,
)
