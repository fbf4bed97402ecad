"""Walks through the document index, however many parts its answer has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from docflow.models.index import IndexEntry
from docflow.ports import DocumentIndex, IndexQuery


def every_entry(index: DocumentIndex, query: IndexQuery) -> Iterator[IndexEntry]:
    """Give all that answers a query; its `limit` is the size of the parts."""
    while True:
        page = index.list(query)
        yield from page.entries
        if page.continuation is None:
            return
        query = replace(query, continuation=page.continuation)
