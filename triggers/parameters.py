"""Parameters of requests; for a wrong one, the answer names the parameter."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

import azure.functions as func

from docflow.errors import NotFoundError
from triggers.problems import bad_parameter

MAX_NAME_LENGTH = 1_024
"""Longest name of a blob, in characters."""
MOST_PAGES = 1_000_000
"""Largest page number that is looked for."""

IDEMPOTENCY_HEADER = "Idempotency-Key"
LONGEST_KEY = 255
"""Longest key that a sender may choose, in characters."""

_DOCUMENT_ID = re.compile(r"[0-9a-f]{32}(-[1-9][0-9]{0,5})?")
_WINDOW = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_SHOWN_CHARACTERS = 60
"""Most characters of a wrong value in a message; a value may be as long as a request."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

EnumT = TypeVar("EnumT", bound=StrEnum)


def document_id(request: func.HttpRequest) -> str:
    """Return the document id in the path.

    Raises:
        NotFoundError: it is not a valid document id, so it must not be used in a blob name.
    """
    identifier = str(request.route_params.get("id", ""))
    if not _DOCUMENT_ID.fullmatch(identifier):
        raise unknown_document(identifier)
    return identifier


def unknown_document(identifier: str) -> NotFoundError:
    """Return the error for a document that does not exist."""
    return NotFoundError(f"There is no document {_shown(identifier)}.")


def page_number(request: func.HttpRequest) -> int:
    """Return the page number in the path, counted from 1."""
    text = request.route_params.get("n", "")
    number = _number(text, most=MOST_PAGES)
    if number is None:
        raise NotFoundError(f"There is no page {_shown(text)}.")
    return number


def idempotency_key(request: func.HttpRequest) -> str | None:
    """Return the key by which the sender marks repetitions of one request, or None.

    The key is a string with or without quotes (draft-ietf-httpapi-idempotency-key-header).
    """
    given = request.headers.get(IDEMPOTENCY_HEADER)
    if given is None:
        return None
    key = str(given).strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not (key.isascii() and key.isprintable() and 1 <= len(key) <= LONGEST_KEY):
        raise bad_parameter(
            IDEMPOTENCY_HEADER, f"must have 1 to {LONGEST_KEY} printable ASCII characters"
        )
    return key


def choice(request: func.HttpRequest, name: str, kind: type[EnumT]) -> EnumT | None:
    """Return a parameter that is a member of an enumeration, or None if it is not given."""
    text = request.params.get(name)
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        raise bad_parameter(name, f"{_shown(text)} is not one of {', '.join(kind)}") from None


def yes_or_no(request: func.HttpRequest, name: str) -> bool | None:
    """Return a parameter that is `true` or `false`, or None if it is not given."""
    text = str(request.params.get(name) or "")
    if not text:
        return None
    if text.lower() not in {"true", "false"}:
        raise bad_parameter(name, f"{_shown(text)} is neither true nor false")
    return text.lower() == "true"


def whole_number(request: func.HttpRequest, name: str, *, default: int, most: int) -> int:
    """Return a parameter that is a number from 1 to `most`."""
    text = request.params.get(name)
    if not text:
        return default
    number = _number(text, most=most)
    if number is None:
        raise bad_parameter(name, f"{_shown(text)} is not a number from 1 to {most}")
    return number


def _number(text: str, *, most: int) -> int | None:
    """Return a number from 1 to `most` in ASCII digits, or None if it is none.

    Its length is looked at first: Python refuses to convert some thousand digits.
    """
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0")
    if not digits or len(digits) > len(str(most)):
        return None
    return int(digits) if int(digits) <= most else None


def _shown(text: str) -> str:
    """Return a value for a message, cut where it is long."""
    return repr(text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…")


def known_name(request: func.HttpRequest, name: str) -> str | None:
    """Return a parameter that is the name of a blob, or None if it is not given."""
    text = request.params.get(name)
    if text and len(text) > MAX_NAME_LENGTH:
        raise bad_parameter(name, f"is longer than {MAX_NAME_LENGTH:,} characters")
    return text or None


def window(request: func.HttpRequest, name: str, *, default: str) -> timedelta:
    """Return a parameter that is a duration such as `90m`, `24h` or `7d`."""
    text = request.params.get(name) or default
    match = _WINDOW.fullmatch(text)
    if not match:
        raise bad_parameter(name, f"{_shown(text)} is not a duration such as 90m, 24h or 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def blob_name(text: str) -> str:
    """Return a valid name for a blob; it may contain folders (`a/b.pdf`).

    Raises:
        RequestError: the name is not valid.
    """
    problem = _name_problem(text)
    if problem:
        raise bad_parameter("name", problem)
    return text


def _name_problem(name: str) -> str | None:
    rules = (
        (not name.strip(), "is missing; use ?name= or the file name of the form's part"),
        (len(name) > MAX_NAME_LENGTH, f"is longer than {MAX_NAME_LENGTH:,} characters"),
        (_CONTROL.search(name), "contains a control character"),
        ("\\" in name, "contains a backslash; use / between folders"),
        (name.endswith("/"), "ends with /, so it is the name of a folder"),
        (name.endswith("."), "ends with a dot, which storage removes"),
        (not all(name.split("/")), "contains an empty folder name"),
        ({".", ".."} & set(name.split("/")), "contains . or .. as a folder name"),
    )
    return next((problem for broken, problem in rules if broken), None)
