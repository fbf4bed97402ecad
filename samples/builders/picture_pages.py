"""PDF pages that are one picture each, as a scanner writes them."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pikepdf
from PIL import Image
from reportlab.lib.pagesizes import A4


def pictures_to_pdf(pictures: Sequence[bytes], *, title: str, author: str) -> bytes:
    """One A4 page for each JPEG, without a text layer.

    The JPEG bytes are embedded as they are: decoding and packing them again would lose quality
    and let the machine's zlib into the bytes.
    """
    document = pikepdf.new()
    for picture in pictures:
        document.add_blank_page(page_size=A4)
        _fill_page(document, document.pages[-1], picture)
    document.docinfo["/Title"] = title
    document.docinfo["/Author"] = author
    return saved(document)


def _fill_page(document: pikepdf.Pdf, page: pikepdf.Page, picture: bytes) -> None:
    width, height = _jpeg_size(picture)
    image = document.make_stream(
        picture,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
    content = f"q {A4[0]:.2f} 0 0 {A4[1]:.2f} 0 0 cm /Im0 Do Q".encode()
    page.Contents = document.make_stream(content)


def _jpeg_size(picture: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture)) as opened:
        return opened.size


def saved(document: pikepdf.Pdf) -> bytes:
    """Writes a PDF with an id that follows from its contents."""
    buffer = io.BytesIO()
    document.save(
        buffer,
        deterministic_id=True,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
    )
    return buffer.getvalue()
