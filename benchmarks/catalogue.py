"""All benchmarks, by the names by which `dev.py bench` knows them."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks import crash, fan_out, history, host, imports, memory, ocr, routing, storage
from benchmarks.measuring import Scenario

SCENARIOS: Mapping[str, Scenario] = {
    "imports": imports.SCENARIO,
    "host": host.SCENARIO,
    "fan-out": fan_out.SCENARIO,
    "ocr": ocr.SCENARIO,
    "ocr-limited": ocr.LIMITED,
    "memory": memory.SCENARIO,
    "history": history.SCENARIO,
    "routing": routing.SCENARIO,
    "storage": storage.SCENARIO,
    "crash": crash.SCENARIO,
}
