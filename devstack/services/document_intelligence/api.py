"""Document Intelligence's `prebuilt-read` and `prebuilt-layout` over REST, with real OCR."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import web

from devstack.services.controls.operations import PLAN, ControlState, operation
from devstack.services.document_intelligence.analyze_result import build_analyze_result
from devstack.services.document_intelligence.answers import (
    error_body,
    failure_body,
    fault_answer,
    invalid_argument,
    state_body,
    unauthorized,
)
from devstack.services.document_intelligence.content import (
    RefusedError,
    content_of,
    refusal_of,
    refusal_of_model,
)
from devstack.services.document_intelligence.page_ranges import parse_page_range
from devstack.services.document_intelligence.results import ResultStore
from devstack.services.http.credentials import has_credential
from devstack.services.ocr.pool import OcrFailedError, OcrPool

log = logging.getLogger(__name__)

PAGES_CACHED = 500
ANALYZE_PATHS = (
    "/formrecognizer/documentModels/{model}:analyze",
    "/documentintelligence/documentModels/{model}:analyze",
)
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
        self._results = ResultStore()
        self._pages: OrderedDict[tuple[str, int, str], dict[str, Any]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="docflow-ocr-")

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this stand-in."""
        analyze = operation(self._control, "ocr.analyze", fault_answer)(self._analyze)
        result = operation(self._control, "ocr.result", fault_answer)(self._result)
        routes = [
            web.get("/formrecognizer/info", _info),
            web.get("/documentintelligence/info", _info),
        ]
        for path in ANALYZE_PATHS:
            routes.append(web.get(path.removesuffix(":analyze"), _describe))
            result_path = path.replace(":analyze", "/analyzeResults/{result}")
            routes += [web.post(path, analyze), web.get(result_path, result)]
        return routes

    async def reset(self) -> None:
        """End running analyses and forget all results and cached pages."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._results = ResultStore()
        self._pages.clear()

    async def close(self) -> None:
        """End running analyses and remove their documents from the disk."""
        await self.reset()
        self._folder.cleanup()

    async def _analyze(self, request: web.Request) -> web.StreamResponse:
        refusal = refusal_of(request)
        if refusal is not None:
            return refusal
        try:
            content = await content_of(request)
        except RefusedError as error:
            return error.response
        path = await asyncio.to_thread(_write_document, self._folder.name, content)
        try:
            count = await self._inspectors.count_pages(path)
            wanted = parse_page_range(request.query.get("pages"), count)
        except (OcrFailedError, ValueError) as error:
            _delete(path)
            if isinstance(error, OcrFailedError):
                status = 400 if error.is_about_content else 500
                return web.json_response(failure_body(error), status=status)
            return invalid_argument("InvalidParameter", str(error))
        except BaseException:
            _delete(path)
            raise
        wanted = wanted[: request[PLAN].most_pages]  # as the free tier does, without a word
        digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        return self._accept(request, path, digest, wanted)

    def _accept(
        self, request: web.Request, path: Path, digest: str, wanted: list[int]
    ) -> web.Response:
        """Start the analysis and answer where its result will be."""
        result_id = str(uuid4())
        api_version = request.query.get("api-version", "2023-07-31")
        languages = self._languages(request.query.get("locale"))
        self._results.put(result_id, state_body("running"))
        model = request.match_info["model"]
        work = self._read(result_id, path, digest, wanted, languages, model, api_version)
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
        model: str,
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
            finished = state_body("succeeded") | {
                "analyzeResult": build_analyze_result(numbered, model, api_version)
            }
            stats.pages_analysed += len(wanted)
        except OcrFailedError as error:
            finished = state_body("failed") | failure_body(error)
        except Exception as error:
            # Whatever it was, a client that asks for the result has to get an end.
            log.exception("An analysis failed")
            defect = OcrFailedError(
                "Defect", f"{type(error).__name__} in the stand-in; see its log."
            )
            finished = state_body("failed") | failure_body(defect)
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
            return unauthorized()
        stored = self._results.get(request.match_info["result"])
        if stored is None:
            return web.json_response(
                error_body(
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


def _write_document(folder: str, content: bytes) -> Path:
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(content)
        return Path(file.name)


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _describe(request: web.Request) -> web.StreamResponse:
    """Describe a model, which is free; clients ask to see that address and model are right."""
    refusal = refusal_of_model(request)
    if refusal is not None:
        return refusal
    model = request.match_info["model"]
    return web.json_response({"modelId": model, "description": "Extract text from documents."})


async def _info(request: web.Request) -> web.StreamResponse:
    """Describe the resource; clients ask for it to see that the service is there."""
    if not has_credential(request):
        return unauthorized()
    return web.json_response({"customDocumentModels": {"count": 0, "limit": 0}})
