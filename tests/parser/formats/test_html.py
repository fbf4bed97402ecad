"""Web pages: how they begin, and in which form they go to OCR."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest

from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.models.states import OcrMode
from docflow.ports import FileFacts, FileRefusal, PageSplit

HTML = "text/html"
PAGE = (
    "<!DOCTYPE html><html><head><meta charset={}></head><body><p>Grüße aus Łódź</p></body></html>"
)


@pytest.mark.parametrize(
    "begins",
    [
        *("<!DOCTYPE HTML>", "<!doctype html SYSTEM 'about:legacy-compat'>", "<HTML lang=en>"),
        *("<head>", "<script>run()</script>", "<IFRAME src=x>", "<h1>", "<h3 class=a>", "<div>"),
        *("<DIV\nclass=a>", "<font size=2>", "<table>", "<a href=x>", "<style>p {}</style>"),
        *("<title>", "<b>", "<body>", "<br>", "<br/>", "<p align=center>", "<meta charset=utf-8>"),
        *("<link rel=x>", "<center>", "<span>", "<ul>", "<form action=x>"),
        *("<!-- saved from a browser --><p>", "<!--x-->\n<!--y-->text <br>", "<!-- <p> -->\n<div>"),
        *("\n\t \r\n<DIV>", "\f<p>", "\ufeff<p>", "\ufeff \n<table>", " \ufeff<p>"),
        "<?xml version='1.0' encoding='utf-8'?>\n<!-- x -->\n<!DOCTYPE html PUBLIC 'x' 'y'>",
        "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_page_is_recognized_as_browsers_do(
    parser: SandboxedFileParser, file: Path, begins: str, encoding: str
) -> None:
    file.write_bytes(f"{begins}Revenue grew.".encode(encoding))

    assert parser.inspect(file) == FileFacts(HTML, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Use <div> to begin a block.",
        "<bold words> in a text",
        "<https://example.com> is where it stands.",
        "<ann@example.com> wrote:",
        "< p> is no tag",
        "<<b>>",
        "<!-- a rule for the editor -->\n# A readme in Markdown",
        "<!-- <p> -->\n# A readme in Markdown",
        "<?xml version='1.0'?><table><a/></table>",
        "<invoice><table>1</table></invoice>",
    ],
)
def test_what_a_browser_shows_as_text_is_text(
    parser: SandboxedFileParser, file: Path, text: str
) -> None:
    file.write_text(text, encoding="utf-8")

    assert parser.inspect(file) == FileFacts("text/plain", 1)


def test_a_page_of_programs_alone_is_one_without_text(
    parser: SandboxedFileParser, file: Path
) -> None:
    file.write_bytes(b"<script>location = 'x'</script>")

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == "NO_TEXT"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("iso-8859-2", "iso-8859-2"),
        ("x", "utf-8-sig"),
        ("x", "utf-16"),
        ("utf-8", "utf-16"),
    ],
)
def test_a_page_that_says_how_to_read_it_goes_to_ocr_as_it_is(
    file: Path, split_of: Callable[..., PageSplit], declared: str, encoding: str
) -> None:
    file.write_bytes(PAGE.format(declared).encode(encoding))

    (page,) = split_of(file, HTML).ocr

    assert page.file == file


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("iso-8859-1", "utf-8"),
        ("windows-1252", "utf-8"),
        ("us-ascii", "utf-8"),
        ("utf-8", "cp1250"),
        ("iso-8859-1", "utf-16-le"),
    ],
)
def test_a_page_that_says_otherwise_goes_to_ocr_in_utf_8(
    file: Path, split_of: Callable[..., PageSplit], declared: str, encoding: str
) -> None:
    czech = "Vážený pane, děkujeme za Vaši žádost. Příští týden Vám zašleme smlouvu."
    page = PAGE.replace("Grüße aus Łódź", czech)
    file.write_bytes(page.format(declared).encode(encoding))

    (sent,) = split_of(file, HTML).ocr

    content = sent.file.read_bytes()
    assert content == codecs.BOM_UTF8 + page.format("utf-8").encode()


def test_a_fragment_goes_to_ocr_as_a_page(file: Path, split_of: Callable[..., PageSplit]) -> None:
    file.write_bytes("<div>Grüße</div>".encode("cp1252"))

    (sent,) = split_of(file, HTML).ocr

    assert sent.file.read_text("utf-8-sig") == "<!DOCTYPE html>\n<html><body>\n<div>Grüße</div>"


def test_no_page_is_made_where_ocr_is_off(file: Path, split_of: Callable[..., PageSplit]) -> None:
    file.write_bytes(b"<div>Text</div>")

    split = split_of(file, HTML, mode=OcrMode.NEVER)

    assert (split.ocr, [page.unread for page in split.texts]) == ([], [True])
