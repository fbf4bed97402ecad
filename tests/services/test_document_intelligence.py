"""Document Intelligence through its real client: one page really read, errors as Azure's."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from azure.ai.formrecognizer import AnalyzeResult, DocumentAnalysisClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

from devstack.services.ocr.pool import OcrFailedError, OcrPool
from samples.builders.office import archive, docx, pptx, xlsx

Stats = Callable[[], dict[str, object]]
TEXT = ("Final notice for account 4471", "The balance of 1842 pounds is overdue.")
ANALYZE = "/formrecognizer/documentModels/prebuilt-read:analyze"
TIMEOUT_SECONDS = 30
ENTITY = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


@pytest.fixture
def client(services: str) -> Iterator[DocumentAnalysisClient]:
    with DocumentAnalysisClient(services, AzureKeyCredential("any-key")) as opened:
        yield opened


@pytest.fixture(scope="module")
def scan() -> bytes:
    picture = Image.new("L", (1000, 400), 255)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(TEXT):
        draw.text((60, 80 + 90 * row), line, font=ImageFont.load_default(40), fill=0)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def three_page_pdf() -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(360, 144))
    for number in ("one", "two", "three"):
        canvas.setFont("Helvetica", 24)
        canvas.drawString(36, 72, f"This is page {number}")
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _read(client: DocumentAnalysisClient, document: bytes, **options: str) -> AnalyzeResult:
    poller = client.begin_analyze_document(
        "prebuilt-read", document, polling_interval=0.05, **options
    )
    return poller.result(TIMEOUT_SECONDS)


def _refusal(
    client: DocumentAnalysisClient, document: bytes, model: str = "prebuilt-read", **options: str
) -> tuple[int | None, str, str]:
    """Return status, code and inner code of the error that the call is answered with."""
    with pytest.raises(HttpResponseError) as refused:
        client.begin_analyze_document(model, document, **options)
    error = refused.value.error
    assert error is not None
    inner = error.innererror or {}
    return refused.value.status_code, str(error.code), inner["code"]


def test_a_scan_is_read_with_words_lines_and_offsets(
    client: DocumentAnalysisClient, scan: bytes
) -> None:
    result = _read(client, scan)

    page = result.pages[0]
    assert [line.content for line in page.lines] == list(TEXT)
    assert (page.page_number, page.unit, page.width, page.height) == (1, "pixel", 1000, 400)
    for word in page.words:
        end = word.span.offset + word.span.length
        assert result.content[word.span.offset : end] == word.content
        assert 0.5 < word.confidence <= 1
        assert all(0 <= point.x <= 1000 and 0 <= point.y <= 400 for point in word.polygon)
    assert "Final notice" in " ".join(paragraph.content for paragraph in result.paragraphs or [])
    assert [language.locale for language in result.languages or []] == ["en"]
    assert (result.model_id, result.api_version) == ("prebuilt-read", "2023-07-31")


def test_only_the_pages_asked_for_are_read(
    client: DocumentAnalysisClient, three_page_pdf: bytes, stats: Stats
) -> None:
    result = _read(client, three_page_pdf, pages="2-3", locale="en")

    assert [page.page_number for page in result.pages] == [2, 3]
    assert [page.lines[0].content for page in result.pages] == [
        "This is page two",
        "This is page three",
    ]
    assert (result.pages[0].unit, result.pages[0].width, result.pages[0].height) == ("inch", 5, 2)
    assert stats()["pages_analysed"] == 2


def test_it_can_play_the_free_tier_which_reads_two_pages(
    client: DocumentAnalysisClient, three_page_pdf: bytes, services: str
) -> None:
    requests.post(
        f"{services}/_control/faults", json={"ocr.analyze": {"most_pages": 2}}, timeout=9
    ).raise_for_status()

    assert [page.page_number for page in _read(client, three_page_pdf).pages] == [1, 2]


def test_a_tiff_has_as_many_pages_as_frames(
    client: DocumentAnalysisClient, scan: bytes, services: str
) -> None:
    frame = Image.open(io.BytesIO(scan)).crop((0, 0, 1000, 160))
    stream = io.BytesIO()
    frame.save(stream, "TIFF", save_all=True, append_images=[frame, frame])

    result = _read(client, stream.getvalue(), pages="1,3")

    assert [page.page_number for page in result.pages] == [1, 3]


def test_a_word_document_comes_back_as_words_and_paragraphs(
    client: DocumentAnalysisClient, stats: Stats
) -> None:
    sentence = "Forty tulips stand along the east path."
    result = _read(client, docx(["# Minutes", *[sentence] * 100]))

    assert [page.page_number for page in result.pages] == [1, 2]
    first = result.pages[0]
    assert (first.lines, first.width, first.words[0].polygon) == ([], None, [])
    assert [word.content for word in first.words[:3]] == ["Minutes", "Forty", "tulips"]
    (span,) = first.spans
    assert result.content[span.offset :].startswith("Minutes\nForty tulips")
    assert len(result.paragraphs or []) == 101
    assert stats()["pages_analysed"] == 2


def test_slides_and_sheets_are_pages(client: DocumentAnalysisClient) -> None:
    slides = _read(client, pptx([["Budget", "for 2027"], ["Thanks"]]))
    sheets = _read(client, xlsx({"Costs": [["Paper", "40"], ["Ink", "12"]], "Fees": [["90"]]}))

    assert [len(page.words) for page in slides.pages] == [3, 1]
    assert [len(page.words) for page in sheets.pages] == [4, 1]
    assert sheets.content == "Paper 40\nInk 12\n90"


def test_a_web_page_comes_back_without_its_scripts(client: DocumentAnalysisClient) -> None:
    page = b"<!doctype html><script>alert(1)</script><h1>Notice</h1><p>Pay &amp; <b>go</b>.</p>"

    assert _read(client, page).content == "Notice\nPay & go."


def test_an_empty_page_gives_an_empty_result(client: DocumentAnalysisClient) -> None:
    stream = io.BytesIO()
    Image.new("L", (300, 300), 255).save(stream, "PNG")

    result = _read(client, stream.getvalue())

    assert (result.content, result.pages[0].words) == ("", [])


@pytest.mark.parametrize(
    ("document", "inner_code"),
    [
        (b"", "InvalidContent"),
        (b"MZ this is a program", "InvalidContent"),
        (b"%PDF-1.7 cut off", "InvalidContent"),
        (b"\x89PNG\r\n\x1a\n broken", "InvalidContent"),
        (archive({"notes.txt": "text"}), "InvalidContent"),
        (docx(["text"])[:-40], "InvalidContent"),
        (archive({"word/document.xml": ENTITY}), "InvalidContent"),
    ],
    ids=["empty", "program", "PDF", "PNG", "archive", "DOCX cut off", "DOCX with entities"],
)
def test_unreadable_content_is_refused_at_once(
    client: DocumentAnalysisClient, document: bytes, inner_code: str
) -> None:
    assert _refusal(client, document) == (400, "InvalidRequest", inner_code)


def test_a_tiny_image_is_refused_for_its_dimensions(client: DocumentAnalysisClient) -> None:
    stream = io.BytesIO()
    Image.new("L", (20, 20), 255).save(stream, "PNG")

    refusal = _refusal(client, stream.getvalue())

    assert refusal == (400, "InvalidRequest", "InvalidContentDimensions")


def test_pages_that_do_not_exist_are_refused(
    client: DocumentAnalysisClient, three_page_pdf: bytes
) -> None:
    refusal = _refusal(client, three_page_pdf, pages="7")

    assert refusal == (400, "InvalidArgument", "InvalidParameter")


def test_an_empty_key_is_refused(services: str, scan: bytes) -> None:
    with (
        DocumentAnalysisClient(services, AzureKeyCredential("")) as client,
        pytest.raises(ClientAuthenticationError),
    ):
        client.begin_analyze_document("prebuilt-read", scan)


def test_another_model_is_not_found(client: DocumentAnalysisClient, scan: bytes) -> None:
    refusal = _refusal(client, scan, model="prebuilt-invoice")

    assert refusal == (404, "NotFound", "ModelNotFound")


@pytest.mark.parametrize(
    ("method", "path", "content_type", "status"),
    [
        ("GET", "/formrecognizer/documentModels/prebuilt-read/analyzeResults/none", None, 404),
        ("POST", ANALYZE, "text/rtf", 415),
        ("POST", "/documentintelligence/documentModels/other:analyze", "image/png", 404),
    ],
)
def test_other_mistakes_have_their_status(
    services: str, method: str, path: str, content_type: str | None, status: int
) -> None:
    headers = {"Ocp-Apim-Subscription-Key": "k", "Content-Type": content_type}

    answer = requests.request(
        method, services + path, data=b"x", headers=headers, timeout=TIMEOUT_SECONDS
    )

    assert answer.status_code == status
    assert answer.json()["error"]["code"]


@pytest.mark.parametrize("url", ["http://192.0.2.1/x.pdf", "file:///etc/hosts", 7])
def test_a_source_outside_this_machine_is_refused(services: str, url: object) -> None:
    answer = requests.post(
        services + ANALYZE,
        json={"urlSource": url},
        headers={"Ocp-Apim-Subscription-Key": "k"},
        timeout=TIMEOUT_SECONDS,
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["innererror"]["code"] == "InvalidParameter"


def test_a_throttled_call_carries_the_time_to_wait(
    services: str, set_faults: Callable[[object], None], stats: Stats, scan: bytes
) -> None:
    set_faults({"ocr.analyze": {"status": 429, "retry_after": 7, "next": 1}})

    answer = requests.post(
        services + ANALYZE,
        data=scan,
        headers={"Ocp-Apim-Subscription-Key": "k", "Content-Type": "application/octet-stream"},
        timeout=TIMEOUT_SECONDS,
    )

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error"]["code"] == "429"
    assert stats()["pages_analysed"] == 0


def test_content_that_breaks_off_fails_for_good(
    client: DocumentAnalysisClient, scan: bytes, stats: Stats
) -> None:
    poller = client.begin_analyze_document(
        "prebuilt-read", scan[: len(scan) // 2], polling_interval=0.05
    )

    with pytest.raises(HttpResponseError) as failed:
        poller.result(TIMEOUT_SECONDS)

    assert failed.value.error is not None
    assert failed.value.error.code == "InvalidRequest"
    assert stats()["pages_analysed"] == 0


def test_a_page_that_takes_too_long_is_given_up_and_the_next_is_read(
    tmp_path: Path, scan: bytes
) -> None:
    path = tmp_path / "scan.png"
    path.write_bytes(scan)

    async def read_twice() -> tuple[str, int]:
        pool = OcrPool(Path(sys.prefix) / "tessdata", workers=1, page_timeout_seconds=0.01)
        try:
            with pytest.raises(OcrFailedError) as failed:
                await pool.read_page(path, 1, "eng")
            pool.page_timeout_seconds = TIMEOUT_SECONDS
            return failed.value.code, await pool.count_pages(path)
        finally:
            await pool.close()

    assert asyncio.run(read_twice()) == ("Timeout", 1)


@pytest.mark.parametrize("path", ["formrecognizer", "documentintelligence"])
@pytest.mark.parametrize(("model", "status"), [("prebuilt-read", 200), ("my-own", 404)])
def test_a_model_is_described_for_free(
    services: str, stats: Stats, path: str, model: str, status: int
) -> None:
    answer = requests.get(
        f"{services}/{path}/documentModels/{model}", headers={"api-key": "k"}, timeout=10
    )

    assert answer.status_code == status
    assert stats()["pages_analysed"] == 0
