"""TNEF: the container (`winmail.dat`) in which Outlook may send the attachments of a mail.

A container is a sequence of attributes, each with a tag, a length and a checksum. Those of level 2
belong to attachments; the long name of an attachment is one of its MAPI properties.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress

from docflow.parser.text import encodings

CONTENT_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
NAME = "winmail.dat"
SIGNATURE = b"\x78\x9f\x3e\x22"
_KEY_BYTES = 2
_CHECKSUM_BYTES = 2
_HEAD = struct.Struct("<BII")
_LEVEL_OF_ATTACHMENTS = 2
_NEXT_ATTACHMENT = 0x00069002
_TITLE = 0x00018010
_DATA = 0x0006800F
_PROPERTIES = 0x00069005

_LONG_NAME = 0x3707
_CONTENT = 0x3701
_OBJECT = 0x0D
_GUID_BYTES = 16
_FIRST_NAMED = 0x8000
_STRINGS = {0x1E: "", 0x1F: "utf-16-le"}
_VARIABLE = frozenset({_OBJECT, 0x1E, 0x1F, 0x102})
_LONG_VALUES = {0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}
_SEVERAL = 0x1000
"""Bit of a type whose property has several values."""


class ContainedFile:
    """A file in a container."""

    def __init__(self) -> None:
        self.name = ""
        self.content = b""


def contained_files(content: bytes) -> list[ContainedFile]:
    """Return the files of a container, up to where it is damaged; none where it is no container."""
    files: list[ContainedFile] = []
    for tag, value in _attributes(content):
        if tag == _NEXT_ATTACHMENT or not files:
            files.append(ContainedFile())
        if tag == _DATA:
            files[-1].content = value
        elif tag == _TITLE and not files[-1].name:
            files[-1].name = _decoded(value)
        elif tag == _PROPERTIES:
            name, held = _described(value)
            files[-1].name = name or files[-1].name
            files[-1].content = held or files[-1].content
    return [file for file in files if file.content]


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Return tag and value of each attribute of an attachment."""
    at = len(SIGNATURE) + _KEY_BYTES
    while content.startswith(SIGNATURE) and at + _HEAD.size <= len(content):
        level, tag, length = _HEAD.unpack_from(content, at)
        start = at + _HEAD.size
        at = start + length + _CHECKSUM_BYTES
        if level == _LEVEL_OF_ATTACHMENTS:
            yield tag, content[start : start + length]


def _described(properties: bytes) -> tuple[str, bytes]:
    """Return the long name of a file, and its content where that is a property too."""
    found: dict[int, tuple[int, bytes]] = {}
    with suppress(struct.error):
        found.update(_Properties(properties).firsts())
    kind, name = found.get(_LONG_NAME, (0, b""))
    held_as, content = found.get(_CONTENT, (0, b""))
    return (
        _decoded(name, _STRINGS[kind]) if kind in _STRINGS else "",
        content[_GUID_BYTES if held_as == _OBJECT else 0 :],
    )


def _decoded(value: bytes, encoding: str = "") -> str:
    written = value if encoding else value.rstrip(b"\0")
    return (encodings.decode(written, encoding) or "").rstrip("\0")


class _Properties:
    """Reads MAPI properties one by one: only the length of each tells where the next begins."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def firsts(self) -> Iterator[tuple[int, tuple[int, bytes]]]:
        """Return the first value of each property, with its type."""
        for _ in range(self._number()):
            kind, identifier = struct.unpack("<HH", self._take(4))
            if identifier >= _FIRST_NAMED:
                self._skip_name()
            for value in self._values(kind)[:1]:
                yield identifier, (kind, value)

    def _values(self, kind: int) -> list[bytes]:
        single = kind & ~_SEVERAL
        several = single != kind or single in _VARIABLE
        count = min(self._number(), len(self._content)) if several else 1
        if single in _VARIABLE:
            return [self._padded(self._number()) for _ in range(count)]
        return [self._take(_LONG_VALUES.get(single, 4)) for _ in range(count)]

    def _skip_name(self) -> None:
        self._take(_GUID_BYTES)
        named_by_text = self._number()
        length = self._number()
        if named_by_text:
            self._padded(length)

    def _padded(self, length: int) -> bytes:
        value = self._take(length)
        self._at += -length % 4
        return value

    def _number(self) -> int:
        (number,) = struct.unpack("<I", self._take(4))
        return int(number)

    def _take(self, length: int) -> bytes:
        value = self._content[self._at : self._at + length]
        if len(value) < length:
            raise struct.error("the properties end early")
        self._at += length
        return value
