"""The table of formats: what reads them, and what is imported for them."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from docflow.parser import content_types
from docflow.parser.format import AmbiguousFormat, Format
from docflow.parser.formats import html, mail, office, pdf, plain_text
from docflow.parser.formats import picture as picture_format
from docflow.parser.registry import FORMATS, NotTaken, Taken, format_of, load

# The type checker compares each module with the functions of a format.
READERS: dict[str, Format] = {"picture": picture_format, "plain_text": plain_text}
AMBIGUOUS: dict[str, AmbiguousFormat] = {"html": html, "mail": mail, "office": office, "pdf": pdf}

TAKEN = [line for line in FORMATS if isinstance(line, Taken)]


def test_every_line_names_a_module_that_reads_the_format() -> None:
    assert {line.module for line in TAKEN} == {*READERS, *AMBIGUOUS}
    assert all(load(line.module) is {**READERS, **AMBIGUOUS}[line.module] for line in TAKEN)
    assert {line.module for line in TAKEN if line.ambiguous} <= set(AMBIGUOUS)


def test_every_content_type_has_a_format() -> None:
    known = {value for name, value in vars(content_types).items() if name.isupper()}

    assert {line.content_type for line in TAKEN} == known
    modules = [format_of(content_type) for content_type in known]
    assert all(module in [*READERS.values(), *AMBIGUOUS.values()] for module in modules)


def test_known_formats_are_refused_before_anything_is_taken_for_text() -> None:
    refused = [at for at, line in enumerate(FORMATS) if isinstance(line, NotTaken)]
    of_text = [at for at, line in enumerate(FORMATS) if line.signature == b""]

    assert max(refused) < min(of_text)
    assert FORMATS[-1] == TAKEN[-1]
    assert not TAKEN[-1].ambiguous


LOADED = """
import sys
from pathlib import Path
from docflow.parser.__main__ import _inspect
from docflow.parser.limits import Limits
_inspect(Path(sys.argv[1]), Limits(9, 10**6, 9, 512))
print(*sys.modules)
"""


def bitmap() -> bytes:
    content = io.BytesIO()
    Image.new("L", (60, 60)).save(content, "BMP")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "needed"),
    [
        (b"Dear Ms Marchetti", set()),
        (b"<html><p>Dear Ms Marchetti", set()),
        (b"From: a@example.com\nTo: b@example.com\nSubject: Tulips\n\nHello", set()),
        (bitmap(), {"PIL"}),
    ],
    ids=["text", "web page", "mail", "picture"],
)
def test_libraries_are_imported_for_the_files_that_need_them(
    tmp_path: Path, content: bytes, needed: set[str]
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    asked = [sys.executable, "-c", LOADED, str(file)]
    modules = set(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split())

    assert modules & {"PIL", "pikepdf", "pypdfium2", "pydantic"} == needed
