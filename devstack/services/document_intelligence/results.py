"""Keep the results of analyses until a client asks for them."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

RESULTS_KEPT_BYTES = 128 * 1024 * 1024


class ResultStore:
    """The results, kept as bytes; the oldest are removed when there are too many."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def put(self, result_id: str, body: dict[str, Any]) -> None:
        """Keep a result in place of an earlier one of the same id."""
        self._size -= len(self._bodies.pop(result_id, b""))
        self._bodies[result_id] = json.dumps(body, ensure_ascii=False).encode()
        self._size += len(self._bodies[result_id])
        while self._size > RESULTS_KEPT_BYTES and len(self._bodies) > 1:
            _, oldest = self._bodies.popitem(last=False)
            self._size -= len(oldest)

    def get(self, result_id: str) -> bytes | None:
        """Return a result as JSON; None where it is not known or no longer kept."""
        return self._bodies.get(result_id)
