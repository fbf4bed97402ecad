"""What an Office document holds, by its own word: what the answer of OCR must have.

Slides and sheets are counted where somebody sees something on them. A document of Word has no
pages; its own count of them (`docProps/app.xml`) is a remark of the program that saved it last, so
the characters of its text are counted.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from docflow.parser.content_types import DOCX, XLSX
from docflow.parser.formats.office_parts import strict_parser, unpack
from docflow.parser.pages import FileExtent

SHEETS = re.compile(r"xl/(?:work|chart)sheets/[^/]+\.xml")
SLIDES = re.compile(r"ppt/slides/[^/]+\.xml")
WORKSHEETS = re.compile(r"xl/worksheets/[^/]+\.xml")
NO = {"0", "false"}
HIDDEN = {"hidden", "veryHidden"}
OTHER_VERSION = "Fallback"
"""Holds the same text once more, for older programs."""
ON_SLIDES = {"blip", "graphicData"}
"""Elements of pictures, tables and charts."""


def extent_of(file: Path, content_type: str) -> FileExtent:
    """Return what a checked document holds."""
    with zipfile.ZipFile(file) as archive, file.open("rb") as stream:
        parts = _Parts({part.filename: part for part in archive.infolist()}, stream)
        if content_type == DOCX:
            return FileExtent(characters=parts.look("word/document.xml").characters)
        if content_type == XLSX:
            hidden = parts.hidden_sheets()
            sheets = parts.named(WORKSHEETS, "xl/workbook.xml", "/worksheet") - hidden
            return FileExtent(pages=sum(parts.look(name).characters > 0 for name in sheets))
        slides = (
            parts.look(name) for name in parts.named(SLIDES, "ppt/presentation.xml", "/slide")
        )
        return FileExtent(pages=sum(each.shown and each.has_anything for each in slides))


class _Look:
    """What is found in one part."""

    def __init__(self) -> None:
        self.characters = 0
        self.shown = True
        self.has_anything = False
        self._texts = 0
        self._skipped = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        self._texts += kind in {"t", "v"}
        self._skipped += kind == OTHER_VERSION
        self.has_anything = self.has_anything or kind in ON_SLIDES
        if kind == "sld":
            self.shown = attributes.get("show", "1") not in NO

    def end(self, name: str) -> None:
        kind = name.rpartition(":")[2]
        self._texts -= kind in {"t", "v"}
        self._skipped -= kind == OTHER_VERSION

    def text(self, text: str) -> None:
        if self._texts and not self._skipped:
            self.characters += len("".join(text.split()))
            self.has_anything = self.has_anything or not text.isspace()


class _Parts:
    """The parts of an archive."""

    def __init__(self, parts: dict[str, zipfile.ZipInfo], stream: IO[bytes]) -> None:
        self._parts = parts
        self._stream = stream

    def look(self, name: str) -> _Look:
        """Return what is in a part."""
        look = _Look()
        self._parse(name, look.start, look.end, look.text)
        return look

    def named(self, pattern: re.Pattern[str], main: str, kind: str) -> set[str]:
        """Return the parts of a kind that the main part refers to; all, if it refers to none."""
        linked = {name for type_, name in self._links(main).values() if type_.endswith(kind)}
        present = set(filter(pattern.fullmatch, self._parts))
        return present & linked or present

    def hidden_sheets(self) -> set[str]:
        """Return the sheets of a workbook that nobody sees."""
        links = self._links("xl/workbook.xml")
        found: set[str] = set()

        def start(name: str, attributes: dict[str, str]) -> None:
            if name.rpartition(":")[2] == "sheet" and attributes.get("state") in HIDDEN:
                ids = (value for key, value in attributes.items() if key.endswith(":id"))
                found.update(links[each][1] for each in ids if each in links)

        self._parse("xl/workbook.xml", start)
        return found

    def _links(self, main: str) -> dict[str, tuple[str, str]]:
        """Return the types and parts that a part refers to, by the ids it uses."""
        folder, _, name = main.rpartition("/")
        found: dict[str, tuple[str, str]] = {}

        def start(_: str, attributes: dict[str, str]) -> None:
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            found[attributes.get("Id", "")] = attributes.get("Type", ""), target.lstrip("/")

        self._parse(f"{folder}/_rels/{name}.rels", start)
        return found

    def _parse(
        self,
        name: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        part = self._parts.get(name)
        if part is None:
            return
        parser = strict_parser()
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = text
        for piece in unpack(self._stream, part):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
