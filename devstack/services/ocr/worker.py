"""Run one OCR process: take jobs as JSON lines from standard input, answer on standard output.

A job is `{"path", "page", "languages"}`; page 0 asks for the page count alone. The answer is
`{"ok": ...}` or `{"error": {"code", "message"}}`. The process ends when its input is closed, so
it never outlives the service.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devstack.services.ocr.page_images import ContentError, count_pages, render_page
from devstack.services.ocr.whole_documents import pages_of

if TYPE_CHECKING:
    from devstack.services.ocr.page_reader import PageReader

MEMORY_LIMIT_BYTES = 3 * 1024**3
"""A page that unpacks to more than this ends the worker, not the machine."""

NO_ENGINE = "The OCR engine is not installed on this machine (the Python package tesserocr)."


class Worker:
    """The answers to jobs, with one `PageReader` per set of languages."""

    def __init__(self, tessdata: Path) -> None:
        self._tessdata = tessdata
        self._readers: dict[str, PageReader] = {}

    def answer(self, job: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one job; what is wrong with the document is an answer too."""
        path = Path(job["path"])
        try:
            return {"ok": self._read(path, job)}
        except ContentError as error:
            return {"error": {"code": error.code, "message": error.message}}
        except (MemoryError, OverflowError, OSError):
            return {"error": {"code": "InvalidContent", "message": "The page cannot be read."}}
        except ImportError:
            return {"error": {"code": "NoEngine", "message": NO_ENGINE}}
        except Exception as error:  # noqa: BLE001 - an answer, whatever it was
            return {"error": {"code": "Defect", "message": type(error).__name__}}

    def _read(self, path: Path, job: dict[str, Any]) -> Any:  # noqa: ANN401
        pages = pages_of(path)
        if job["page"] == 0:
            return count_pages(path) if pages is None else len(pages)
        if pages is not None:
            return {"paragraphs": pages[job["page"] - 1]}
        return self._reader(job["languages"]).read(render_page(path, job["page"]))

    def _reader(self, languages: str) -> PageReader:
        if languages not in self._readers:
            # Tesseract reads the limit when it is imported; counting pages needs no Tesseract.
            os.environ["OMP_THREAD_LIMIT"] = "1"
            from devstack.services.ocr.page_reader import PageReader

            self._readers[languages] = PageReader(self._tessdata, languages)
        return self._readers[languages]


def limit_memory() -> None:
    """Limit this process's address space where the platform can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


def main() -> None:
    """Serve jobs until standard input is closed."""
    # Ctrl-C reaches the whole process group; the service decides when its workers stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory()
    worker = Worker(Path(sys.argv[1]))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(worker.answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
