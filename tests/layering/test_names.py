"""Names in the app: no public class has two meanings, and modules are named by nouns."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
APP = ("docflow", "orchestrators", "activities", "triggers")


def modules() -> list[Path]:
    return sorted(path for package in APP for path in (ROOT / package).rglob("*.py"))


def public_classes(source: str) -> list[str]:
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]


def repeated(names: list[str]) -> set[str]:
    return {name for name, times in Counter(names).items() if times > 1}


def named_by_a_gerund(stem: str) -> bool:
    return stem.rpartition("_")[2].endswith("ing")


def test_no_two_public_classes_share_a_name() -> None:
    names = [name for path in modules() for name in public_classes(path.read_text("utf-8"))]
    assert len(names) > 100
    assert repeated(names) == set()


def test_a_shared_name_would_be_noticed() -> None:
    names = [*public_classes("class Answer: ..."), *public_classes("class Answer(dict): ...")]
    assert repeated(names) == {"Answer"}
    assert repeated(public_classes("class _Answer: ...\nclass _Answer: ...")) == set()


def test_no_module_is_named_by_a_gerund() -> None:
    gerunds = [str(path.relative_to(ROOT)) for path in modules() if named_by_a_gerund(path.stem)]
    assert gerunds == []


def test_a_gerund_would_be_noticed() -> None:
    assert named_by_a_gerund("listing")
    assert named_by_a_gerund("page_reading")
    assert not named_by_a_gerund("ocr_poller")
