"""OCR that reads each page once: pages with the same bytes come from the cache."""

from __future__ import annotations

from docflow.adapters.cache.results import ResultCache, cache_key
from docflow.models.pages import PageText
from docflow.ports import OcrEngine


class CachedOcr:
    """Asks another engine only for pages whose bytes are new.

    Args:
        engine: reads the other pages, and is paid for it.
        cache: where its results are stored.
        shape: what shapes its results beside the bytes: service, model, API version.
    """

    def __init__(self, engine: OcrEngine, cache: ResultCache, *, shape: tuple[str, ...]) -> None:
        self._engine = engine
        self._cache = cache
        self._shape = shape

    def read_page(self, content: bytes, *, number: int, again: bool = False) -> PageText:
        """Recognize one page; `cached` says that it was paid for before."""
        key = cache_key(content, *self._shape)

        def find() -> PageText | None:
            known = None if again else self._cache.read(key, PageText)
            return known and known.model_copy(update={"number": number, "cached": True})

        def ask() -> PageText:
            page = self._engine.read_page(content, number=number)
            self._cache.write(key, page)
            return page

        return self._cache.single_flight(key, find, ask)

    def check(self) -> None:
        """Raise where the service cannot be reached."""
        self._engine.check()
