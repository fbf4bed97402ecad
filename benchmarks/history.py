"""How much the durable history takes, per page, on the whole local stack.

Run with `.venv/bin/python -m benchmarks.history`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from devstack.testing.whole_stack import history_bytes, whole_stack

FILES = Path(__file__).parents[1] / "samples" / "files"
NAMES = ("annual-report.pdf", "service-agreement-mixed.pdf", "final-notice-scan.pdf")


def main() -> None:
    """Take each sample to its end on a stack of its own."""
    print(f"{'document':<32}{'pages':>6}{'by OCR':>8}{'bytes':>9}{'per page':>10}")
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
        print(f"{name:<32}{pages:>6}{ocr:>8}{size:>9,}{size / pages:>10,.0f}")


if __name__ == "__main__":
    main()
