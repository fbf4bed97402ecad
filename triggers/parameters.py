"""What requests ask for, read strictly: a wrong parameter is named in the answer."""

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

_DOCUMENT_ID = re.compile(r"[0-9a-f]{32}(-[1-9][0-9]{0,5})?")
_WINDOW = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

EnumT = TypeVar("EnumT", bound=StrEnum)


def document_id(request: func.HttpRequest) -> str:
    """Give the id in the path.

    Raises:
        NotFoundError: it is none that a document could have, and is better not used in a path.
    """
    identifier = str(request.route_params.get("id", ""))
    if not _DOCUMENT_ID.fullmatch(identifier):
        raise unknown_document(identifier)
    return identifier


def unknown_document(identifier: str) -> NotFoundError:
    """Say that there is no such document."""
    return NotFoundError(f"There is no document {identifier!r}.")


def page_number(request: func.HttpRequest) -> int:
    """Give the page in the path, counted from 1."""
    text = request.route_params.get("n", "")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1_000_000):
        raise NotFoundError(f"There is no page {text!r}.")
    return int(text)


def choice(request: func.HttpRequest, name: str, kind: type[EnumT]) -> EnumT | None:
    """Read a parameter that is one of a closed set."""
    text = request.params.get(name)
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        raise bad_parameter(name, f"{text!r} is none of {', '.join(kind)}") from None


def yes_or_no(request: func.HttpRequest, name: str) -> bool | None:
    """Read a parameter that is `true` or `false`."""
    text = str(request.params.get(name) or "")
    if not text:
        return None
    if text.lower() not in {"true", "false"}:
        raise bad_parameter(name, f"{text!r} is neither true nor false")
    return text.lower() == "true"


def whole_number(request: func.HttpRequest, name: str, *, default: int, most: int) -> int:
    """Read a parameter that is a number from 1 to `most`."""
    text = request.params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise bad_parameter(name, f"{text!r} is not a number from 1 to {most}")
    return int(text)


def window(request: func.HttpRequest, name: str, *, default: str) -> timedelta:
    """Read a length of time such as `90m`, `24h` or `7d`."""
    text = request.params.get(name) or default
    match = _WINDOW.fullmatch(text)
    if not match:
        raise bad_parameter(name, f"{text!r} is not of the form 90m, 24h or 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def blob_name(text: str) -> str:
    """Check a name under which a file is to be stored; folders (`a/b.pdf`) are taken."""
    problem = _name_problem(text)
    if problem:
        raise bad_parameter("name", problem)
    return text


def _name_problem(name: str) -> str | None:
    rules = (
        (not name.strip(), "give the file a name, with ?name= or as the part's file name"),
        (len(name) > MAX_NAME_LENGTH, f"longer than {MAX_NAME_LENGTH:,} characters"),
        (_CONTROL.search(name), "holds a control character"),
        ("\\" in name, "folders are separated by /"),
        (name.endswith("/"), "ends in /, which names a folder"),
        (name.endswith("."), "ends in a dot, which storage does not keep"),
        (not all(name.split("/")), "holds an empty folder name"),
        ({".", ".."} & set(name.split("/")), "holds . or .. as a folder"),
    )
    return next((problem for broken, problem in rules if broken), None)
