"""All pages of a document that go to OCR in one file, in which each is found by two short reads.

The file begins with a table: for each page number from 1 on, where the page lies and how long it is
(two unsigned 64-bit numbers; both zero where the page is not in the bundle). The pages follow. A
thousand pages are stored by one upload instead of a thousand, and each is read by itself.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Mapping
from pathlib import Path

_ENTRY = struct.Struct(">QQ")


def write_bundle(pages: Mapping[int, Path], target: Path) -> None:
    """Write the files of pages into one; the same pages always give the same bytes."""
    with target.open("wb") as bundle:
        bundle.seek(_ENTRY.size * max(pages, default=0))
        places: dict[int, tuple[int, int]] = {}
        for number, file in sorted(pages.items()):
            begin = bundle.tell()
            with file.open("rb") as page:
                shutil.copyfileobj(page, bundle)
            places[number] = (begin, bundle.tell() - begin)
        for number, place in places.items():
            bundle.seek(_ENTRY.size * (number - 1))
            bundle.write(_ENTRY.pack(*place))


def entry_of(number: int) -> tuple[int, int]:
    """Give where in a bundle the entry of a page lies, for pages up to the last: offset, length."""
    return _ENTRY.size * (number - 1), _ENTRY.size


def read_entry(content: bytes) -> tuple[int, int] | None:
    """Give where a page lies, offset and length in bytes; None where it is not in the bundle."""
    if len(content) != _ENTRY.size:
        return None
    offset, length = _ENTRY.unpack(content)
    return (offset, length) if offset else None
