"""Makes what two hosts answered comparable: without times, ids, addresses and keys."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

#: What no host but the real one can show, and why it is left out of the comparison.
LEFT_OUT = {
    "StackTrace": "the stack of a .NET exception",
    "InnerException": "the .NET exception inside another one, with its stack and its assembly",
    "ExceptionMessage of a JsonReaderException": "the words of the JSON reader of .NET",
    "what cannot be parsed in JSON for an entity": "the words of the JSON reader of .NET",
    "names of the known orchestrators": "listed in the order of a .NET hash table",
    "times, GUIDs, ETags, ports and keys": "new each time; only that they are there is compared",
}

#: Texts above this length are compared by their length alone.
LONGEST_TEXT = 2000

_TIMES = frozenset({"Timestamp", "ScheduledTime", "FireAt", "createdTime", "lastUpdatedTime"})
_HEADERS = frozenset({"location", "retry-after", "content-type"})
_GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_REPLACED = (
    (re.compile(r"http://[^/\s\"]+"), "URL"),
    (re.compile(r"&?code=[^&\"\s]+"), ""),
    (re.compile(r'"0x[0-9A-F]+'), '"ETAG'),
    (re.compile(r"\b[0-9a-f]{32}\b"), "ID"),
    (re.compile(rf"\b{_GUID}\b"), "GUID"),
    (re.compile(r"(known orchestrator functions: )('\w+', )*'\w+'"), r"\1NAMES"),
    (re.compile(r"(Could not parse JSON content: )[^\"]*"), r"\1WHY"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?"), "TIME"),
)


def comparable_text(text: str) -> str:
    """Return the text of a body, JSON in one spelling."""
    try:
        value = json.loads(text)
    except ValueError:
        return _replaced(text)
    if isinstance(value, dict):
        value = {key: inner for key, inner in value.items() if not _left_out(key, value)}
    return _replaced(json.dumps(value, sort_keys=True, ensure_ascii=False))


def comparable_value(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value, its texts made comparable."""
    if isinstance(value, dict):
        return {
            key: "TIME" if key in _TIMES else comparable_value(inner)
            for key, inner in value.items()
            if not _left_out(key, value)
        }
    if isinstance(value, list):
        return [comparable_value(inner) for inner in value]
    return _replaced(value) if isinstance(value, str) else value


def comparable_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that the protocol says something about."""
    return {k.lower(): _replaced(v) for k, v in headers.items() if k.lower() in _HEADERS}


def _left_out(key: str, around: Mapping[str, Any]) -> bool:
    reader = str(around.get("ExceptionType", "")).endswith("JsonReaderException")
    return key == "StackTrace" or (key == "ExceptionMessage" and reader)


def _replaced(text: str) -> str:
    text = re.split(r',\\*"InnerException', text)[0]
    for pattern, word in _REPLACED:
        text = pattern.sub(word, text)
    return text if len(text) <= LONGEST_TEXT else f"{len(text)} characters"
