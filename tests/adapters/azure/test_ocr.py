"""OCR through the real SDK, against a server that answers as Document Intelligence does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from itertools import repeat

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError

from docflow.adapters.azure.ocr import DocumentIntelligenceOcr
from docflow.errors import DocflowError, ErrorCode, PermanentError, TransientError, WastedPageError
from docflow.models.pages import PageText, Word
from docflow.models.states import PageMethod
from testkit.fakes import ScriptedOcr
from testkit.stub_server import Reply, Request, StubServer

ANALYZE = "/formrecognizer/documentModels/prebuilt-read:analyze"
RESULT = "/formrecognizer/documentModels/prebuilt-read/analyzeResults/1"
RUNNING = Reply(body={"status": "running"})


def at_once() -> Iterator[float]:
    return repeat(0)


def accepted(request: Request) -> Reply:
    return Reply(202, headers={"Operation-Location": f"http://{request.headers['host']}{RESULT}"})


def succeeded(*pages: dict[str, object]) -> Reply:
    result = {"content": "", "pages": list(pages), "modelId": "prebuilt-read"}
    return Reply(body={"status": "succeeded", "analyzeResult": result})


def failed(code: str) -> Reply:
    return Reply(body={"status": "failed", "error": {"code": code, "message": "secret text"}})


def word(text: str, confidence: float) -> dict[str, object]:
    span = {"offset": 0, "length": len(text)}
    polygon = [0, 0, 2, 0, 2, 1, 0, 1]
    return {"content": text, "confidence": confidence, "polygon": polygon, "span": span}


def line(text: str) -> dict[str, object]:
    return {"content": text, "polygon": [0, 0, 2, 0, 2, 1, 0, 1], "spans": []}


PAGE = {
    "pageNumber": 1,
    "width": 8.5,
    "height": 11,
    "unit": "inch",
    "words": [word("Hello", 0.9), word("wide", 0.8), word("world", 0.95)],
    "lines": [line("Hello wide"), line("world")],
    "spans": [],
}


@pytest.fixture
def ocr(server: StubServer) -> DocumentIntelligenceOcr:
    server.on("POST", ANALYZE, accepted)
    server.on("GET", RESULT, succeeded(PAGE))
    return DocumentIntelligenceOcr(
        server.url, AzureKeyCredential("the-key"), timeout_seconds=5, waits=at_once
    )


def failure(ocr: DocumentIntelligenceOcr) -> DocflowError:
    with pytest.raises(DocflowError) as caught:
        ocr.read_page(b"page", number=7)
    return caught.value


def test_a_page_is_read_with_its_words(server: StubServer, ocr: DocumentIntelligenceOcr) -> None:
    server.on("GET", RESULT, RUNNING, RUNNING, succeeded(PAGE))

    page = ocr.read_page(b"page", number=7)

    polygon: list[float] = [0, 0, 2, 0, 2, 1, 0, 1]
    assert page == PageText(
        number=7,
        method=PageMethod.OCR,
        text="Hello wide\nworld",
        confidence=0.883,
        width=8.5,
        height=11,
        unit="inch",
        words=[
            Word(text="Hello", confidence=0.9, polygon=polygon),
            Word(text="wide", confidence=0.8, polygon=polygon),
            Word(text="world", confidence=0.95, polygon=polygon),
        ],
    )
    (asked,) = server.asked("POST", ANALYZE)
    assert asked.body == b"page"
    assert asked.headers["ocp-apim-subscription-key"] == "the-key"
    assert asked.headers["content-type"] == "application/octet-stream"
    assert len(server.asked("GET", RESULT)) == 3


def test_a_page_without_text_is_empty(server: StubServer, ocr: DocumentIntelligenceOcr) -> None:
    server.on("GET", RESULT, succeeded({**PAGE, "words": [], "lines": []}))

    page = ocr.read_page(b"page", number=7)

    assert (page.method, page.text, page.confidence) == (PageMethod.EMPTY, "", None)
    assert (page.width, page.height) == (8.5, 11)


def whole(*pages: str) -> Reply:
    """Answer as for an Office document: pages of words, without lines, boxes and size."""
    content, shaped = "\n".join(pages), []
    for number, text in enumerate(pages, 1):
        words = [{"content": w, "confidence": 1, "span": span(content, w)} for w in text.split()]
        shaped.append({"pageNumber": number, "words": words, "spans": [span(content, text)]})
    result = {"content": content, "pages": shaped, "modelId": "prebuilt-read"}
    return Reply(body={"status": "succeeded", "analyzeResult": result})


def span(content: str, part: str) -> dict[str, int]:
    return {"offset": content.index(part), "length": len(part)}


def test_a_document_without_pages_comes_back_as_one_whole(
    server: StubServer, ocr: DocumentIntelligenceOcr
) -> None:
    server.on("GET", RESULT, whole("Dear members,\nthank\x0b you \U0001f600", "Yours,\x1b C."))

    assert ocr.read_page(b"PK", number=1) == PageText(
        number=1,
        method=PageMethod.OCR,
        text="Dear members,\nthank\n you \U0001f600\fYours, C.",
        confidence=1,
        whole=True,
    )


def test_a_result_without_pages_is_empty(server: StubServer, ocr: DocumentIntelligenceOcr) -> None:
    server.on("GET", RESULT, succeeded())

    assert ocr.read_page(b"page", number=7).method == PageMethod.EMPTY


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(429), TransientError, "OCR_THROTTLED"),
        (Reply(408), TransientError, "OCR_UNAVAILABLE"),
        (Reply(500), TransientError, "OCR_UNAVAILABLE"),
        (Reply(503), TransientError, "OCR_UNAVAILABLE"),
        (Reply(504), TransientError, "OCR_UNAVAILABLE"),
        (Reply(hang_up=True), TransientError, "OCR_UNAVAILABLE"),
        (Reply(401, {"error": {"code": "401"}}), PermanentError, "OCR_UNAUTHORIZED"),
        (Reply(403, {"error": {"code": "403"}}), PermanentError, "OCR_UNAUTHORIZED"),
        (Reply(404), PermanentError, "OCR_NOT_FOUND"),
        (Reply(400, {"error": {"code": "InvalidRequest"}}), PermanentError, "OCR_PAGE_REJECTED"),
        (Reply(413), PermanentError, "OCR_PAGE_TOO_LARGE"),
        (Reply(202), TransientError, "OCR_UNAVAILABLE"),
        (Reply(200, b"<html>"), TransientError, "OCR_UNAVAILABLE"),
    ],
)
def test_failures_of_the_request_are_told_apart_and_not_retried(
    server: StubServer,
    ocr: DocumentIntelligenceOcr,
    reply: Reply,
    kind: type[Exception],
    code: str,
) -> None:
    server.on("POST", ANALYZE, reply)

    error = failure(ocr)

    assert isinstance(error, kind)
    assert error.code == code
    assert len(server.asked("POST", ANALYZE)) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(429), WastedPageError, "OCR_THROTTLED"),
        (Reply(500), WastedPageError, "OCR_UNAVAILABLE"),
        (Reply(404), WastedPageError, "OCR_UNAVAILABLE"),
        (Reply(401), PermanentError, "OCR_UNAUTHORIZED"),
        (Reply(hang_up=True), WastedPageError, "OCR_UNAVAILABLE"),
        (Reply(body=b"{broken"), WastedPageError, "OCR_UNAVAILABLE"),
        (Reply(body={"status": "succeeded"}), WastedPageError, "OCR_UNAVAILABLE"),
        (failed("InternalServerError"), TransientError, "OCR_UNAVAILABLE"),
        (failed("InvalidRequest"), PermanentError, "OCR_PAGE_REJECTED"),
        (failed("UnsupportedContent"), PermanentError, "OCR_PAGE_REJECTED"),
    ],
)
def test_failures_of_the_analysis_are_told_apart(
    server: StubServer,
    ocr: DocumentIntelligenceOcr,
    reply: Reply,
    kind: type[Exception],
    code: str,
) -> None:
    server.on("GET", RESULT, reply)

    error = failure(ocr)

    assert type(error) is kind
    assert error.code == code
    assert "secret text" not in str(error)


@pytest.mark.parametrize(
    "hiccup", [Reply(503), Reply(429, headers={"retry-after-ms": "1"}), Reply(hang_up=True)]
)
def test_a_hiccup_while_asking_is_not_paid_for_with_a_second_analysis(
    server: StubServer, ocr: DocumentIntelligenceOcr, hiccup: Reply
) -> None:
    server.on("GET", RESULT, hiccup, RUNNING, hiccup, hiccup, succeeded(PAGE))

    assert ocr.read_page(b"page", number=7).method == PageMethod.OCR
    assert len(server.asked("POST", ANALYZE)) == 1


def test_patience_ends_with_the_time_for_the_page(
    server: StubServer, ocr: DocumentIntelligenceOcr
) -> None:
    server.on("GET", RESULT, Reply(429, headers={"Retry-After": "60"}))

    error = failure(ocr)

    assert isinstance(error, TransientError)
    assert (error.code, error.retry_after_seconds) == ("OCR_THROTTLED", 60)
    assert len(server.asked("GET", RESULT)) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "17"}, 17), ({"retry-after-ms": "250"}, 0.25), ({}, None)],
)
def test_throttling_says_how_long_to_wait(
    server: StubServer,
    ocr: DocumentIntelligenceOcr,
    headers: dict[str, str],
    seconds: float | None,
) -> None:
    server.on("POST", ANALYZE, Reply(429, headers=headers))

    error = failure(ocr)

    assert isinstance(error, TransientError)
    assert error.retry_after_seconds == seconds


def test_the_free_tiers_quota_counts_as_throttling(
    server: StubServer, ocr: DocumentIntelligenceOcr
) -> None:
    quota = b"Out of call volume quota for FormRecognizer F0 pricing tier."
    server.on("POST", ANALYZE, Reply(403, quota), Reply(403, quota))

    assert failure(ocr).code == "OCR_THROTTLED"


def test_an_analysis_that_never_ends_times_out(server: StubServer) -> None:
    server.on("POST", ANALYZE, accepted)
    server.on("GET", RESULT, RUNNING)
    ocr = DocumentIntelligenceOcr(
        server.url, AzureKeyCredential("k"), timeout_seconds=0.2, waits=lambda: repeat(0.05)
    )

    error = failure(ocr)
    assert error.code == "OCR_TIMEOUT"
    assert isinstance(error, WastedPageError)


def test_a_pause_beyond_the_time_for_the_page_keeps_no_thread(server: StubServer) -> None:
    before = set(threading.enumerate())
    server.on("POST", ANALYZE, accepted)
    server.on("GET", RESULT, Reply(body=RUNNING.body, headers={"Retry-After": "60"}))
    ocr = DocumentIntelligenceOcr(
        server.url, AzureKeyCredential("k"), timeout_seconds=0.3, waits=lambda: repeat(0.01)
    )

    assert failure(ocr).code == "OCR_TIMEOUT"

    asking = [each for each in set(threading.enumerate()) - before if "Poller" in each.name]
    for thread in asking:
        thread.join(10)
    assert not any(thread.is_alive() for thread in asking)


def test_a_service_that_is_not_there_is_unavailable(server: StubServer) -> None:
    ocr = DocumentIntelligenceOcr(
        "http://127.0.0.1:1", AzureKeyCredential("k"), timeout_seconds=5, waits=at_once
    )

    assert failure(ocr).code == "OCR_UNAVAILABLE"
    with pytest.raises(TransientError, match="OCR_UNAVAILABLE"):
        ocr.check()


def test_an_identity_without_a_token_is_unauthorized(server: StubServer) -> None:
    class NoToken:
        def get_token(self, *_scopes: str, **_options: object) -> object:
            raise ClientAuthenticationError("no identity on this machine")

    ocr = DocumentIntelligenceOcr(
        server.url.replace("http:", "https:"),
        NoToken(),  # type: ignore[arg-type]
        timeout_seconds=5,
    )

    assert failure(ocr).code == "OCR_UNAUTHORIZED"


DESCRIBED = "/formrecognizer/documentModels/prebuilt-read"


def error(code: str, *inner: str, message: str = "secret text") -> dict[str, object]:
    """Return the body of an error, with further ones in it."""
    body: dict[str, object] = {"code": code, "message": message}
    if inner:
        body["innererror"] = error(*inner)["error"]
    return {"error": body}


def test_the_check_asks_for_the_model_without_paying(
    server: StubServer, ocr: DocumentIntelligenceOcr
) -> None:
    server.on("GET", DESCRIBED, Reply(body={"modelId": "prebuilt-read"}))

    ocr.check()

    (asked,) = server.requests
    assert asked.query == {"api-version": "2023-07-31"}


def test_a_refused_key_fails_the_check(server: StubServer, ocr: DocumentIntelligenceOcr) -> None:
    server.on("GET", DESCRIBED, Reply(401, {}))

    with pytest.raises(PermanentError, match="DOCUMENT_INTELLIGENCE_KEY"):
        ocr.check()


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(404, error("NotFound", "ModelNotFound")), "OCR_MODEL_NOT_FOUND"),
        (Reply(404, error("404")), "OCR_PATH_NOT_FOUND"),
        (Reply(404, b"<html>", {"Content-Type": "text/html"}), "OCR_NOT_FOUND"),
        (Reply(404), "OCR_NOT_FOUND"),
    ],
)
def test_a_404_says_which_it_is(
    server: StubServer, ocr: DocumentIntelligenceOcr, reply: Reply, code: str
) -> None:
    server.on("POST", ANALYZE, reply)
    server.on("GET", DESCRIBED, reply)

    with pytest.raises(PermanentError, match=code):
        ocr.check()
    assert failure(ocr).code == code


@pytest.mark.parametrize(
    "path",
    ["/", "/formrecognizer", "/documentintelligence/documentModels/prebuilt-read:analyze?a=b"],
)
def test_the_address_of_a_call_leads_to_its_resource(server: StubServer, path: str) -> None:
    server.on("GET", DESCRIBED, Reply(body={}))

    DocumentIntelligenceOcr(server.url + path, AzureKeyCredential("k"), timeout_seconds=5).check()

    assert len(server.asked("GET", DESCRIBED)) == 1


def test_a_token_for_a_regional_address_is_not_called_a_bad_page(
    server: StubServer, ocr: DocumentIntelligenceOcr
) -> None:
    message = "Please provide a custom subdomain for token authentication."
    server.on("POST", ANALYZE, Reply(400, error("BadRequest", message=message)))

    refused = failure(ocr)

    assert refused.code == "OCR_UNAUTHORIZED"
    assert "is the address of a region" in refused.message


@pytest.mark.parametrize("inner", ["InvalidContentLength", "InvalidContentDimensions"])
def test_a_page_beyond_a_limit_names_the_limit_and_the_remedy(
    server: StubServer, ocr: DocumentIntelligenceOcr, inner: str
) -> None:
    body = error("InvalidRequest", inner)
    server.on("POST", ANALYZE, Reply(400, body))
    at_once = failure(ocr)
    server.on("POST", ANALYZE, accepted)
    server.on("GET", RESULT, Reply(body={"status": "failed", **body}))
    later = failure(ocr)

    for refused in (at_once, later):
        assert refused.code == "OCR_PAGE_TOO_LARGE"
        assert f"(InvalidRequest, {inner})" in refused.message
        assert "4 MB in the free tier" in refused.message
        assert "MAX_PAGE_PIXELS" in refused.message


def test_the_inner_code_is_in_the_message(server: StubServer, ocr: DocumentIntelligenceOcr) -> None:
    body = error("InvalidRequest", "InvalidContent", "UnsupportedContent")
    server.on("POST", ANALYZE, Reply(400, body))
    at_once = failure(ocr)
    server.on("POST", ANALYZE, accepted)
    server.on("GET", RESULT, Reply(body={"status": "failed", **body}))
    later = failure(ocr)

    for refused in (at_once, later):
        assert refused.code == "OCR_PAGE_REJECTED"
        assert "(InvalidRequest, InvalidContent, UnsupportedContent)" in refused.message
        assert "secret text" not in refused.message


def test_neither_key_nor_text_is_logged(
    server: StubServer, ocr: DocumentIntelligenceOcr, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        ocr.read_page(b"page", number=7)

    assert "the-key" not in caplog.text
    assert "Hello" not in caplog.text


def test_the_scripted_engine_follows_its_script() -> None:
    busy = TransientError(ErrorCode.OCR_THROTTLED, "busy")
    ocr = ScriptedOcr({1: "One", 2: [busy, "Two"], 3: ""}, default="Any")

    assert ocr.read_page(b"page", number=1).text == "One"
    with pytest.raises(TransientError):
        ocr.read_page(b"page", number=2)
    assert ocr.read_page(b"page", number=2).text == "Two"
    assert ocr.read_page(b"page", number=2).text == "Two"
    assert ocr.read_page(b"page", number=3).method == PageMethod.EMPTY
    assert ocr.read_page(b"page", number=4).text == "Any"
    assert ocr.calls == [1, 2, 2, 2, 3, 4]
