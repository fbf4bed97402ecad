"""A subset of JQL: comparisons joined by AND, OR, NOT and parentheses, and one ORDER BY.

Issues are only ever ordered by when they were made, which `created`, `key` and `id` agree on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

FIELDS = frozenset(
    [
        "key",
        "id",
        "issue",
        "issuekey",
        "project",
        "labels",
        "status",
        "statuscategory",
        "summary",
        "description",
        "text",
        "issuetype",
        "type",
        "priority",
    ]
)
TEXT_OPERATORS_FIELDS = frozenset({"summary", "description", "text"})
ORDER_FIELDS = frozenset({"created", "key", "id", "issuekey"})
TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<operator>!=|!~|=|~)
    |(?P<mark>[(),])|(?P<word>[^\s"'(),=!~]+))""",
    re.VERBOSE,
)
ESCAPED = re.compile(r"\\(.)")

Fields = Mapping[str, list[str]]
Test = Callable[[Fields], bool]


class JqlError(ValueError):
    """The query is not in the subset; the message is for `errorMessages`."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: a test of an issue's fields, and the order of what it finds."""

    matches: Test
    oldest_first: bool


def parse_jql(jql: str) -> Query:
    """Reads a query, or raises `JqlError`."""
    return _Parser(_tokens(jql)).parse()


def _tokens(jql: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position, end = 0, len(jql.rstrip())
    while position < end:
        match = TOKEN.match(jql, position)
        if match is None:
            raise JqlError(
                f"Error in the JQL Query: The character {jql[position]!r} at position {position} "
                "cannot be read."
            )
        kind = str(match.lastgroup)
        text = match[kind]
        if kind == "string":
            text = ESCAPED.sub(r"\1", text[1:-1])
        tokens.append((kind, text))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def parse(self) -> Query:
        starts_with_order = not self._tokens or self._peek("order")
        test = _everything if starts_with_order else self._alternatives()
        oldest_first = self._order() if self._take("order") else False
        if self._at < len(self._tokens):
            raise JqlError(
                f"Error in the JQL Query: Expecting either 'OR' or 'AND' but got "
                f"{self._tokens[self._at][1]!r}."
            )
        return Query(test, oldest_first)

    def _order(self) -> bool:
        """Reads `BY created ASC`; without a direction the newest issue comes first."""
        self._expect("by")
        field = self._value("a field name").lower()
        if field not in ORDER_FIELDS:
            raise JqlError(f"Not able to sort using field '{field}'.")
        oldest_first = self._take("asc")
        if not oldest_first:
            self._take("desc")
        return oldest_first

    def _alternatives(self) -> Test:
        tests = [self._conjunction()]
        while self._take("or"):
            tests.append(self._conjunction())
        return lambda fields: any(test(fields) for test in tests)

    def _conjunction(self) -> Test:
        tests = [self._negation()]
        while self._take("and"):
            tests.append(self._negation())
        return lambda fields: all(test(fields) for test in tests)

    def _negation(self) -> Test:
        if self._take("not"):
            inner = self._negation()
            return lambda fields: not inner(fields)
        if self._take("("):
            inner = self._alternatives()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        field = self._value("a field name").lower()
        if field not in FIELDS:
            raise JqlError(
                f"Field '{field}' does not exist or you do not have permission to view it."
            )
        if self._take("is"):
            wanted = not self._take("not")
            if not (self._take("empty") or self._take("null")):
                raise JqlError("Error in the JQL Query: Expecting 'EMPTY' after 'IS'.")
            return lambda fields: (not fields.get(field)) is wanted
        return self._operator(field)

    def _operator(self, field: str) -> Test:
        for operator in ("=", "!=", "~", "!~"):
            if self._take(operator):
                self._check_text_operator(field, operator)
                value = self._value("a value")
                test = _contains(field, value) if "~" in operator else _has(field, [value])
                return test if operator[0] != "!" else _unless(field, test)
        negated = self._take("not")
        if self._take("in"):
            test = _has(field, self._list())
            return _unless(field, test) if negated else test
        raise JqlError(f"Error in the JQL Query: Expecting operator after field '{field}'.")

    def _check_text_operator(self, field: str, operator: str) -> None:
        if ("~" in operator) != (field in TEXT_OPERATORS_FIELDS):
            raise JqlError(f"The operator '{operator}' is not supported by the '{field}' field.")

    def _list(self) -> list[str]:
        self._expect("(")
        values = [self._value("a value")]
        while self._take(","):
            values.append(self._value("a value"))
        self._expect(")")
        return values

    def _peek(self, text: str) -> bool:
        if self._at >= len(self._tokens):
            return False
        kind, found = self._tokens[self._at]
        return kind != "string" and found.lower() == text

    def _take(self, text: str) -> bool:
        found = self._peek(text)
        self._at += found
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise JqlError(f"Error in the JQL Query: Expecting '{text}'.")

    def _value(self, what: str) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at][0] in ("word", "string"):
            self._at += 1
            return self._tokens[self._at - 1][1]
        raise JqlError(f"Error in the JQL Query: Expecting {what}.")


def _everything(_fields: Fields) -> bool:
    return True


def _has(field: str, values: list[str]) -> Test:
    wanted = {value.casefold() for value in values}
    return lambda fields: any(value.casefold() in wanted for value in fields.get(field, []))


def _contains(field: str, phrase: str) -> Test:
    words = re.findall(r"\w+", phrase.casefold())

    def test(fields: Fields) -> bool:
        text = " ".join(fields.get(field, [])).casefold()
        return all(word in text for word in words)

    return test


def _unless(field: str, test: Test) -> Test:
    """Negates as JQL does: an issue without the field does not match."""
    return lambda fields: bool(fields.get(field)) and not test(fields)


def searchable(key: str, fields: Mapping[str, Any]) -> Fields:
    """Returns an issue's values under the field names of JQL."""
    status = fields["status"]
    summary, description = str(fields["summary"]), str(fields.get("description") or "")
    project = fields["project"]
    return {
        "key": [key],
        "issuekey": [key],
        "issue": [key],
        "id": [str(fields.get("id", ""))],
        "project": [project["key"], project["name"], project["id"]],
        "labels": list(fields["labels"]),
        "status": [status["name"], status["id"]],
        "statuscategory": [status["statusCategory"]["name"], status["statusCategory"]["key"]],
        "summary": [summary],
        "description": [description] if description else [],
        "text": [summary, description],
        "issuetype": [fields["issuetype"]["name"]],
        "type": [fields["issuetype"]["name"]],
        "priority": [fields["priority"]["name"]],
    }
