"""Read all entries of the document index that match a query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from docflow.models.index import IndexEntry
from docflow.ports import DocumentIndex, IndexQuery


def every_entry(index: DocumentIndex, query: IndexQuery) -> Iterator[IndexEntry]:
    """Yield all entries that match a query, page by page; `limit` is the size of a page."""
    while True:
        page = index.list(query)
        yield from page.entries
        if page.continuation is None:
            return
        query = replace(query, continuation=page.continuation)
