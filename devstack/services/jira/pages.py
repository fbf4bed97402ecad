"""The web pages of the stand-in: all issues, and one of them."""

from __future__ import annotations

import html
from collections.abc import Iterable

from aiohttp import web

from devstack.services.jira.issues import JsonObject

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.4rem;"
    "text-align:left;vertical-align:top}pre{white-space:pre-wrap}"
)


def issue_list(issues: Iterable[JsonObject]) -> web.Response:
    """Return the page of all issues, in the order given."""
    rows = "".join(_row(issue) for issue in issues)
    table = (
        "<table><tr><th>Key</th><th>Summary</th><th>Status</th><th>Priority</th><th>Labels</th>"
        f"<th>Created</th></tr>{rows}</table>"
    )
    return _page("Issues", table if rows else "<p>There are no issues.</p>")


def issue_page(issue: JsonObject) -> web.Response:
    """Return the page of one issue."""
    return _page(f"{issue['key']} {issue['fields']['summary']}", _details(issue))


def missing_page() -> web.Response:
    """Return the page in place of an issue that does not exist."""
    return _page("No such issue", "<p>This issue does not exist.</p>", status=404)


def _page(title: str, body: str, status: int = 200) -> web.Response:
    """Return a page; `body` must be escaped already."""
    heading = html.escape(title)
    text = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{heading}</title>"
        f"<style>{STYLE}</style><h1>{heading}</h1>{body}"
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        headers={"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"},
    )


def _cells(issue: JsonObject) -> list[str]:
    fields = issue["fields"]
    values = (
        fields["summary"],
        fields["status"]["name"],
        fields["priority"]["name"],
        ", ".join(fields["labels"]),
        fields["created"],
    )
    return [html.escape(str(value)) for value in values]


def _row(issue: JsonObject) -> str:
    key = html.escape(issue["key"])
    cells = "".join(f"<td>{cell}</td>" for cell in _cells(issue))
    return f'<tr><td><a href="/browse/{key}">{key}</a></td>{cells}</tr>'


def _details(issue: JsonObject) -> str:
    fields = issue["fields"]
    comments = "".join(
        f"<li><pre>{html.escape(comment['body'])}</pre></li>"
        for comment in fields["comment"]["comments"]
    )
    _, status, priority, labels, created = _cells(issue)
    return (
        f"<p>{status}, priority {priority}, created {created}<br>Labels: {labels}</p>"
        f"<pre>{html.escape(str(fields['description'] or ''))}</pre><ul>{comments}</ul>"
        '<p><a href="/jira">All issues</a></p>'
    )
