"""Pages that lie on their side, deep pictures, Office documents and web pages with all they say."""

from __future__ import annotations

import asyncio
import base64
import io
import math
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pypdfium2
import pytest
import requests
from aiohttp.test_utils import TestClient, TestServer
from azure.ai.formrecognizer import AnalyzeResult, DocumentAnalysisClient
from azure.core.credentials import AzureKeyCredential
from PIL import Image, ImageDraw, ImageFont
from PIL.Image import Transpose
from reportlab.pdfgen.canvas import Canvas

from devstack.services.app import build_app
from devstack.services.document_intelligence import api
from devstack.services.document_intelligence.analyze_result import READ, build_analyze_result
from devstack.services.ocr import worker
from devstack.services.ocr.page_images import render_page
from devstack.services.ocr.pool import OcrFailedError, OcrPool
from devstack.services.ocr.web_pages import html_paragraphs
from devstack.services.ocr.whole_documents import pages_of
from samples.builders.office import archive

TEXT = ("Final notice for account 4471", "The balance of 1842 pounds is overdue.")
TIMEOUT_SECONDS = 60
KEY = {"Ocp-Apim-Subscription-Key": "k"}
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
DGM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
SPACES = (
    f'xmlns:w="{W}" xmlns:a="{A}" xmlns:r="{R}" xmlns:mc="{MC}" xmlns:dgm="{DGM}" xmlns:c="{C}"'
)
QUARTERS = {
    90: Transpose.ROTATE_270,
    180: Transpose.ROTATE_180,
    -90: Transpose.ROTATE_90,
}
"""How to turn a picture clockwise by some degrees."""


@pytest.fixture
def client(services: str) -> Iterator[DocumentAnalysisClient]:
    with DocumentAnalysisClient(services, AzureKeyCredential("any-key")) as opened:
        yield opened


def scan() -> Image.Image:
    picture = Image.new("L", (1000, 400), 255)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(TEXT):
        draw.text((60, 80 + 90 * row), line, font=ImageFont.load_default(40), fill=0)
    return picture


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def read(client: DocumentAnalysisClient, document: bytes, model: str = READ) -> AnalyzeResult:
    poller = client.begin_analyze_document(model, document, polling_interval=0.05)
    return poller.result(TIMEOUT_SECONDS)


def lines_of(result: AnalyzeResult) -> list[str]:
    return [line.content for line in result.pages[0].lines]


# Turned pages


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_turned_page_is_read_upright_and_its_angle_told(
    client: DocumentAnalysisClient, degrees: int
) -> None:
    turned = scan().transpose(QUARTERS[degrees])

    result = read(client, saved(turned))

    page = result.pages[0]
    assert lines_of(result) == list(TEXT)
    assert page.angle is not None
    assert abs((page.angle - degrees + 180) % 360 - 180) < 1
    assert -180 < page.angle <= 180
    assert [page.width, page.height] == [*turned.size], "the page is as it was sent"
    start, end = page.words[0].polygon[:2]  # the upper edge of the first word
    across, down = end.x - start.x, end.y - start.y
    assert math.degrees(math.atan2(down, across)) % 360 == pytest.approx(degrees % 360, abs=2)
    x, y = (sum(point[axis] for point in page.words[0].polygon) / 4 for axis in (0, 1))
    around = turned.crop((int(x - 40), int(y - 40), int(x + 40), int(y + 40)))
    assert around.tobytes().count(0) > 100, "there is ink where the first word is said to be"


def test_lean_adds_to_the_quarters(client: DocumentAnalysisClient) -> None:
    leaning = scan().rotate(-4, Image.Resampling.BICUBIC, expand=True, fillcolor=255)

    result = read(client, saved(leaning.transpose(Transpose.ROTATE_270)))

    assert lines_of(result) == list(TEXT)
    assert result.pages[0].angle == pytest.approx(94, abs=1)


