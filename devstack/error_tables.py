"""Renders the tables of docs/errors.md from `docflow.errors`.

`python -m devstack.error_tables` puts each below its heading; a test says when that is due.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from docflow.errors import ErrorCode, Section

PAGE = Path(__file__).parents[1] / "docs/errors.md"


def render_error_table(section: Section) -> str:
    """Return the table of a section in Markdown: a row for each code, in the order of the source.

    A column with the status of the HTTP API is there only where a code of the section has one.
    """
    codes = [code for code in ErrorCode if code.section is section]
    answered = any(code.status for code in codes)
    header = ["code", *(["status"] if answered else []), "what it means", "what to do", "retried"]
    rows = [header, ["---"] * len(header)]
    for code in codes:
        status = [str(code.status.value) if code.status else "none"] if answered else []
        rows.append([f"`{code}`", *status, code.meaning, code.remedy, code.retried])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def replace_tables(page: str) -> str:
    """Return the page with the table below each heading made anew.

    Raises:
        ValueError: A section has no heading, or no table below it.
    """
    for section in Section:
        place = rf"(^## {re.escape(section)}\n(?:(?!#|\|).*\n)*)(?:\|.*\n)+"
        found = re.search(place, page, re.MULTILINE)
        if found is None:
            raise ValueError(f"expected the heading {section.value!r} with a table below; add both")
        table = render_error_table(section)
        page = f"{page[: found.start()]}{found[1]}{table}{page[found.end() :]}"
    return page


def main() -> int:
    """Rewrite the tables of docs/errors.md."""
    try:
        PAGE.write_text(replace_tables(PAGE.read_text("utf-8")), "utf-8")
    except (OSError, ValueError) as error:
        print(f"{PAGE.name}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
