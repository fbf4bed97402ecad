"""OCR that knows the pages again that it has read before, under whatever name they come."""

from __future__ import annotations

from docflow.adapters.cache.results import ResultCache, cache_key
from docflow.models.pages import PageText
from docflow.ports import OcrEngine


class CachedOcr:
    """Asks another engine only for pages whose bytes are new.

    Args:
        engine: what reads the others, and is paid for it.
        cache: where its pages are kept.
        shape: what, beside the bytes, shapes its answers: service, model, API version.
    """

    def __init__(self, engine: OcrEngine, cache: ResultCache, *, shape: tuple[str, ...]) -> None:
        self._engine = engine
        self._cache = cache
        self._shape = shape

    def read_page(self, content: bytes, *, number: int) -> PageText:
        """Recognize one page; `cached` says that it was paid for before."""
        key = cache_key(content, *self._shape)

        def find() -> PageText | None:
            known = self._cache.read(key, PageText)
            return known and known.model_copy(update={"number": number, "cached": True})

        def ask() -> PageText:
            page = self._engine.read_page(content, number=number)
            self._cache.write(key, page)
            return page

        return self._cache.once(key, find, ask)

    def check(self) -> None:
        """Raise where the service cannot be reached."""
        self._engine.check()