def test_picture_with_an_orientation_is_taken_as_a_viewer_shows_it(
    client: DocumentAnalysisClient,
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    sideways = scan().transpose(Transpose.ROTATE_90)

    result = read(client, saved(sideways, "JPEG", exif=exif, quality=95))

    assert lines_of(result) == list(TEXT)
    assert result.pages[0].angle == pytest.approx(0, abs=1)
    assert (result.pages[0].width, result.pages[0].height) == (1000, 400)


@pytest.mark.parametrize(("rotate", "angle"), [(0, 90), (270, 0)])
def test_pdf_page_is_taken_with_its_own_rotation(
    client: DocumentAnalysisClient, rotate: int, angle: int
) -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(200, 500))
    canvas.translate(60, 440)
    canvas.rotate(-90)
    canvas.setFont("Helvetica", 18)
    for row, line in enumerate(TEXT):
        canvas.drawString(0, -30 * row, line)
    canvas.save()
    turned = io.BytesIO()
    with pypdfium2.PdfDocument(stream.getvalue()) as pdf:
        pdf[0].set_rotation(rotate)
        pdf.save(turned)

    result = read(client, turned.getvalue())

    assert lines_of(result) == list(TEXT)
    assert result.pages[0].angle == pytest.approx(angle, abs=1)


# Failures have an end


def line(text: str, *, opens: bool) -> dict[str, Any]:
    word = {"content": text, "polygon": [0.0] * 8, "confidence": 1.0}
    return {"words": [word], "polygon": [0.0] * 8, "opensParagraph": opens}


def test_page_whose_first_line_opens_no_paragraph_has_one_of_its_own() -> None:
    size = {"angle": 0, "width": 1, "height": 1, "unit": "inch"}
    pages = [
        (1, {**size, "lines": [line("one", opens=False), line("two", opens=False)]}),
        (2, {**size, "lines": [line("three", opens=False)]}),
    ]

    result = build_analyze_result(pages, READ, "2023-07-31")

    assert [paragraph["content"] for paragraph in result["paragraphs"]] == ["one two", "three"]


def test_any_failure_ends_the_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: object) -> dict[str, Any]:
        raise ZeroDivisionError

    async def analyzed() -> dict[str, Any]:
        app = build_app(Path(sys.prefix) / "tessdata", ocr_workers=1)
        async with TestClient(TestServer(app)) as client:
            begun = await client.post(
                f"/formrecognizer/documentModels/{READ}:analyze",
                data=b"<html><p>Hello",
                headers={**KEY, "Content-Type": "text/html"},
            )
            where = urlsplit(begun.headers["Operation-Location"]).path
            while True:
                answer = await client.get(where, headers=KEY)
                state: dict[str, Any] = await answer.json()
                if state["status"] != "running":
                    return state

    monkeypatch.setattr(api, "build_analyze_result", defect)

    ended = asyncio.run(asyncio.wait_for(analyzed(), TIMEOUT_SECONDS))

    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "InternalServerError"


