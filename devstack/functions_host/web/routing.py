"""ASP.NET route templates: ``{x}``, ``{x?}``, ``{x=default}``, ``{x:int}``, ``{*rest}``.

Literals match in any case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

Check = Callable[[str], bool]

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)((?::[^:{}=?()]+(?:\([^)]*\))?)*)(=[^}?]*)?(\?)?\}")
_GUID = re.compile(r"\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.IGNORECASE)


class RouteError(Exception):
    """A route template cannot be understood."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable of a template."""

    name: str
    checks: tuple[Check, ...]
    default: str | None
    optional: bool
    catch_all: bool


class Template:
    """One compiled route template."""

    def __init__(self, template: str) -> None:
        self.template = template
        self._parameters: list[Parameter] = []
        segments = [s for s in template.strip("/").split("/") if s]
        pattern = "".join(self._segment(segment) for segment in _rejoin(segments))
        self._pattern = re.compile(pattern + "/?", re.IGNORECASE | re.DOTALL)

    def match(self, path: str) -> dict[str, str] | None:
        """Return the values for a (still quoted) path, or None where it does not fit."""
        found = self._pattern.fullmatch("/" + path.strip("/") if path.strip("/") else "")
        if found is None:
            return None
        values = {}
        for position, parameter in enumerate(self._parameters):
            raw = found[f"p{position}"]
            value = parameter.default if raw in (None, "") else _decoded(raw)
            if value is None:
                continue
            if not all(check(value) for check in parameter.checks):
                return None
            values[parameter.name] = value
        return values

    def _segment(self, segment: str) -> str:
        """Compile one segment, with the slash before it."""
        matches = list(_PARAMETER.finditer(segment))
        if not matches:
            if "{" in segment or "}" in segment:
                raise RouteError(f"The route template {self.template!r} cannot be understood.")
            return "/" + re.escape(segment)
        pieces = []
        end = 0
        for match in matches:
            pieces.append(re.escape(segment[end : match.start()]))
            pieces.append(self._variable(match))
            end = match.end()
        pieces.append(re.escape(segment[end:]))
        whole = "/" + "".join(pieces)
        last = self._parameters[-1]
        alone = len(matches) == 1 and matches[0][0] == segment
        if alone and (last.optional or last.catch_all or last.default is not None):
            return f"(?:{whole})?"
        return whole

    def _variable(self, match: re.Match[str]) -> str:
        stars, name, constraints, default, optional = match.groups()
        checks = tuple(
            _check(text) for text in re.findall(r":([^:()]+(?:\([^)]*\))?)", constraints)
        )
        parameter = Parameter(
            name, checks, default[1:] if default else None, bool(optional), bool(stars)
        )
        self._parameters.append(parameter)
        place = f"p{len(self._parameters) - 1}"
        if stars:
            return f"(?P<{place}>.*)"
        return f"(?P<{place}>[^/]+?)"


def _decoded(text: str) -> str:
    """Return the text of a path segment; a quoted slash stays quoted, as in ASP.NET."""
    parts = re.split("(%2f)", text, flags=re.IGNORECASE)
    return "".join(part if part.lower() == "%2f" else unquote(part) for part in parts)


def without_dots(path: str) -> str:
    """Resolve the segments ``.`` and ``..`` of a (still quoted) path."""
    kept: list[str] = []
    for segment in path.split("/"):
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            kept = kept[:-1]
        elif plain != ".":
            kept.append(segment)
    return "/".join(kept)


def _rejoin(segments: list[str]) -> list[str]:
    """Put segments together again that a slash inside a constraint tore apart."""
    joined: list[str] = []
    for segment in segments:
        if joined and joined[-1].count("{") > joined[-1].count("}"):
            joined[-1] += "/" + segment
        else:
            joined.append(segment)
    return joined


def _check(constraint: str) -> Check:
    name, _, rest = constraint.partition("(")
    arguments = rest[:-1] if rest else ""
    if name in _SIMPLE:
        return _SIMPLE[name]
    if name in _WITH_ARGUMENTS:
        return partial(_WITH_ARGUMENTS[name], arguments)
    raise RouteError(f"The route constraint {constraint!r} is not known.")


def _parses(kind: Callable[[str], object]) -> Check:
    def check(value: str) -> bool:
        try:
            kind(value)
        except ValueError:
            return False
        return True

    return check


def _is_integer(bits: int, value: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d+", value)) and -(2 ** (bits - 1)) <= int(value) < 2 ** (
        bits - 1
    )


def _length(arguments: str, value: str) -> bool:
    low, _, high = arguments.partition(",")
    return int(low) <= len(value) <= int(high or low)


def _range(arguments: str, value: str) -> bool:
    low, _, high = arguments.partition(",")
    return _is_integer(64, value) and int(low) <= int(value) <= int(high)


def _date(value: str) -> object:
    from datetime import datetime

    return datetime.fromisoformat(value)


_SIMPLE: dict[str, Check] = {
    "int": partial(_is_integer, 32),
    "long": partial(_is_integer, 64),
    "bool": lambda value: value.lower() in ("true", "false"),
    "guid": lambda value: bool(_GUID.fullmatch(value)),
    "alpha": lambda value: bool(re.fullmatch(r"[A-Za-z]*", value)),
    "decimal": _parses(float),
    "double": _parses(float),
    "float": _parses(float),
    "datetime": _parses(_date),
    "required": bool,
}
_WITH_ARGUMENTS: dict[str, Callable[[str, str], bool]] = {
    "length": _length,
    "minlength": lambda arguments, value: len(value) >= int(arguments),
    "maxlength": lambda arguments, value: len(value) <= int(arguments),
    "min": lambda arguments, value: _is_integer(64, value) and int(value) >= int(arguments),
    "max": lambda arguments, value: _is_integer(64, value) and int(value) <= int(arguments),
    "range": _range,
    "regex": lambda arguments, value: bool(re.search(arguments, value, re.IGNORECASE)),
}
