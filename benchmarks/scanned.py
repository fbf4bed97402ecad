"""Scanned pages for the local stack, whose OCR answers each page after exactly one second.

All pages of a document carry the same picture: the stand-in, which really recognizes what it is
sent, does so once and then knows it, and the cores are left to what is measured. The cache of
docflow itself is off, so every page is really sent.
"""

from __future__ import annotations

import io
import random
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pikepdf
from PIL import Image, ImageDraw

from devstack.testing.whole_stack import MANAGEMENT, QUICK, WholeStack, whole_stack
from docflow.models.states import Stage

SECONDS_A_PAGE = 1.0
TIMEOUT_SECONDS = 600.0
LIMITED = {**QUICK, "CACHE_RETENTION_DAYS": "0"}
"""Settings with the default rate of OCR."""
UNLIMITED = {**LIMITED, "OCR_REQUESTS_PER_SECOND": "0"}


def scan(pages: int, *, bytes_a_page: int = 0) -> bytes:
    """Make a PDF of scanned pages; each has a copy of its picture, with so many bytes beside it."""
    picture = Image.new("L", (600, 160), 255)
    ImageDraw.Draw(picture).text((30, 40), "Invoice 4711", fill=0, font_size=72)
    # Bytes that cannot be compressed and are never shown: a large file that is read quickly.
    padding = random.Random(pages).randbytes(bytes_a_page)  # noqa: S311 - no secret
    output = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            _add_page(document, picture, padding)
        document.save(output)
    return output.getvalue()


def _add_page(document: pikepdf.Pdf, picture: Image.Image, padding: bytes) -> None:
    width, height = picture.size
    image = pikepdf.Stream(document, picture.tobytes() + padding)
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
def stack_with(settings: Mapping[str, str], engine: str | None = None) -> Iterator[WholeStack]:
    """Run a stack whose OCR takes its time, warmed up by a document."""
    with (
        tempfile.TemporaryDirectory() as folder,
        whole_stack(Path(folder), settings, engine=engine) as stack,
    ):
        read(stack, "warm-up.pdf", scan(1))
        stack.faults({"ocr.analyze": {"latency_ms": 1_000 * SECONDS_A_PAGE}})
        yield stack


def read(stack: WholeStack, name: str, content: bytes, *, by_http: bool = True) -> float:
    """Send a document and return the seconds until it waits for a person or is at its end."""
    before = stack.stats()["pages_analysed"]
    begun = time.monotonic()
    if by_http:
        sent_as = stack.post(f"/api/documents?name={name}", data=content)
        sent_as.raise_for_status()
        document_id = str(sent_as.json()["id"])
    else:
        document_id = stack.drop(name, content)
    _wait(stack, document_id, begun + TIMEOUT_SECONDS)
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
