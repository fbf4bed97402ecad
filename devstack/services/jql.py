"""A subset of JQL: comparisons joined by AND, OR, NOT and parentheses; ORDER BY is read over."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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


def parse_jql(jql: str) -> Test:
    """Returns a test of an issue's fields (name to the values it has, lower case not needed)."""
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

    def parse(self) -> Test:
        if not self._tokens or self._peek("order"):
            return lambda _fields: True
        test = self._alternatives()
        if self._at < len(self._tokens) and not self._peek("order"):
            raise JqlError(
                f"Error in the JQL Query: Expecting either 'OR' or 'AND' but got "
                f"{self._tokens[self._at][1]!r}."
            )
        return test

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
