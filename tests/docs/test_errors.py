"""The codes of the source and of docs/errors.md are those of the enumeration, and all are used."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from devstack.checks.error_tables import render_error_table, replace_tables
from docflow import platform
from docflow.errors import ErrorCode, Section
from docflow.settings import Settings
from triggers.intake import _ENDED

ROOT = Path(__file__).parents[2]
ERRORS = (ROOT / "docs/errors.md").read_text("utf-8")
PARSER = sorted((ROOT / "docflow/parser").rglob("*.py"))
SOURCES = sorted(
    path
    for package in ("docflow", "orchestrators", "activities", "triggers")
    for path in (ROOT / package).rglob("*.py")
    if not {"errors", "parser"} & set(path.relative_to(ROOT / package).parts[:1])
)
"""What raises codes; without the module that defines them, and the parser, which may not import
it."""

FAKES = sorted((ROOT / "testkit").rglob("*.py"))
INSTANCES = {ErrorCode.of_stopped_instance(state) for state in _ENDED - {"Completed"}}

CODE = re.compile(r"(?=.{4})[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
CARRIERS = {
    "TransientError",
    "WastedPageError",
    "PermanentError",
    "ConflictError",
    "StepFailed",
    "RequestError",
    "Refusal",
    "FileRefusal",
    "Refused",
    "Failure",
    "PageFailure",
    "ModelBlocked",
    "StepDeferral",
    "StepRefusal",
    "Vendor",
    "__init__",
}
"""What is made with a code; there a code may be a single word."""

HEALS = {
    "TransientError": True,
    "WastedPageError": True,
    "StepDeferral": True,
    "throttled": True,
    "unavailable": True,
    "PermanentError": False,
    "ConflictError": False,
    "FileRefusal": False,
    "ModelBlocked": False,
    "unauthorized": False,
    "rejected": False,
}
"""Whether time may heal what is said by an exception, a value, or a field of `Vendor`."""

VARIABLES = {
    *Settings.names(),
    *platform.VARIABLES,
    "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING",
    "LD_LIBRARY_PATH",
}
"""Literals of the same form that name environment variables."""


def texts_in(tree: ast.Module) -> Iterator[str]:
    """Codes that are written as text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in CARRIERS:
            yield from filter(None, map(text, [*node.args, *(k.value for k in node.keywords)]))
        elif isinstance(node, ast.Return):
            yield from filter(None, [text(node.value)])
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            yield from beginning(str(node.values[0].value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from beginning(node.value)
            if (found := text(node)) and ("_" in found or found in ErrorCode.__members__):
                yield found


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def text(node: ast.AST | None) -> str | None:
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return None
    return node.value if CODE.fullmatch(node.value) and node.value not in VARIABLES else None


def beginning(message: str) -> Iterator[str]:
    """A code before a message, or the part of one that is put together."""
    found = re.match(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): |[A-Z]+_$", message)
    if found and found[1] not in VARIABLES:
        yield found[1] or found[0]


def members_in(tree: ast.Module) -> Iterator[ErrorCode]:
    """Members of the enumeration that are named."""
    for node in ast.walk(tree):
        if (found := member(node)) is not None:
            yield found


def member(node: ast.AST | None) -> ErrorCode | None:
    if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "ErrorCode":
        return ErrorCode.__members__.get(node.attr)
    return None


def said_with(tree: ast.Module) -> Iterator[tuple[str, ErrorCode]]:
    """Codes beside the class, or the field, that they are given to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first = node.args[0] if node.args else None
            given = [(called(node), first), *((k.arg or "", k.value) for k in node.keywords)]
            given += [(called(node), k.value) for k in node.keywords if k.arg == "code"]
            for name, value in given:
                if (found := member(value)) is not None:
                    yield name, found


def trees(paths: list[Path]) -> Iterator[ast.Module]:
    return (ast.parse(path.read_text("utf-8")) for path in paths)


def codes_of_the_parser() -> set[str]:
    return {found for tree in trees(PARSER) for found in texts_in(tree)}


def documented() -> list[str]:
    return re.findall(r"^\| `([A-Z_0-9]+)` \|", ERRORS, re.MULTILINE)


def test_the_page_is_made_from_the_codes() -> None:
    assert replace_tables(ERRORS) == ERRORS, "run python -m devstack.checks.error_tables"


def test_a_code_is_its_own_name() -> None:
    assert [code for name, code in ErrorCode.__members__.items() if name != code.value] == []


def test_codes_are_written_as_members() -> None:
    found = {path.name: set(texts_in(ast.parse(path.read_text("utf-8")))) for path in SOURCES}
    assert {name: codes for name, codes in found.items() if codes} == {}


def test_codes_of_the_parser_are_in_the_enumeration() -> None:
    assert codes_of_the_parser() - set(ErrorCode.__members__) == set()


def test_every_code_is_used() -> None:
    used = {found for tree in trees(SOURCES) for found in members_in(tree)}
    own = {
        ErrorCode.CONFIGURATION,
        ErrorCode.DISK_SHORT,
        ErrorCode.MODEL_ANSWER_INVALID,
        ErrorCode.NOT_FOUND,
    }
    assert set(ErrorCode) - used - codes_of_the_parser() - INSTANCES - own == set()


def test_an_exception_agrees_with_its_code_on_what_time_heals() -> None:
    said = [pair for tree in trees([*SOURCES, *FAKES]) for pair in said_with(tree)]
    assert {name for name, _ in said} >= HEALS.keys()
    assert [(n, code) for n, code in said if n in HEALS and code.heals is not HEALS[n]] == []


def test_refusals_of_the_parser_do_not_heal() -> None:
    assert [code for code in codes_of_the_parser() if ErrorCode[code].heals] == []


def test_a_conflict_is_answered_as_one() -> None:
    said = [pair for tree in trees(SOURCES) for pair in said_with(tree)]
    conflicts = {code for name, code in said if name == "ConflictError"}
    assert {code.status for code in conflicts} == {HTTPStatus.CONFLICT}
    assert [code for code in ErrorCode if code.status == 409 and code not in conflicts] == []


def test_a_refused_request_has_a_status() -> None:
    said = [pair for tree in trees(SOURCES) for pair in said_with(tree)]
    assert {c.status is not None for name, c in said if name == "RequestError"} == {True}


def test_what_passes_is_answered_as_such() -> None:
    passing = {code.status for code in ErrorCode if code.heals}
    assert passing == {None, HTTPStatus.SERVICE_UNAVAILABLE}


def test_a_code_is_documented_once_and_in_full() -> None:
    assert Counter(documented()) == Counter(code.value for code in ErrorCode)
    for section in Section:
        header, _, *rows = render_error_table(section).splitlines()
        assert {row.count(" | ") for row in rows} == {header.count(" | ")}
        assert [row for row in rows if "|  |" in row] == []


def test_settings_named_as_remedies_exist() -> None:
    named = set(re.findall(r"`([A-Z][A-Z_0-9]+)`", ERRORS))
    assert named - set(documented()) - set(Settings.names()) == set()


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="Busy machines"):
        replace_tables(ERRORS.replace("## Busy machines", "## Machines"))


def test_codes_are_found_wherever_they_are_written_as_text() -> None:
    tree = ast.parse(
        'raise PermanentError("GONE", "x")\n'
        'Vendor(service="S", throttled="S_BUSY")\n'
        'page = {"error": "PAGE_TORN", "reason": "INK_LOST: it is blank"}\n'
        'state = f"INSTANCE_{stopped}"\n'
        'def f():\n    return "TIMEOUT"\n'
        'os.environ["JIRA_URL"]\n'
        'open("FILE")\n'
    )
    found = {"GONE", "S_BUSY", "PAGE_TORN", "INK_LOST", "INSTANCE_", "TIMEOUT"}
    assert set(texts_in(tree)) == found


def test_codes_are_found_wherever_they_are_given_as_members() -> None:
    tree = ast.parse(
        'raise PermanentError(ErrorCode.DAMAGED, "x")\n'
        "Vendor(throttled=ErrorCode.OCR_THROTTLED)\n"
        "Failure(code=ErrorCode.NO_TEXT)\n"
        'error = f"{ErrorCode.PAGE_DAMAGED}: x"\n'
    )
    assert set(members_in(tree)) == {"DAMAGED", "OCR_THROTTLED", "NO_TEXT", "PAGE_DAMAGED"}
    pairs = {("PermanentError", "DAMAGED"), ("throttled", "OCR_THROTTLED"), ("Failure", "NO_TEXT")}
    assert pairs <= set(said_with(tree))