@pytest.mark.parametrize(("code", "status"), [("Timeout", 500), ("InvalidContent", 400)])
def test_document_is_not_blamed_for_what_the_service_could_not_do(
    monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    async def refuse(*_: object) -> int:
        raise OcrFailedError(code, "It took too long.")

    async def answered() -> tuple[int, str]:
        app = build_app(Path(sys.prefix) / "tessdata", ocr_workers=1)
        async with TestClient(TestServer(app)) as client:
            begun = await client.post(
                f"/formrecognizer/documentModels/{READ}:analyze",
                data=saved(scan()),
                headers={**KEY, "Content-Type": "image/png"},
            )
            body = await begun.json()
            return begun.status, body["error"]["innererror"]["code"]

    monkeypatch.setattr(OcrPool, "count_pages", refuse)

    assert asyncio.run(answered()) == (status, code)


def test_failure_that_nobody_thought_of_is_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(worker, "count_pages", defect)
    path = tmp_path / "scan.png"
    path.write_bytes(saved(scan()))

    answer = worker.Worker(tmp_path).answer({"path": str(path), "page": 0, "languages": "eng"})

    assert answer == {"error": {"code": "Defect", "message": "ZeroDivisionError"}}


# Deep pictures


def deep(scale: int, kind: str, *, white_is_zero: bool = False) -> bytes:
    shades = (255 - shade if white_is_zero else shade for shade in scan().tobytes())
    content = b"".join(struct.pack("<H", shade * scale) for shade in shades)
    picture = Image.frombytes("I;16", (1000, 400), content)
    return saved(picture, kind, **({"tiffinfo": {262: 0}} if white_is_zero else {}))


@pytest.mark.parametrize(
    "document",
    [
        deep(257, "PNG"),
        deep(257, "TIFF"),
        deep(16, "TIFF"),
        deep(257, "TIFF", white_is_zero=True),
        saved(scan().convert("F").point(lambda shade: shade / 255), "TIFF"),
    ],
    ids=["PNG", "TIFF", "12 bits", "white is zero", "floats"],
)
def test_deep_picture_has_its_shades(document: bytes, tmp_path: Path) -> None:
    path = tmp_path / "deep"
    path.write_bytes(document)

    picture = render_page(path, 1).picture

    assert picture.resize((20, 8)).point(lambda shade: 255 * (shade > 250)).tobytes() == (
        scan().resize((20, 8)).point(lambda shade: 255 * (shade > 250)).tobytes()
    )


# Office documents


def text_box(words: str) -> str:
    box = f"<w:txbxContent><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:txbxContent>"
    return (
        "<w:r><mc:AlternateContent>"
        f'<mc:Choice Requires="wps"><w:drawing>{box}</w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )


def word(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def drawn(text: str) -> str:
    return f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>"


def links(**targets: str) -> str:
    listed = "".join(
        f'<Relationship Id="{name}" Type="{R}/{target.partition(" ")[0]}" '
        f'Target="{target.partition(" ")[2]}"/>'
        for name, target in targets.items()
    )
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{listed}</Relationships>"
    )


def paragraphs(tmp_path: Path, parts: dict[str, str | bytes]) -> list[list[str]] | None:
    path = tmp_path / "document"
    path.write_bytes(archive(parts))
    return pages_of(path)


DIAGRAM = (
    f"<dgm:dataModel {SPACES}><dgm:ptLst>"
    f"<dgm:pt><dgm:t>{drawn('Inspect')}</dgm:t></dgm:pt><dgm:pt><dgm:t>{drawn('Decide')}</dgm:t>"
    "</dgm:pt></dgm:ptLst></dgm:dataModel>"
)
CHART = (
    f"<c:chartSpace {SPACES}><c:chart><c:title>{drawn('Visitors')}</c:title><c:cat><c:strCache>"
    "<c:pt><c:v>May</c:v></c:pt><c:pt><c:v>June</c:v></c:pt></c:strCache></c:cat></c:chart>"
    "</c:chartSpace>"
)


def test_word_document_is_read_with_its_edges_and_drawings(tmp_path: Path) -> None:
    body = (
        f"<w:p><w:r><w:t>Before</w:t></w:r>{text_box('In the box')}"
        "<w:r><w:t> after</w:t></w:r></w:p>"
        '<w:p><w:r><w:drawing><dgm:relIds r:dm="rId1"/></w:drawing></w:r></w:p>'
        '<w:p><w:r><w:drawing><c:chart r:id="rId2"/></w:drawing></w:r></w:p>'
        "<w:p><w:moveFrom><w:r><w:t>moved away</w:t></w:r></w:moveFrom>"
        "<w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>inserted</w:t></w:r></w:ins></w:p>"
    )
    parts: dict[str, str | bytes] = {
        "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": links(
            rId1="diagramData diagrams/data1.xml", rId2="chart charts/chart1.xml"
        ),
        "word/diagrams/data1.xml": DIAGRAM,
        "word/charts/chart1.xml": CHART,
        "word/header2.xml": f"<w:hdr {SPACES}>{word('On top')}</w:hdr>",
        "word/footer1.xml": f"<w:ftr {SPACES}>{word('At the end')}</w:ftr>",
        "word/comments.xml": f"<w:comments {SPACES}>{word('Really?')}</w:comments>",
        "word/footnotes.xml": f"<w:footnotes {SPACES}>{word('A note')}</w:footnotes>",
    }

    assert paragraphs(tmp_path, parts) == [
        [
            *("On top", "Before after", "In the box", "Inspect", "Decide", "Visitors", "May June"),
            *("inserted", "A note", "At the end", "Really?"),
        ]
    ]


def test_slide_is_read_with_its_diagram_and_comments(tmp_path: Path) -> None:
    slide = f'<p:sld xmlns:p="p" {SPACES}>{drawn("Title")}<dgm:relIds r:dm="rId1"/></p:sld>'
    old = '<p:cmLst xmlns:p="p"><p:cm><p:text>Too long</p:text></p:cm></p:cmLst>'
    new = f'<n:cmLst xmlns:n="n" {SPACES}><n:txBody>{drawn("Agreed")}</n:txBody></n:cmLst>'
    parts: dict[str, str | bytes] = {
        "ppt/presentation.xml": '<p:presentation xmlns:p="p"/>',
        "ppt/slides/slide1.xml": slide,
        "ppt/slides/slide2.xml": f'<p:sld xmlns:p="p" {SPACES}>{drawn("Second")}</p:sld>',
        "ppt/slides/_rels/slide1.xml.rels": links(
            rId1="diagramData ../diagrams/data1.xml",
            rId2="comments /ppt/comments/comment1.xml",
            rId3="comments ../comments/modern1.xml",
        ),
        "ppt/diagrams/data1.xml": DIAGRAM,
        "ppt/comments/comment1.xml": old,
        "ppt/comments/modern1.xml": new,
    }

    assert paragraphs(tmp_path, parts) == [
        ["Title", "Inspect", "Decide", "Too long", "Agreed"],
        ["Second"],
    ]


def test_sheet_is_read_with_header_drawing_comments_and_footer(tmp_path: Path) -> None:
    sheet = (
        '<worksheet><sheetData><row><c t="s"><v>0</v></c><c><v>40</v></c></row></sheetData>'
        '<headerFooter><oddHeader>&amp;L&amp;"Arial,Bold"&amp;12Costs &amp;&amp; fees&amp;RQ3'
        "</oddHeader>"
        "<oddFooter>Page &amp;P of &amp;N, confidential</oddFooter></headerFooter></worksheet>"
    )
    strings = "<sst><si><t>Paper</t><rPh><t>kami</t></rPh></si></sst>"
    comments = "<comments><text><r><t>Check </t></r><r><t>this</t></r></text></comments>"
    drawing = f'<d:wsDr xmlns:d="d" {SPACES}>{drawn("A box")}<c:chart r:id="rId1"/></d:wsDr>'
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": "<workbook/>",
        "xl/sharedStrings.xml": strings,
        "xl/worksheets/sheet1.xml": sheet,
        "xl/worksheets/_rels/sheet1.xml.rels": links(
            rId1="drawing ../drawings/drawing1.xml", rId2="comments ../comments1.xml"
        ),
        "xl/drawings/drawing1.xml": drawing,
        "xl/drawings/_rels/drawing1.xml.rels": links(rId1="chart ../charts/chart1.xml"),
        "xl/charts/chart1.xml": CHART,
        "xl/comments1.xml": comments,
    }

    assert paragraphs(tmp_path, parts) == [
        [
            *("Costs & fees Q3", "Paper 40", "A box", "Visitors", "May June"),
            *("Check this", "Page of , confidential"),
        ]
    ]


def test_parts_that_refer_to_each_other_are_read_once(tmp_path: Path) -> None:
    drawing = '<w:drawing><dgm:relIds r:dm="rId1"/></w:drawing>'
    around = f"<w:p><w:r><w:t>Here</w:t>{drawing}</w:r></w:p>"
    parts: dict[str, str | bytes] = {
        "word/document.xml": f"<w:document {SPACES}>{around * 3}</w:document>",
        "word/_rels/document.xml.rels": links(rId1="diagramData part2.xml"),
        "word/part2.xml": f"<w:document {SPACES}>{around}</w:document>",
        "word/_rels/part2.xml.rels": links(rId1="diagramData document.xml"),
    }

    assert paragraphs(tmp_path, parts) == [["Here", "Here", "Here", "Here"]]


# Web pages


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="windows-1252">', "cp1252"),
        ("<meta charset=iso-8859-1>", "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2">', "iso8859-2"),
        ('<meta charset="utf-8">', "utf-8"),
        ('<!-- <meta charset="koi8-r"> --><meta charset="windows-1250">', "cp1250"),
        ("<meta charset='no-such-thing'>", "utf-8"),
        ("<meta charset=idna>", "utf-8"),
        ('<meta charset="utf-16">', "utf-8"),
        ("", "utf-8"),
        ("", "cp1252"),
    ],
)
def test_web_page_is_read_in_the_encoding_it_declares(head: str, encoding: str) -> None:
    page = f"<!doctype html><html><head>{head}</head><body><p>Müller schuldet 12 ä</p>"

    assert html_paragraphs(page.encode(encoding)) == ["Müller schuldet 12 ä"]


