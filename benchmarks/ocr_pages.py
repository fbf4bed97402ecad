"""Reading scanned pages on the whole local stack: time against the ideal, and the host's memory.

OCR answers each page after exactly one second, and the host runs 20 activities at once, so that the
ideal is a twentieth of a second per page. All pages of a document carry the same picture: the
stand-in, which really recognizes what it is sent, does so once and then knows it, and the two cores
are left to what is measured. The cache of docflow itself is off, so every page is really sent.

Run with `.venv/bin/python -m benchmarks.ocr_pages`; with names of parts (`times`, `limited`,
`memory`) it runs those alone.
"""

from __future__ import annotations

import io
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pikepdf
from PIL import Image, ImageDraw

from devstack.testing.whole_stack import MANAGEMENT, QUICK, WholeStack, whole_stack
from docflow.models import Stage

SECONDS_A_PAGE = 1.0
AT_ONCE = 20
SIZES = (10, 100, 1_000)
LONGEST_SECONDS = 600.0
UNLIMITED = {**QUICK, "OCR_REQUESTS_PER_SECOND": "0", "CACHE_RETENTION_DAYS": "0"}
LIMITED = {**QUICK, "CACHE_RETENTION_DAYS": "0"}
DEFAULT_RATE = 15
MEGABYTE = 1024 * 1024


def scan(pages: int, *, bytes_a_page: int = 0) -> bytes:
    """Make a PDF of scanned pages; each holds its picture anew, with so many bytes beside it."""
    picture = Image.new("L", (600, 160), 255)
    ImageDraw.Draw(picture).text((30, 40), "Invoice 4711", fill=0, font_size=72)
    # Bytes that cannot be compressed and are never shown: a large file that is read quickly.
    ballast = random.Random(pages).randbytes(bytes_a_page)  # noqa: S311 - no secret
    output = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            _add_page(document, picture, ballast)
        document.save(output)
    return output.getvalue()


def _add_page(document: pikepdf.Pdf, picture: Image.Image, ballast: bytes) -> None:
    width, height = picture.size
    image = pikepdf.Stream(document, picture.tobytes() + ballast)
    image.stream_dict = pikepdf.Dictionary(
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=8,
    )
    page = document.add_blank_page(page_size=(width / 2, height / 2))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
    page.Contents = document.make_stream(b"%d 0 0 %d 0 0 cm /Im0 Do" % (width // 2, height // 2))


@contextmanager
def stack_with(settings: Mapping[str, str]) -> Iterator[WholeStack]:
    """Run a stack whose OCR takes its time, warmed up by a document."""
    with tempfile.TemporaryDirectory() as folder, whole_stack(Path(folder), settings) as stack:
        read(stack, "warm-up.pdf", scan(1))
        stack.faults({"ocr.analyze": {"latency_ms": 1_000 * SECONDS_A_PAGE}})
        yield stack


def read(stack: WholeStack, name: str, content: bytes, *, by_http: bool = True) -> float:
    """Send a document; gives the seconds until it waits for a person or is at its end."""
    before = stack.stats()["pages_analysed"]
    begun = time.monotonic()
    if by_http:
        sent_as = stack.post(f"/api/documents?name={name}", data=content)
        sent_as.raise_for_status()
        document_id = str(sent_as.json()["id"])
    else:
        document_id = stack.drop(name, content)
    _wait(stack, document_id, begun + LONGEST_SECONDS)
    took = time.monotonic() - begun
    sent = stack.stats()["pages_analysed"] - before
    with pikepdf.open(io.BytesIO(content)) as document:
        if sent != len(document.pages):
            raise AssertionError(f"{sent} of {len(document.pages)} pages were sent to OCR")
    return took


def _wait(stack: WholeStack, document_id: str, deadline: float) -> None:
    """Ask the orchestration: the app's own API would list all pages for each answer."""
    while time.monotonic() < deadline:
        answer = stack.get(f"{MANAGEMENT}/instances/{document_id}")
        custom = answer.json().get("customStatus") if answer.ok else None
        if custom and custom.get("stage") in {Stage.WAITING_FOR_REVIEW, Stage.DONE}:
            return
        time.sleep(0.1)
    raise AssertionError(f"{document_id} did not come to an end")


def times() -> None:
    """Time documents of several sizes, without a limit on the rate."""
    with stack_with(UNLIMITED) as stack:
        for pages in SIZES:
            ideal = pages * SECONDS_A_PAGE / AT_ONCE
            took = read(stack, f"{pages}.pdf", scan(pages))
            print(f"{pages:>6} pages{ideal:>9.1f} s ideal{took:>9.1f} s{took / ideal:>8.2f}")


def limited() -> None:
    """Time one document at the default rate of OCR, against the ideal at that rate."""
    pages = SIZES[-1]
    with stack_with(LIMITED) as stack:
        ideal = pages / DEFAULT_RATE
        took = read(stack, f"{pages}.pdf", scan(pages))
    print(f"{pages:>6} pages{ideal:>9.1f} s ideal{took:>9.1f} s{took / ideal:>8.2f}, limited")


def memory() -> None:
    """Watch the memory of the host while it reads 1,000 pages in 150 MB."""
    content = scan(1_000, bytes_a_page=150 * 1_000)
    with stack_with(UNLIMITED) as stack, watched(stack.host_pid()) as peak:
        idle = peak()
        stack.faults({"ocr.analyze": {"latency_ms": 0}})
        read(stack, "large.pdf", content, by_http=False)
        rise = peak() - idle
    print(
        f"{len(content) / MEGABYTE:>6.0f} MB file, host idle {idle:.0f} MB, {rise:+.0f} MB at most"
    )


@contextmanager
def watched(pid: int) -> Iterator[Callable[[], float]]:
    """Watch the memory that a process holds (RSS, Linux); gives the most so far, in megabytes."""
    highest = [_resident(pid)]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            highest[0] = max(highest[0], _resident(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: highest[0]
    finally:
        done.set()
        thread.join()


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0


PARTS = {"times": times, "limited": limited, "memory": memory}


def main(chosen: list[str]) -> None:
    """Run the parts that were chosen, or all."""
    for name in chosen or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
