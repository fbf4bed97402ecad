"""The parts of an Office document, unpacked and parsed without trust in what they declare."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

LOCAL_HEADER_BYTES = 30
PIECE_BYTES = 256 * 1024


def unpack(stream: IO[bytes], part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Return the unpacked pieces of a part, all of them.

    `zipfile` would stop at the size that the part declares, and hide that there is more.
    """
    stream.seek(part.header_offset)
    header = stream.read(LOCAL_HEADER_BYTES)
    name_bytes, extra_bytes = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
    stream.seek(part.header_offset + LOCAL_HEADER_BYTES + name_bytes + extra_bytes)
    left = part.compress_size
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    stored = part.compress_type == zipfile.ZIP_STORED
    if not stored and part.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile("Office documents are packed by deflate")
    while left > 0 and (packed := stream.read(min(left, PIECE_BYTES))):
        left -= len(packed)
        if stored:
            yield packed
            continue
        while packed:
            yield inflate.decompress(packed, PIECE_BYTES)
            packed = inflate.unconsumed_tail
    if not stored:
        yield inflate.flush()


def strict_parser() -> expat.XMLParserType:
    """Return a parser that refuses document types: they can name files or multiply entities."""

    def refuse(*_: object) -> None:
        raise ValueError("an Office document declares no document type")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    return parser
