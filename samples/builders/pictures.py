"""Samples that are pictures and not PDFs: a fax, a photo of a note, a picture of a web form."""

from __future__ import annotations

import io
from collections.abc import Sequence
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont
from reportlab.platypus import Flowable, PageBreak, Paragraph

from samples.builders.layout import (
    FONT_FOLDER,
    Faces,
    build_pdf,
    embedded_faces,
    gap,
    lines,
    rule,
    styles_for,
    table,
)
from samples.builders.paper import fax, photo, rasterize, tiff

FAX_DPI = 200
PHOTO_DPI = 170


def _fax_story(faces: Faces) -> list[Flowable]:
    styles = styles_for(faces, 13)
    return [
        Paragraph("FAX", styles.title),
        table(
            [
                ["To", "Thornbury Cross Cycling Club, Treasurer"],
                ["Fax", "020 7946 0613"],
                ["From", "National Domain Listing Office"],
                ["Date", "17 November 2026"],
                ["Pages", "3 including this one"],
            ],
            [30, 130],
            faces,
            size=12,
        ),
        gap(8),
        Paragraph("URGENT: reply within 24 hours", styles.centred),
        Paragraph(
            "Please pass this fax immediately to the person who is responsible for the web address "
            "thornburycycling.example.com. The entry expires tomorrow. Without a payment it will "
            "be cancelled and offered to other buyers.",
            styles.body,
        ),
        Paragraph("The notice follows on page 2, the payment form on page 3.", styles.body),
        PageBreak(),
        Paragraph("Final expiry notice", styles.title),
        rule(),
        Paragraph(
            "Your listing for the web address thornburycycling.example.com ends on 18 November "
            "2026 at midnight. This is the last warning that you will receive.",
            styles.body,
        ),
        Paragraph(
            "If we do not receive £489.00 within 24 hours, the following will happen at once:",
            styles.body,
        ),
        Paragraph("1. Your web address will be suspended and your e-mail will stop.", styles.body),
        Paragraph("2. The address will be released and can be bought by anybody.", styles.body),
        Paragraph("3. A late fee of £250.00 will be added to your account.", styles.body),
        Paragraph(
            "We may also take legal action for the cost of our services. Act now to avoid the loss "
            "of your address. Payment is accepted by bank transfer to an account abroad or with "
            "voucher codes; other ways of payment take too long.",
            styles.body,
        ),
        gap(4),
        Paragraph("National Domain Listing Office, Renewals", styles.body),
        Paragraph(
            "This is an offer to list your address in a private directory. It is not an invoice.",
            styles.small,
        ),
        PageBreak(),
        Paragraph("Payment form", styles.title),
        rule(),
        Paragraph("Return this form by fax today. Payment must arrive immediately.", styles.body),
        table(
            [
                ["Item", "Amount"],
                ["Listing thornburycycling.example.com, five years", "£445.00"],
                ["Express handling", "£44.00"],
                ["Total to pay within 24 hours", "£489.00"],
            ],
            [120, 40],
            faces,
            size=12,
        ),
        gap(8),
        Paragraph("Name: ______________________________", styles.body),
        Paragraph("Voucher code: ______________________", styles.body),
        Paragraph("Signature: __________________________", styles.body),
    ]


def domain_fax() -> bytes:
    """Three fax pages: a doubtful demand in urgent words, which a person should turn down."""
    faces = embedded_faces("sans")
    clean = build_pdf(_fax_story(faces), title="Fax", author="National Domain Listing Office")
    pages = rasterize(clean, FAX_DPI)
    headers = (
        f"17-NOV-2026  08:41   FROM: NDLO RENEWALS   TO: 020 7946 0613   P.{number:02}/03"
        for number in (1, 2, 3)
    )
    printed = (
        fax(page, f"fax {index}", header)
        for index, (page, header) in enumerate(zip(pages, headers, strict=True))
    )
    return tiff(list(printed), FAX_DPI)


def _delivery_note(faces: Faces) -> list[Flowable]:
    styles = styles_for(faces, 14)
    return [
        Paragraph("Delivery note 55201", styles.title),
        lines(
            ("Alder &amp; Finch Paper Goods", "Unit 9, Millrace Yard, Thornbury Cross"), styles.body
        ),
        rule(),
        lines(
            (
                "To: Larkmere Library and Archive Trust",
                "Reading room, first floor, 1 Orchard Square",
                "Delivered on 10 November 2026, 9:35",
                "Order LA-30651",
            ),
            styles.body,
        ),
        gap(3),
        table(
            [
                ["Goods", "Ordered", "Delivered"],
                ["Archive box, acid-free", "120", "120"],
                ["Folder, four flaps, folio", "400", "400"],
                ["Tissue paper, sheets", "1,000", "1,000"],
                ["Cotton tape, rolls", "12", "12"],
                ["Pencil, soft, boxes", "15", "15"],
            ],
            [84, 38, 38],
            faces,
            size=14,
        ),
        gap(6),
        Paragraph(
            "Seven parcels on one pallet. All parcels are complete and in good condition. The "
            "driver took the empty pallet back.",
            styles.body,
        ),
        Paragraph(
            "Please store boxes and folders lying flat in a dry room. The invoice follows by post.",
            styles.body,
        ),
        gap(4),
        Paragraph("Received by:", styles.body),
        Paragraph("Marchetti", styles.signature),
        gap(4),
        rule(thickness=0.5, after_mm=2),
        Paragraph("O. Marchetti, Facilities", styles.body),
    ]


