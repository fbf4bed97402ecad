"""Many pages in one blob; two short reads find a page.

A table contains offset and length of each page, starting with page 1: two unsigned 64-bit numbers,
both zero if there is no such page. So one upload stores a thousand pages, and each page can be read
alone.

For pages for OCR, which are files, the table is at the start of the same blob. For texts, which are
lines of JSON that people read too, the table is a separate blob.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Mapping
from pathlib import Path

_ENTRY = struct.Struct(">QQ")

Place = tuple[int, int]
"""The place of a page in its blob: offset and length in bytes."""


def write_page_file(pages: Mapping[int, Path], target: Path) -> None:
    """Write a table and the files of pages into one file; the result is deterministic."""
    with target.open("wb") as written:
        written.seek(_ENTRY.size * max(pages, default=0))
        places: dict[int, Place] = {}
        for number, file in sorted(pages.items()):
            begin = written.tell()
            with file.open("rb") as page:
                shutil.copyfileobj(page, written)
            places[number] = (begin, written.tell() - begin)
        written.seek(0)
        written.write(table_of(places))


def table_of(places: Mapping[int, Place]) -> bytes:
    """Return the table for places by page number."""
    last = max(places, default=0)
    return b"".join(_ENTRY.pack(*places.get(number, (0, 0))) for number in range(1, last + 1))


def entries_of(first: int, last: int) -> Place:
    """Return the place, within the table, of the entries of pages `first` to `last`."""
    return _ENTRY.size * (first - 1), _ENTRY.size * (last - first + 1)


def read_entries(content: bytes) -> list[Place]:
    """Return the places from a part of a table, without missing pages."""
    whole = len(content) - len(content) % _ENTRY.size
    return [(offset, length) for offset, length in _ENTRY.iter_unpack(content[:whole]) if length]
