"""All benchmarks, by the names by which `dev.py bench` knows them."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks import (
    at_rest,
    crash,
    engines,
    fan_out,
    history,
    host,
    imports,
    listing,
    long_step,
    memory,
    ocr,
    routing,
    storage,
)
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
    "engines": engines.SCENARIO,
    "at-rest": at_rest.SCENARIO,
    "crash": crash.SCENARIO,
    "long-step": long_step.SCENARIO,
    "listing": listing.SCENARIO,
}
