"""What a management request asks for, read from its query."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from aiohttp import web

from devstack.functions_host.engine.events import parse_stamp
from devstack.functions_host.hub.client import (
    InstanceFilter,
)

STATUSES = frozenset(
    {
        "Running",
        "Completed",
        "ContinuedAsNew",
        "Failed",
        "Canceled",
        "Terminated",
        "Pending",
        "Suspended",
    }
)

_MOST_OF_32_BITS = 2**31 - 1
_LONGEST_NUMBER = 30
"""Texts that are longer are not read: it would take long, and the number is too large anyway."""


def flag(request: web.Request, name: str, *, default: bool = False) -> bool:
    """Return a boolean parameter; what cannot be read counts as missing."""
    value = query_value(request, name).strip().lower()
    return value == "true" if value in ("true", "false") else default


def number(request: web.Request, name: str) -> float | None:
    """Return a numeric parameter; None where it is missing or cannot be read."""
    try:
        return float(query_value(request, name))
    except ValueError:
        return None


def whole_number(request: web.Request, name: str) -> int | None:
    """Return a parameter of 32 bits; None where it is missing or cannot be read."""
    text = query_value(request, name)
    if re.fullmatch(r"\s*[+-]?[0-9]+\s*", text) is None:
        return None
    value = int(text) if len(text) < _LONGEST_NUMBER else _MOST_OF_32_BITS + 1
    return value if -_MOST_OF_32_BITS <= value <= _MOST_OF_32_BITS else None


def moment(request: web.Request, name: str) -> datetime | None:
    """Return a parameter that holds a time; None where it is missing or cannot be read."""
    text = query_value(request, name)
    for candidate in (text, text.replace(" ", "+")):  # A "+" in a query arrives as a blank.
        try:
            return parse_stamp(candidate)
        except ValueError:
            continue
    return None


def query_value(request: web.Request, name: str) -> str:
    """Return a query parameter; their names are matched in any case."""
    return next((v for k, v in request.query.items() if k.lower() == name.lower()), "")


def instance_filter(request: web.Request, created_to: datetime | None = None) -> InstanceFilter:
    """Return the filter that the query describes."""
    return InstanceFilter(
        created_from=moment(request, "createdTimeFrom"),
        created_to=moment(request, "createdTimeTo") or created_to,
        statuses=frozenset(_statuses(request.query.getall("runtimeStatus", []))),
        prefix=query_value(request, "instanceIdPrefix"),
    )


def _statuses(values: Iterable[str]) -> Iterable[str]:
    for value in values:
        for name in value.split(","):
            if name.strip() in STATUSES:
                yield name.strip()
