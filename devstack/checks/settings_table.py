"""Render the settings table of README.md from `docflow.settings`.

`python -m devstack.checks.settings_table` puts it between the markers; a test fails where the table
is out of date.
"""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path

from docflow.settings import Settings, setting_name

START = "<!-- settings -->"
END = "<!-- /settings -->"
README = Path(__file__).parents[2] / "README.md"


def render_settings_table() -> str:
    """Return the table in Markdown: a row for each setting, in the order of the code."""
    rows = ["| setting | default | what it does |", "| --- | --- | --- |"]
    for field, info in Settings.model_fields.items():
        name = setting_name(field, info.alias)
        meaning = " ".join((info.description or "").split()).replace("|", "\\|")
        rows.append(f"| `{name}` | {_cell(render_default(field))} | {meaning} |")
    return "\n".join(rows)


def render_default(field: str) -> str:
    """Return the default of a setting as one would write it in the app settings; empty for none."""
    default = Settings.model_fields[field].default
    if default is None:
        return ""
    return str(default.value if isinstance(default, Enum) else default)


def _cell(default: str) -> str:
    return f"`{default}`" if default else "none"


def table_between_markers(text: str) -> str | None:
    """Return what stands between the markers, or None where they are missing."""
    _, start, rest = text.partition(START)
    table, end, _ = rest.partition(END)
    return table.strip() if start and end else None


def replace_table(text: str) -> str:
    """Put the rendered table between the markers.

    Raises:
        ValueError: where the markers are missing.
    """
    if table_between_markers(text) is None:
        raise ValueError(f"expected {START} and then {END}, found no such pair; add both lines")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{render_settings_table()}\n{END}{after}"


def main() -> int:
    """Rewrite the table of README.md."""
    try:
        README.write_text(replace_table(README.read_text("utf-8")), "utf-8")
    except (OSError, ValueError) as error:
        print(f"{README.name}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
