"""What the documentation names exists: links, commands and options, files, settings, metrics."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import pytest

from devstack.checks.repository import committed_files
from devstack.cli.arguments import parser
from devstack.functions_host.__main__ import _parser as host_parser

ROOT = Path(__file__).parents[2]
FILES = [name for name in committed_files(ROOT) if (ROOT / name).is_file()]
PAGES = [name for name in FILES if name.endswith(".md")]
OURS = [name for name in PAGES if not name.startswith("tests/")]
SOURCES = [
    name
    for name in FILES
    if name.endswith((".py", ".json", ".bicep", ".toml", ".yaml", ".sh", ".ps1", ".txt"))
    and not name.startswith(("tests/docs/", "samples/files/"))
]
OPERATIONS = "docs/operations.md"

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(<?([^)>\s]+)>?\)")
COMMAND = re.compile(r"(?:^|python3 |\s)dev\.py ([a-z]+)([^`\n#|]*)")
FOLDERS = (
    "docflow|orchestrators|activities|triggers|devstack|benchmarks|evals|infra|samples|schemas|"
    "tests|docs"
)
REPOSITORY_PATH = re.compile(rf"(?:{FOLDERS})/[\w./-]*")
MACHINE_PATH = re.compile(r"(?<![\w.}*/])/(?:home|Users|root|tmp|work|mnt|opt)/\w+|\b[A-Z]:\\\w+")


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def code_in(text: str) -> Iterator[str]:
    """Fenced blocks line by line, then what stands between backticks."""
    for block in FENCE.findall(text):
        yield from block.splitlines()[1:-1]
    yield from INLINE.findall(FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """Headings, in the form in which links name them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def broken_links(page: str, text: str) -> list[str]:
    return [link for link in LINK.findall(FENCE.sub("", text)) if not leads_somewhere(page, link)]


def leads_somewhere(page: str, link: str) -> bool:
    if re.match(r"https?:|mailto:", link):
        return True
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / unquote(path) if path else ROOT / page
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target.read_text("utf-8"))


@pytest.mark.parametrize("page", OURS)
def test_links_lead_somewhere(page: str) -> None:
    assert broken_links(page, text_of(page)) == []


def test_a_broken_link_would_be_noticed() -> None:
    links = "[a](gone.md) [b](operations.md#gone) [c](operations.md#an-outage) [d](../LICENSE)"
    assert broken_links("docs/errors.md", links) == ["gone.md", "operations.md#gone"]


# Commands.


def commands() -> dict[str, argparse.ArgumentParser]:
    """The commands of `dev.py`, each with the parser of its options."""
    actions = parser()._actions
    (choices,) = (a.choices for a in actions if isinstance(a, argparse._SubParsersAction))
    return dict(choices)


def unknown_commands(text: str) -> list[str]:
    """Commands and options of `dev.py` that are named and do not exist."""
    known = commands()
    return [
        f"{name}{rest}"
        for name, rest in (found for code in code_in(text) for found in COMMAND.findall(code))
        if name not in known or not set(re.findall(r"--[\w-]+", rest)) <= options(name, known)
    ]


def options(name: str, known: dict[str, argparse.ArgumentParser]) -> set[str]:
    """The options of a command; `host` hands on what it does not know."""
    parsers = [known[name], *([host_parser()] if name == "host" else [])]
    return {option for each in parsers for a in each._actions for option in a.option_strings}


@pytest.mark.parametrize("page", OURS)
def test_commands_and_options_exist(page: str) -> None:
    assert unknown_commands(text_of(page)) == []


def test_an_unknown_command_would_be_noticed() -> None:
    text = "`python3 dev.py fly` `dev.py up --fast` `dev.py host --app . --record DIR` dev.py says"
    assert unknown_commands(text) == ["fly", "up --fast"]


@pytest.mark.parametrize("page", OURS)
def test_modules_that_are_run_exist(page: str) -> None:
    modules = re.findall(r"python3? -m ((?:docflow|devstack|samples)[\w.]*)", text_of(page))
    assert [module for module in modules if find_spec(module) is None] == []


# Names.


@pytest.mark.parametrize("page", OURS)
def test_files_of_the_repository_exist(page: str) -> None:
    named = {code for code in code_in(text_of(page)) if REPOSITORY_PATH.fullmatch(code)}
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


@pytest.mark.parametrize("page", OURS)
def test_samples_exist(page: str) -> None:
    named = re.findall(r"samples/files/([^\s`'\")]+\.\w+)", text_of(page))
    assert [name for name in named if not (ROOT / "samples/files" / unquote(name)).exists()] == []


def test_upper_case_names_stand_in_the_source() -> None:
    known = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", "\n".join(map(text_of, SOURCES))))
    for page in OURS:
        codes = [code for code in INLINE.findall(text_of(page)) if re.fullmatch(r"\w+", code)]
        named = {code for code in codes if re.fullmatch(r"[A-Z0-9]+(_[A-Z0-9]+)+", code)}
        instances = {code for code in named if code.startswith("INSTANCE_")}
        assert named - instances <= known, f"{page}: {sorted(named - instances - known)}"


@pytest.mark.parametrize("page", OURS)
def test_no_path_of_a_machine(page: str) -> None:
    assert MACHINE_PATH.findall(text_of(page)) == []


# What an operator looks for.


def table_under(heading: str) -> set[str]:
    """The first column of the table under a heading of the page for operators."""
    _, _, rest = text_of(OPERATIONS).partition(f"\n{heading}\n")
    section = re.split(r"^#", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


def test_the_metrics_are_those_of_the_app() -> None:
    made = set(re.findall(r'create_\w+\(\s*"([\w.]+)"', text_of("docflow/telemetry.py")))
    assert table_under("### Metrics") == made


def test_the_log_events_are_those_of_the_app() -> None:
    app = [name for name in SOURCES if name.startswith(("docflow/", "activities/", "triggers/"))]
    trees = [ast.parse(text_of(name)) for name in app if name.endswith(".py")]
    logged = {event for tree in trees for event in events_in(tree)}
    assert table_under("### Logs") == logged


def events_in(tree: ast.Module) -> Iterator[str]:
    """First arguments of `log_event`, also where a wrapper or a variable hands them on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
            "log_event",
            "_log_failure",
        }:
            yield from literals(node.args[0])
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "event":
            yield from literals(node.value)


def literals(node: ast.expr) -> Iterator[str]:
    for part in [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
