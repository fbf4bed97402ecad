"""`dev.py status`: list documents, or show one."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from devstack.client.app import App, Document, app_key
from devstack.client.progress import STYLES, Row
from devstack.stack.record import find_ports

_SHORT_ID = 8


def run(arguments: argparse.Namespace) -> int:
    """Ask the app and print its answer."""
    app = App(find_ports(os.environ).app_url, app_key(os.environ))
    if arguments.wanted:
        document = app.find(arguments.wanted)
        _print_json(document.raw) if arguments.json else _show_one(app, document)
    else:
        documents = list(app.documents())
        _print_json([each.raw for each in documents]) if arguments.json else _show_all(documents)
    return 0


def _print_json(answer: object) -> None:
    print(json.dumps(answer, indent=2, ensure_ascii=False))


def _show_all(documents: Sequence[Document]) -> None:
    if not documents:
        print("No documents yet. Drop some: python3 dev.py drop FILE")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("id", no_wrap=True)
    table.add_column("document", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("status", no_wrap=True)
    table.add_column("pages", justify="right")
    table.add_column("urgency")
    for each in documents:
        row = Row(each.name, each.id, each)
        style = STYLES.get(each.status, "cyan")
        table.add_row(
            each.id[:_SHORT_ID], Text(each.name), Text(row.state, style), row.pages, row.urgency
        )
    Console().print(table)


def _show_one(app: App, document: Document) -> None:
    row = Row(document.name, document.id, document)
    review = document.raw.get("review") or {}
    facts = {
        "id": document.id,
        "document": document.name,
        "title": document.raw.get("title"),
        "status": row.state,
        "pages": row.pages,
        "urgency": row.urgency,
        "review": ", ".join(review.get("reasons") or []),
        "mail": document.raw.get("parent"),
    }
    console = Console(highlight=False)
    for title, value in facts.items():
        if value:
            console.print(Text(f"{title:<10} {value}"))
    for each in document.attachments:
        console.print(Text(f"{'attached':<10} {each.document_id[:_SHORT_ID]}  {each.name}"))
    if document.is_at_end:
        _show_result(console, app.result(document.id))
    elif document.is_waiting:
        _show_bullets(console, document.raw.get("preview") or {})
        short = document.id[:_SHORT_ID]
        console.print(Text(f"\nDecide: python3 dev.py approve {short}, or reject {short}"))


def _show_result(console: Console, record: Mapping[str, Any]) -> None:
    ticket, error = record.get("ticket"), record.get("error")
    if ticket:
        console.print(Text(f"{'ticket':<10} {ticket['key']}  {ticket['url']}"))
    if error:
        console.print(Text(f"{'error':<10} {error['code']}: {error['message']}", "red"))
    _show_bullets(console, record.get("summary") or {})


def _show_bullets(console: Console, summary: Mapping[str, Any]) -> None:
    if summary.get("bullets"):
        console.print()
    for bullet in summary.get("bullets") or []:
        place = f" (page {bullet['page']})" if bullet.get("page") else ""
        console.print(Text(f"- {bullet['text']}{place}"))