def test_web_page_in_a_far_encoding(client: DocumentAnalysisClient) -> None:
    page = '<html><head><meta charset="Shift_JIS"></head><p>請求書</p>'
    xhtml = '<?xml version="1.0" encoding="koi8-r"?><html><p>Счёт</p></html>'

    assert read(client, page.encode("cp932")).content == "請求書"
    assert read(client, xhtml.encode("koi8-r")).content == "Счёт"


# Models and sources


def test_layout_is_known_and_has_a_list_of_tables(services: str) -> None:
    with DocumentAnalysisClient(services, AzureKeyCredential("k")) as client:
        result = read(client, b"<html><p>Notice</p>", "prebuilt-layout")

    assert (result.model_id, result.content, result.tables) == ("prebuilt-layout", "Notice", [])


def analyze(services: str, body: object, model: str = "prebuilt-layout") -> requests.Response:
    return requests.post(
        f"{services}/documentintelligence/documentModels/{model}:analyze",
        params={"_overload": "analyzeDocument", "api-version": "2024-11-30"},
        json=body,
        headers=KEY,
        timeout=TIMEOUT_SECONDS,
    )


def test_document_may_come_as_base64(services: str) -> None:
    encoded = base64.b64encode(b"<html><p>Notice</p>").decode()

    begun = analyze(services, {"base64Source": encoded})

    assert begun.status_code == 202
    location = begun.headers["Operation-Location"]
    while True:
        state = requests.get(location, headers=KEY, timeout=TIMEOUT_SECONDS).json()
        if state["status"] != "running":
            break
    result = state["analyzeResult"]
    assert (result["content"], result["apiVersion"]) == ("Notice", "2024-11-30")


@pytest.mark.parametrize(
    "body",
    [
        {"base64Source": "no Base64 at all!"},
        {"base64Source": "QQ==", "urlSource": "http://127.0.0.1/x"},
        {},
        ["base64Source"],
        7,
    ],
)
def test_body_that_names_no_document_is_refused(services: str, body: object) -> None:
    refused = analyze(services, body)

    assert refused.status_code == 400
    assert refused.json()["error"]["innererror"]["code"] == "InvalidParameter"


def test_unknown_model_is_not_found(services: str) -> None:
    refused = analyze(services, {"base64Source": "QQ=="}, model="prebuilt-invoice")

    assert refused.status_code == 404
    assert refused.json()["error"]["innererror"]["code"] == "ModelNotFound"
