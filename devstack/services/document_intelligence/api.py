"""Document Intelligence's `prebuilt-read` over REST, with real OCR behind it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
from aiohttp import web

from devstack.services.controls.operations import ControlState, operation, retry_header
from devstack.services.document_intelligence.analyze_result import build_analyze_result
from devstack.services.document_intelligence.page_ranges import parse_page_range
from devstack.services.http.credentials import ACCESS_DENIED, has_credential
from devstack.services.http.timestamps import azure_time
from devstack.services.ocr.pool import OcrFailedError, OcrPool

MAX_CONTENT_BYTES = 500 * 1024 * 1024
"""The standard tier's limit on a document."""

RESULTS_KEPT_BYTES = 128 * 1024 * 1024
PAGES_CACHED = 500
FETCH_TIMEOUT_SECONDS = 30
LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "::1"}
MODEL = "prebuilt-read"
ANALYZE_PATHS = (
    "/formrecognizer/documentModels/{model}:analyze",
    "/documentintelligence/documentModels/{model}:analyze",
)
CONTENT_TYPES = {
    "application/octet-stream",
    "application/pdf",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "image/bmp",
    "text/html",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}

LANGUAGES_BY_LOCALE = {"en": "eng", "de": "deu"}
DEFAULT_LANGUAGES = "eng+deu"
"""Both at once: a tenth slower than English alone, and German umlauts are read (see the README)."""


class DocumentIntelligence:
    """The stand-in's state: running and finished analyses, and pages read before."""

    def __init__(
        self,
        control: ControlState,
        readers: OcrPool,
        inspectors: OcrPool,
        languages: frozenset[str],
    ) -> None:
        self._control = control
        self._readers = readers
        # Documents are checked by processes of their own: a 202 must not wait for pages in line.
        self._inspectors = inspectors
        self._installed = languages
        self._results = _ResultStore()
        self._pages: OrderedDict[tuple[str, int, str], dict[str, Any]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="docflow-ocr-")

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this stand-in."""
        analyze = operation(self._control, "ocr.analyze", _fault_body)(self._analyze)
        result = operation(self._control, "ocr.result", _fault_body)(self._result)
        routes = [
            web.get("/formrecognizer/info", _info),
            web.get("/documentintelligence/info", _info),
        ]
        for path in ANALYZE_PATHS:
            result_path = path.replace(":analyze", "/analyzeResults/{result}")
            routes += [web.post(path, analyze), web.get(result_path, result)]
        return routes

    async def reset(self) -> None:
        """End running analyses and forget all results and cached pages."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._results = _ResultStore()
        self._pages.clear()

    async def close(self) -> None:
        """End running analyses and remove their documents from the disk."""
        await self.reset()
        self._folder.cleanup()

    async def _analyze(self, request: web.Request) -> web.StreamResponse:
        refusal = _refuse(request)
        if refusal is not None:
            return refusal
        try:
            content = await _content(request)
        except _RefusedError as error:
            return error.response
        path = await asyncio.to_thread(_write_document, self._folder.name, content)
        try:
            count = await self._inspectors.count_pages(path)
            wanted = parse_page_range(request.query.get("pages"), count)
        except (OcrFailedError, ValueError) as error:
            _delete(path)
            if isinstance(error, OcrFailedError):
                return _invalid_request(error.code, error.message)
            return _invalid_argument("InvalidParameter", str(error))
        except BaseException:
            _delete(path)
            raise
        digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        return self._accept(request, path, digest, wanted)

    def _accept(
        self, request: web.Request, path: Path, digest: str, wanted: list[int]
    ) -> web.Response:
        """Start the analysis and answer where its result will be."""
        result_id = str(uuid4())
        api_version = request.query.get("api-version", "2023-07-31")
        languages = self._languages(request.query.get("locale"))
        self._results.put(result_id, _status("running"))
        work = self._read(result_id, path, digest, wanted, languages, api_version)
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        location = request.url.with_path(
            request.path.replace(":analyze", f"/analyzeResults/{result_id}")
        ).with_query({"api-version": api_version})
        return web.Response(
            status=202, headers={"Operation-Location": str(location), "apim-request-id": result_id}
        )

    def _languages(self, locale: str | None) -> str:
        asked = LANGUAGES_BY_LOCALE.get((locale or "")[:2].lower(), DEFAULT_LANGUAGES)
        usable = [language for language in asked.split("+") if language in self._installed]
        return "+".join(usable) or sorted(self._installed)[0]

    async def _read(
        self,
        result_id: str,
        path: Path,
        digest: str,
        wanted: list[int],
        languages: str,
        api_version: str,
    ) -> None:
        stats = self._control.stats
        results = self._results
        stats.analyses.enter()
        try:
            reads = (self._page(path, digest, number, languages) for number in wanted)
            # Every page ends before the file goes, also where one of them fails.
            pages = await asyncio.gather(*reads, return_exceptions=True)
            numbered = list(zip(wanted, _all_read(pages), strict=True))
            finished = _status("succeeded") | {
                "analyzeResult": build_analyze_result(numbered, api_version)
            }
            stats.pages_analysed += len(wanted)
        except OcrFailedError as error:
            finished = _status("failed") | _failure(error)
        finally:
            stats.analyses.leave()
            _delete(path)
        results.put(result_id, finished)

    async def _page(self, path: Path, digest: str, number: int, languages: str) -> dict[str, Any]:
        """Return the page, from the cache where the same bytes were read before."""
        key = (digest, number, languages)
        if key not in self._pages:
            self._pages[key] = await self._readers.read_page(path, number, languages)
        self._pages.move_to_end(key)
        while len(self._pages) > PAGES_CACHED:
            self._pages.popitem(last=False)
        return self._pages[key]

    async def _result(self, request: web.Request) -> web.StreamResponse:
        if not has_credential(request):
            return _unauthorized()
        stored = self._results.get(request.match_info["result"])
        if stored is None:
            return web.json_response(
                _error(
                    "NotFound",
                    "Resource not found.",
                    "OperationNotFound",
                    "The requested operation was not found.",
                ),
                status=404,
            )
        return web.Response(body=stored, content_type="application/json")


