"""Everyday text documents that need nobody's attention today: a letter, a memo, an invoice."""

from __future__ import annotations

from reportlab.platypus import Paragraph

from samples.builders.layout import (
    SANS,
    SERIF,
    build_pdf,
    footer,
    gap,
    lines,
    rule,
    styles_for,
    table,
)
from samples.builders.letter import Letter, letter_story

METER_LETTER = Letter(
    sender="Kestrel Valley Water",
    sender_lines=(
        "Customer Services, 4 Weir Street, Larkmere LK2 7QD",
        "service@kestrelvalleywater.example.com - 020 7946 0118",
    ),
    recipient=("Ms Rowena Castellane", "17 Tanner's Row", "Larkmere", "LK5 3HN"),
    date="3 November 2026",
    references=("Customer number 4471 0926", "Meter KV-228104"),
    subject="Your yearly meter reading and your new monthly payment",
    salutation="Dear Ms Castellane,",
    text=(
        "Thank you for sending us your meter reading on 24 October. We have compared it with the "
        "reading of last year and worked out your new monthly payment. No urgent action is "
        "required: your direct debit will be adjusted for you from January.",
        "<b>What you used.</b> Between 22 October 2025 and 24 October 2026 your household used "
        "98 cubic metres of water, 7 cubic metres less than in the year before. A home of your "
        "size in Larkmere uses about 112 cubic metres in a year.",
        table(
            [
                ["Reading", "2025", "2026", "Used"],
                ["Meter KV-228104 (cubic metres)", "1,306", "1,404", "98"],
                ["Water supplied at £1.92", "", "", "£188.16"],
                ["Waste water at £1.41", "", "", "£138.18"],
                ["Standing charge", "", "", "£64.80"],
                ["Total for the year", "", "", "£391.14"],
            ],
            [76, 28, 28, 28],
            SANS,
        ),
        gap(4),
        "<b>What you will pay.</b> Your monthly payment falls from £35.00 to £33.00. Your account "
        "is £28.86 in credit; we carry this amount forward, so that a colder winter does not "
        "change your payments. If you would rather have it paid back, tell us by post, by e-mail "
        "or in your online account, whichever suits you.",
        "<b>How we read meters from next year.</b> During 2027 we are fitting radio meters in the "
        "streets between Tanner's Row and the canal. The new meter sends its reading once a month, "
        "and you will no longer have to send us a number each autumn. Fitting takes about thirty "
        "minutes and costs you nothing. We will write to you in the spring to offer three dates, "
        "and you can choose another one if none of them fits.",
        "<b>Saving water.</b> We enclose a leaflet with ideas for the garden and the kitchen. "
        "Households in your street that fitted a rain barrel used four per cent less water last "
        "summer. You can order a barrel at a reduced price until the end of April at "
        "www.kestrelvalleywater.example.com/garden.",
        "<b>If you are moving.</b> Please send us the date of your move and a reading from that "
        "day. We close your account with that reading and take your direct debit with you if your "
        "new home is in our area.",
        "<b>If something looks wrong.</b> Compare the number on this letter with the black digits "
        "on your meter. If they differ by more than 10, send us a photograph of the meter and we "
        "will work out your payment again. You can reach us on weekdays between 8.00 and 18.00.",
        "Thank you for being our customer.",
    ),
    signatory=("Tobias Wrenfield", "Head of Customer Services"),
)


def meter_letter() -> bytes:
    """A routine letter of two pages with a text layer."""
    return build_pdf(
        letter_story(METER_LETTER, SANS, size=11),
        title="Yearly meter reading",
        author="Kestrel Valley Water",
        mark=footer("Kestrel Valley Water - customer number 4471 0926", SANS),
    )