def delivery_photo() -> bytes:
    """A signed delivery note on a desk, photographed at an angle under a lamp."""
    faces = embedded_faces("sans")
    clean = build_pdf(_delivery_note(faces), title="Delivery note", author="Alder & Finch")
    (page,) = rasterize(clean, PHOTO_DPI)
    corners = ((150.0, 118.0), (1418.0, 64.0), (1500.0, 1926.0), (70.0, 1990.0))
    return photo(page, "delivery note", corners, (1560, 2080))


FORM_FIELDS = (
    ("Name", "Beatrix Lindqvist-Hale"),
    ("Library card", "LK 0093 5520"),
    ("Branch", "Canal Side"),
    ("Subject", "Heating in the study room"),
)
FORM_MESSAGE = (
    "Hello, I have been using the study room on the first floor on Tuesday and Thursday "
    "afternoons since September. The room is rather cold after four o'clock: the thermometer on "
    "the shelf showed 17 degrees on three of my visits in November. The reading room downstairs "
    "is warm.",
    "I would be glad if you could look at the radiator beside the window when somebody has the "
    "time. A colleague at the desk kindly lent me a blanket. The new lamps are lovely, by the way.",
    "Please answer by e-mail to b.lindqvist@example.com. There is no hurry. Thank you!",
)


def complaint_screenshot() -> bytes:
    """A picture of a web form with a polite complaint."""
    size = (1500, 1240)
    picture = Image.new("RGB", size, "#eef1f4")
    draw = ImageDraw.Draw(picture)
    _browser_frame(draw, size)
    bold, plain = _vera("VeraBd.ttf", 38), _vera("Vera.ttf", 26)
    draw.text((110, 160), "Larkmere Library: feedback", fill="#1d3557", font=bold)
    draw.text(
        (110, 222), "Message 20261113-047, 13 November 2026, 16:52", fill="#555f6b", font=plain
    )
    top = 290
    for label, value in FORM_FIELDS:
        draw.text((110, top + 12), label, fill="#333a41", font=_vera("VeraBd.ttf", 26))
        _box(draw, (380, top, 1390, top + 56))
        draw.text((402, top + 12), value, fill="#111111", font=plain)
        top += 76
    draw.text((110, top + 12), "Message", fill="#333a41", font=_vera("VeraBd.ttf", 26))
    _box(draw, (380, top, 1390, top + 500))
    _write(draw, (402, top + 16), FORM_MESSAGE, plain)
    draw.rounded_rectangle((380, top + 530, 640, top + 594), 10, fill="#2a6f97")
    draw.text((412, top + 546), "Mark as read", fill="#ffffff", font=plain)
    buffer = io.BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(buffer, "PNG", compress_level=9)
    return buffer.getvalue()


def _vera(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FOLDER / name), size)


def _browser_frame(draw: ImageDraw.ImageDraw, size: tuple[int, int]) -> None:
    draw.rectangle((0, 0, size[0], 84), fill="#cfd6dd")
    for index, colour in enumerate(("#e76f51", "#e9c46a", "#6a994e")):
        draw.ellipse((28 + 42 * index, 30, 52 + 42 * index, 54), fill=colour)
    draw.rounded_rectangle((180, 18, 1380, 66), 22, fill="#ffffff")
    address = "https://desk.larkmere-library.example.com/feedback/20261113-047"
    draw.text((206, 28), address, fill="#555f6b", font=_vera("Vera.ttf", 22))
    draw.rounded_rectangle((70, 120, 1430, 1205), 16, fill="#ffffff", outline="#d5dbe1", width=2)


def _box(draw: ImageDraw.ImageDraw, corners: tuple[int, int, int, int]) -> None:
    draw.rounded_rectangle(corners, 8, fill="#fbfcfd", outline="#aeb8c2", width=2)


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    paragraphs: Sequence[str],
    font: ImageFont.FreeTypeFont,
) -> None:
    x, y = at
    for paragraph in paragraphs:
        for line in wrap(paragraph, 66):
            draw.text((x, y), line, fill="#111111", font=font)
            y += 38
        y += 14
