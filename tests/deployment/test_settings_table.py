from __future__ import annotations

import pytest

from devstack.checks.settings_table import (
    END,
    START,
    render_settings_table,
    replace_table,
    table_between_markers,
)
from docflow.settings import Settings


def test_each_setting_has_a_row_that_says_what_it_does() -> None:
    rows = [row.split(" | ") for row in render_settings_table().splitlines()[2:]]

    assert [name.strip("| `") for name, _, _ in rows] == Settings.names()
    assert all(meaning.removesuffix("|").strip() for _, _, meaning in rows)


def test_defaults_are_shown_as_one_would_set_them() -> None:
    table = render_settings_table()

    assert "| `OCR_TIMEOUT_SECONDS` | `120` |" in table
    assert "| `BLOB_TRIGGER_SOURCE` | `LogsAndContainerScan` |" in table
    assert "| `JIRA_TOKEN` | none |" in table


def test_only_the_table_between_the_markers_is_replaced() -> None:
    text = replace_table(f"before\n{START}\nold\n{END}\nafter\n")

    assert text == f"before\n{START}\n{render_settings_table()}\n{END}\nafter\n"
    assert table_between_markers(text) == render_settings_table()


@pytest.mark.parametrize("text", ["", START, END, f"{END} {START}"])
def test_missing_markers_are_named(text: str) -> None:
    with pytest.raises(ValueError, match="add both lines"):
        replace_table(text)
