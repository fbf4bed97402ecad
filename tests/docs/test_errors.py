"""docs/errors.md lists every code of the source, and no code that is none."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from docflow.settings import Settings
from triggers.intake import _ENDED

ROOT = Path(__file__).parents[2]
ERRORS = (ROOT / "docs/errors.md").read_text("utf-8")
SOURCES = sorted(
    path
    for package in ("docflow", "orchestrators", "activities", "triggers")
    for path in (ROOT / package).rglob("*.py")
    if "testing" not in path.parts
)

CODE = re.compile(r"(?=.{4})[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
CARRIERS = {
    "TransientError",
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
    "Deferral",
    "Vendor",
    "__init__",
}
"""What is made with a code; there a code may be a single word."""

VARIABLES = {*Settings.names(), "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", "LD_LIBRARY_PATH"}
"""Literals of the same form that name environment variables."""


def codes_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in CARRIERS:
            yield from filter(None, map(code, [*node.args, *(k.value for k in node.keywords)]))
        elif isinstance(node, ast.Return):
            yield from filter(None, [code(node.value)])
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            yield from expanded(str(node.values[0].value))
        elif (found := code(node)) and "_" in found:
            yield found


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def code(node: ast.AST | None) -> str | None:
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return None
    return node.value if CODE.fullmatch(node.value) and node.value not in VARIABLES else None


def expanded(beginning: str) -> Iterator[str]:
    """Codes that are put together from the state of an instance."""
    if re.fullmatch(r"[A-Z]+_", beginning):
        yield from (beginning + state.upper() for state in _ENDED if state != "Completed")


def codes_of_the_source() -> set[str]:
    return {found for path in SOURCES for found in codes_in(ast.parse(path.read_text("utf-8")))}


def documented() -> list[str]:
    return re.findall(r"^\| `([A-Z_0-9]+)` \|", ERRORS, re.MULTILINE)


def test_every_code_is_documented() -> None:
    assert codes_of_the_source() - set(documented()) == set()


def test_every_documented_code_exists() -> None:
    assert set(documented()) - codes_of_the_source() == set()


def test_a_code_is_documented_once_and_in_full() -> None:
    assert [name for name, times in Counter(documented()).items() if times > 1] == []
    rows = [line for line in ERRORS.splitlines() if re.match(r"\| `[A-Z_0-9]+` \|", line)]
    assert [
        row for row in rows if len([cell for cell in row.split("|") if cell.strip()]) != 4
    ] == []


def test_settings_named_as_remedies_exist() -> None:
    named = set(re.findall(r"`([A-Z][A-Z_0-9]+)`", ERRORS))
    assert named - set(documented()) - set(Settings.names()) == set()


def test_codes_are_found_wherever_they_are_given() -> None:
    tree = ast.parse(
        'raise PermanentError("GONE", "x")\n'
        'Vendor(service="S", throttled="S_BUSY")\n'
        'page = {"error": "PAGE_TORN"}\n'
        'state = f"INSTANCE_{stopped}"\n'
        'def f():\n    return "TIMEOUT"\n'
        'os.environ["JIRA_URL"]\n'
        'open("FILE")\n'
    )
    instances = {"INSTANCE_FAILED", "INSTANCE_TERMINATED", "INSTANCE_CANCELED"}
    assert set(codes_in(tree)) == {"GONE", "S_BUSY", "PAGE_TORN", "TIMEOUT", *instances}