def _all_read(pages: list[dict[str, Any] | BaseException]) -> list[dict[str, Any]]:
    """Return the pages, or raise what went wrong with the first that was not read."""
    read: list[dict[str, Any]] = []
    for page in pages:
        if isinstance(page, BaseException):
            raise page
        read.append(page)
    return read


class _ResultStore:
    """The results, kept as bytes; the oldest are removed when there are too many."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def put(self, result_id: str, body: dict[str, Any]) -> None:
        self._size -= len(self._bodies.pop(result_id, b""))
        self._bodies[result_id] = json.dumps(body, ensure_ascii=False).encode()
        self._size += len(self._bodies[result_id])
        while self._size > RESULTS_KEPT_BYTES and len(self._bodies) > 1:
            _, oldest = self._bodies.popitem(last=False)
            self._size -= len(oldest)

    def get(self, result_id: str) -> bytes | None:
        return self._bodies.get(result_id)


class _RefusedError(Exception):
    """The request carries no document that can be taken; `response` says why."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


def _refuse(request: web.Request) -> web.Response | None:
    """Answer what can be refused before the body is read."""
    if not has_credential(request):
        return _unauthorized()
    if request.match_info["model"] != MODEL:
        body = _error(
            "NotFound", "Resource not found.", "ModelNotFound", "The requested model was not found."
        )
        return web.json_response(body, status=404)
    if request.content_type not in CONTENT_TYPES | {"application/json"}:
        message = f"The media type {request.content_type!r} is not supported."
        return web.json_response(_error("UnsupportedMediaType", message), status=415)
    if (request.content_length or 0) > MAX_CONTENT_BYTES:
        return _too_large()
    return None


async def _content(request: web.Request) -> bytes:
    if request.content_type != "application/json":
        content = await request.read()
    else:
        content = await _fetch(_source_url(await request.read()))
    if not content:
        raise _RefusedError(_invalid_request("InvalidContent", "The document is empty."))
    if len(content) > MAX_CONTENT_BYTES:
        raise _RefusedError(_too_large())
    return content


def _source_url(body: bytes) -> str:
    """Read `urlSource`; only this machine may be asked, so that no request leaves it."""
    try:
        url = json.loads(body)["urlSource"]
        host = urlsplit(url).hostname
    except (ValueError, TypeError, KeyError, AttributeError):
        refusal = _invalid_argument("InvalidParameter", "The parameter urlSource is required.")
        raise _RefusedError(refusal) from None
    if host not in LOOPBACK_HOSTS or not url.startswith(("http://", "https://")):
        raise _RefusedError(
            _invalid_argument(
                "InvalidParameter", "The stand-in fetches urlSource from loopback only."
            )
        )
    return str(url)


async def _fetch(url: str) -> bytes:
    timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False, raise_for_status=True) as response,
        ):
            return await response.read()
    except (aiohttp.ClientError, TimeoutError):
        raise _RefusedError(
            _invalid_request("InvalidContent", "Could not download the file from the given URL.")
        ) from None


def _write_document(folder: str, content: bytes) -> Path:
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(content)
        return Path(file.name)


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)


def _status(status: str) -> dict[str, Any]:
    now = azure_time()
    return {"status": status, "createdDateTime": now, "lastUpdatedDateTime": now}


def _error(
    code: str, message: str, inner_code: str | None = None, inner_message: str | None = None
) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if inner_code is not None:
        error["innererror"] = {"code": inner_code, "message": inner_message or message}
    return {"error": error}


def _failure(error: OcrFailedError) -> dict[str, Any]:
    """Return the error: of the request where the content is at fault, else of the service."""
    if error.is_about_content:
        return _error("InvalidRequest", "Invalid request.", error.code, error.message)
    return _error("InternalServerError", "An unexpected error occurred.", error.code, error.message)


def _invalid_request(inner_code: str, message: str) -> web.Response:
    return web.json_response(
        _error("InvalidRequest", "Invalid request.", inner_code, message), status=400
    )


def _invalid_argument(inner_code: str, message: str) -> web.Response:
    return web.json_response(
        _error("InvalidArgument", "Invalid argument.", inner_code, message), status=400
    )


def _too_large() -> web.Response:
    return _invalid_request(
        "InvalidContentLength",
        "The input image is too large. Refer to documentation for the maximum file size.",
    )


def _unauthorized() -> web.Response:
    return web.json_response(_error("401", ACCESS_DENIED), status=401)


async def _info(request: web.Request) -> web.StreamResponse:
    """Describe the resource; clients ask for it to see that the service is there."""
    if not has_credential(request):
        return _unauthorized()
    return web.json_response({"customDocumentModels": {"count": 0, "limit": 0}})


def _fault_body(status: int, retry_after: float | None) -> web.Response:
    messages = {
        429: "Requests to the Analyze Document API have exceeded the rate limit of your tier.",
        503: "The service is temporarily unavailable.",
    }
    message = messages.get(status, "An unexpected error occurred.")
    code = {429: "429", 500: "InternalServerError", 503: "ServiceUnavailable"}.get(
        status, str(status)
    )
    return web.json_response(
        _error(code, message), status=status, headers=retry_header(retry_after)
    )
