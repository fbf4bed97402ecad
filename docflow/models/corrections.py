"""What was done to values of the model that cannot be true, in counts."""

from __future__ import annotations

from collections import Counter

from docflow.models.payloads import Payload


class Corrections(Payload):
    """Numbers of values that were repaired and dropped, by kind, such as `dueDate`."""

    repaired: dict[str, int] = {}
    dropped: dict[str, int] = {}

    def plus(self, other: Corrections) -> Corrections:
        """Return the sum of these and other corrections."""
        return Corrections(
            repaired=dict(Counter(self.repaired) + Counter(other.repaired)),
            dropped=dict(Counter(self.dropped) + Counter(other.dropped)),
        )

    def __str__(self) -> str:
        """Return the counts as a sentence, such as `dropped: dueDate 1; repaired: none`."""
        return f"dropped: {_counts(self.dropped)}; repaired: {_counts(self.repaired)}"


def _counts(numbers: dict[str, int]) -> str:
    return ", ".join(f"{kind} {number}" for kind, number in sorted(numbers.items())) or "none"
