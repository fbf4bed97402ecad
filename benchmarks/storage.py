"""What a document costs in storage operations, on the whole local stack.

Each document is dropped into `incoming` alone and followed to its end; where it waits for a person,
it is approved. Counted is what Azurite logged from before the drop until no instance of the
document runs any more (see `benchmarks.storage_log`): every GET of a blob or of a part of one
counts as a read, found or not, and every PUT with content or of a copy as a write. The upload
itself is left out. Azurite's log holds the requests of the Functions host as well, which looks into
`incoming` several times a second; those are listings and count among the others, so the column of
others says more about the time a document took than about its pages.

Two kinds of documents:

- `text`: pages with a text layer of about 3,000 characters, no two alike, so that 1,000 pages make
  about 125 parts for the model;
- `scan`: pages that are pictures, no two alike, so that each one is sent to OCR and the cache
  answers none.

`dev.py bench storage --app DIR --app .` measures the app of another checkout and then the one of
this checkout, with the same host and the same stand-ins.
"""

from __future__ import annotations

import io
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
from PIL import Image, ImageDraw

from benchmarks.measuring import Measured, Row, Scenario
from benchmarks.storage_log import StorageLog, count
from devstack.environment.root import ROOT
from devstack.testing.whole_stack import MANAGEMENT, QUICK, WholeStack, whole_stack

TIMEOUT_SECONDS = 1_800.0
MEGABYTE = 1_000_000
LINES_A_PAGE = 40
WORDS_A_LINE = 9
WORDS = [
    "library",
    "reader",
    "shelf",
    "archive",
    "catalogue",
    "volume",
    "winter",
    "garden",
    "harbour",
    "council",
    "minute",
    "report",
    "record",
    "letter",
    "member",
    "meeting",
    "street",
    "window",
    "number",
    "season",
    "ticket",
    "visitor",
    "morning",
    "station",
    "village",
    "market",
    "bridge",
    "school",
    "teacher",
    "lesson",
    "family",
    "answer",
    "history",
    "picture",
    "journey",
    "summer",
]


def written(pages: int) -> bytes:
    """Return a PDF with a text layer of about 3,000 characters a page, no two pages alike."""
    output = io.BytesIO()
    with pikepdf.new() as document:
        font = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font,
                Subtype=pikepdf.Name.Type1,
                BaseFont=pikepdf.Name.Helvetica,
            )
        )
        for number in range(1, pages + 1):
            page = document.add_blank_page(page_size=(595, 842))
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F0=font))
            page.Contents = document.make_stream(_text_page(pages, number))
        document.save(output)
    return output.getvalue()


def _text_page(pages: int, number: int) -> bytes:
    drawn = random.Random(f"{pages}/{number}")  # noqa: S311 - the same text each time
    shown = [f"({line}) Tj T*" for line in _lines(drawn, number)]
    return "\n".join(["BT /F0 11 Tf 16 TL 50 790 Td", *shown, "ET"]).encode("ascii")


def _lines(drawn: random.Random, number: int) -> Iterator[str]:
    yield f"Report of the archive, sheet {number}"
    for _ in range(LINES_A_PAGE):
        words = drawn.choices(WORDS, k=WORDS_A_LINE)
        yield f"The {' '.join(words)} {drawn.randrange(1_000)}."


def scanned(pages: int) -> bytes:
    """Return a PDF whose pages are pictures of a few large words, no two alike."""
    pictures = []
    for number in range(1, pages + 1):
        picture = Image.new("L", (640, 160), 255)
        ImageDraw.Draw(picture).text((30, 40), f"Sheet {number} of {pages}", fill=0, font_size=72)
        pictures.append(picture)
    output = io.BytesIO()
    pictures[0].save(output, "PDF", save_all=True, append_images=pictures[1:], resolution=100)
    return output.getvalue()


DOCUMENTS: tuple[tuple[str, Callable[[int], bytes], int], ...] = (
    ("text", written, 10),
    ("text", written, 100),
    ("text", written, 1_000),
    ("scan", scanned, 10),
    ("scan", scanned, 100),
)


def measure() -> Measured:
    """Count the storage operations of this checkout's app."""
    return measure_app(ROOT)


def measure_app(app: Path) -> Measured:
    """Count the storage operations of the app in a folder, document by document."""
    with (
        tempfile.TemporaryDirectory() as folder,
        whole_stack(Path(folder), QUICK, app=app, storage_access_log=True) as stack,
    ):
        log = StorageLog(stack.storage_log, stack.blobs)
        follow(stack, stack.drop("warm-up.pdf", scanned(1)))
        return Measured([_row(stack, log, *each) for each in DOCUMENTS])


def _row(
    stack: WholeStack, log: StorageLog, kind: str, make: Callable[[int], bytes], pages: int
) -> Row:
    content = make(pages)
    log.since_last_time()
    follow(stack, stack.drop(f"{kind}-{pages}.pdf", content))
    seen = count(log.since_last_time())
    figures = {
        "pages": pages,
        "blob reads": seen.blob_reads,
        "MB read": seen.bytes_read / MEGABYTE,
        "reads a page": seen.blob_reads / pages,
        "blob writes": seen.blob_writes,
        "blob others": seen.blob_others,
        "table": seen.tables,
        "queue": seen.queues,
    }
    return Row(kind, figures)


def follow(stack: WholeStack, document_id: str) -> None:
    """Wait for the end of a document by the host's own state, which is not in the storage."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    decided = False
    while time.monotonic() < deadline:
        answer = stack.get(f"{MANAGEMENT}/instances/{document_id}")
        state = answer.json() if answer.ok else {}
        if state.get("runtimeStatus") in {"Completed", "Failed", "Terminated"}:
            stack.settle()
            if state["runtimeStatus"] != "Completed":
                raise AssertionError(f"{document_id}: {state}")
            return
        if (state.get("customStatus") or {}).get("stage") == "waiting_for_review" and not decided:
            stack.raise_event(document_id, {"approved": True})
            decided = True
        time.sleep(0.1)
    raise AssertionError(f"{document_id} did not come to an end")


SCENARIO = Scenario(
    title="Storage operations of a document, from its drop to its end",
    what="document",
    columns={
        "pages": ",",
        "blob reads": ",",
        "MB read": ",.1f",
        "reads a page": ",.1f",
        "blob writes": ",",
        "blob others": ",",
        "table": ",",
        "queue": ",",
    },
    measure=measure,
    measure_app=measure_app,
)
