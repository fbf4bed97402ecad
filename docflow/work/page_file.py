"""Many pages in one blob, each of which is found by two short reads.

A table says for each page number from 1 on where the page lies and how long it is: two unsigned
64-bit numbers, both zero where the page is not there. A thousand pages are stored by one upload
instead of a thousand, and each is read by itself.

Pages for OCR are files: the table stands in front of them, in the same blob. Texts are lines of
JSON, which people read too: their table is a blob of its own.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Mapping
from pathlib import Path

_ENTRY = struct.Struct(">QQ")

Place = tuple[int, int]
"""Where a page lies in its blob: offset and length in bytes."""


def write_page_file(pages: Mapping[int, Path], target: Path) -> None:
    """Write the files of pages into one, behind a table; the same pages give the same bytes."""
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
    """Return the table of pages that lie at these places, by page number."""
    last = max(places, default=0)
    return b"".join(_ENTRY.pack(*places.get(number, (0, 0))) for number in range(1, last + 1))


def entries_of(first: int, last: int) -> Place:
    """Return where in a table the entries of pages `first` to `last` lie."""
    return _ENTRY.size * (first - 1), _ENTRY.size * (last - first + 1)


def read_entries(content: bytes) -> list[Place]:
    """Return the places that a part of a table names, those of missing pages left out."""
    whole = len(content) - len(content) % _ENTRY.size
    return [(offset, length) for offset, length in _ENTRY.iter_unpack(content[:whole]) if length]