MEMO = """\
MEMO

To:       All staff on the second and third floor
From:     Odile Marchetti, Facilities
Date:     9 November 2026
Subject:  Move of the reading desks to the east wing, 7 to 11 December


1. What happens

The second floor gets new carpets and lamps in the second week of December. For
that week the reading desks, the two copiers and the map cabinets move to the
east wing. Everything returns to its place on the following Monday.

2. Plan

  Monday 7 December     Map cabinets and copiers move (Facilities)
  Tuesday 8 December    Desks 1 to 24 move, carpets laid in the north half
  Wednesday 9 December  Desks 25 to 40 move, carpets laid in the south half
  Thursday 10 December  New lamps are fitted and tested
  Friday 11 December    Cleaning; network sockets are checked by IT

3. What we ask of you

Please take personal things off your desk by the Friday before and put them in
the grey crate that you will find there. Label the crate with your name and desk
number. Leave screens and docking stations where they are; IT moves them.

People who would like to work from home in that week can do so after a word with
their team lead. Desk numbers for the east wing are on the floor plan beside the
lift and on the intranet page "East wing week".

4. Afterwards

Twelve of the old desk lamps are in good order and are given away. Write to
facilities@larkmere-archive.example.com if you would like one; we draw lots on
18 December. Questions go to the same address.

With thanks for your patience,
Odile Marchetti
"""


def move_memo() -> bytes:
    """A memo as plain text."""
    return MEMO.encode("utf-8")


def supplier_invoice() -> bytes:
    """An invoice with a table of items, on one page."""
    styles = styles_for(SERIF, 10)
    story = [
        Paragraph("Alder &amp; Finch Paper Goods", styles.title),
        lines(
            (
                "Unit 9, Millrace Yard, Thornbury Cross TC4 1PL",
                "accounts@alderfinch.example.com - VAT number GB 000 4471 18",
            ),
            styles.small,
        ),
        gap(2),
        rule(),
        lines(
            ("Larkmere Library and Archive Trust", "Purchasing", "1 Orchard Square", "LK1 1AA"),
            styles.body,
        ),
        lines(
            (
                "Invoice 2026-11874",
                "Invoice date 12 November 2026",
                "Order LA-30651 of 28 October 2026",
                "Payment terms: 30 days net, by 12 December 2026",
            ),
            styles.right,
        ),
        gap(6),
        Paragraph("Invoice", styles.heading),
        table(
            [
                ["Item", "Quantity", "Unit price", "Amount"],
                ["Archive box, acid-free, 390 x 265 x 100 mm", "120", "£4.85", "£582.00"],
                ["Folder, four flaps, folio", "400", "£1.12", "£448.00"],
                ["Tissue paper, unbuffered, sheet 50 x 75 cm", "1,000", "£0.18", "£180.00"],
                ["Cotton tape, 10 mm, roll of 100 m", "12", "£9.40", "£112.80"],
                ["Pencil, soft, box of 12", "15", "£6.20", "£93.00"],
                ["Delivery to the reading room, first floor", "1", "£35.00", "£35.00"],
                ["Net amount", "", "", "£1,450.80"],
                ["VAT 20 %", "", "", "£290.16"],
                ["Total", "", "", "£1,740.96"],
            ],
            [84, 24, 26, 28],
            SERIF,
        ),
        gap(6),
        Paragraph(
            "The goods were delivered complete on 10 November 2026 and signed for by your reading "
            "room (delivery note 55201). Boxes and folders meet the permanence standard that your "
            "order asks for; the test certificate is enclosed with the delivery.",
            styles.body,
        ),
        Paragraph(
            "Please pay to the account 0044 7110, sort code 00-00-00, and quote the invoice number "
            "2026-11874. A discount of 2 % applies to payments received by 22 November 2026.",
            styles.body,
        ),
        Paragraph(
            "Unopened boxes can be returned within 60 days. Please ask us for a return label, so "
            "that we can match the parcel with your account. Thank you for your order.",
            styles.body,
        ),
        gap(6),
        lines(("Alder &amp; Finch Paper Goods", "Isaac Thorne, Accounts"), styles.body),
    ]
    return build_pdf(
        story,
        title="Invoice 2026-11874",
        author="Alder & Finch Paper Goods",
        mark=footer("Alder & Finch Paper Goods - invoice 2026-11874", SERIF),
    )
