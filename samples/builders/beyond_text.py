"""Files that show more than their characters say: typed values, curves, slides."""

from __future__ import annotations

import io

import pikepdf
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from samples.builders.curves import curves
from samples.builders.office import pptx

MARGIN = 62
FIELD_LEFT, FIELD_WIDTH, FIELD_HEIGHT = 230, 300, 18
SHOWN_AND_PRINTED = 4
"""Flags of an annotation that is on the screen and on paper."""

FORM_INTRODUCTION = (
    "Larkmere Housing Association",
    "Tenant service form",
    "Please fill in this form on your computer, save it and send it to the service office.",
    "We answer every form within three working days. One form is enough for each request.",
)
FORM_FIELDS = (
    ("Name of the tenant", "Bettina Okonjo"),
    ("Address", "27 Tannery Row, flat 4, Larkmere"),
    ("Telephone", "01632 960 482"),
    (
        "Request",
        "Gas smell in the kitchen, danger of explosion.\n"
        "Immediate help needed, the deadline of the\ngas supplier ends within 24 hours.",
    ),
)
FORM_END = "Service office, 3 Mill Lane, Larkmere, open on weekdays from 8.00 to 16.30."

OUTLINED = (
    "NOTICE OF TERMINATION",
    "",
    "Dear Mr Vasquez,",
    "",
    "we terminate your contract for the storage unit 114 without notice,",
    "because the rent of 412.60 EUR is overdue for three months.",
    "",
    "Clear the unit within 48 hours. After this deadline we open the unit,",
    "sell its contents and start legal action against you.",
    "",
    "This is our final notice.",
    "",
    "Harrow Storage, contracts department",
)
OUTLINED_FOOTER = "Harrow Storage Ltd, 8 Canal Street, Larkmere. Telephone 01632 960 117."

SLIDES = (
    ("Pumping station Larkmere East", "Report to the town council", "Department of works"),
    (
        "What the station does",
        "It lifts the water of the eastern quarter into the main sewer.",
        "Two pumps work in turn, a third one stands by.",
    ),
    (
        "The past year",
        "The pumps ran for 5,120 hours and lifted 1.9 million cubic metres.",
        "The council visited the station in May.",
    ),
    (
        "Costs",
        "Electricity took 61,400 pounds, repairs took 18,900 pounds.",
        "Both are close to the figures of the year before.",
    ),
    (
        "FINAL NOTICE of the electricity company",
        "Pay 61,400 pounds within 48 hours or the power supply will be disconnected.",
        "Without it the pumps stop and legal action will follow.",
    ),
)


def service_form() -> bytes:
    """A form whose values no program has drawn: they are in the file, and on no page."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer, "Tenant service form")
    places = []
    up = A4[1] - 80
    for line in FORM_INTRODUCTION:
        canvas.drawString(MARGIN, up, line)
        up -= 20
    for label, value in FORM_FIELDS:
        height = FIELD_HEIGHT * (value.count("\n") + 1)
        up -= height + 14
        canvas.drawString(MARGIN, up + height - 13, f"{label}:")
        places.append((FIELD_LEFT, up, FIELD_LEFT + FIELD_WIDTH, up + height))
    canvas.drawString(MARGIN, 70, FORM_END)
    canvas.save()
    with pikepdf.open(buffer) as document:
        page = document.pages[0]
        page.Annots = pikepdf.Array(
            [
                document.make_indirect(_field(label, value, place))
                for (label, value), place in zip(FORM_FIELDS, places, strict=True)
            ]
        )
        document.Root.AcroForm = pikepdf.Dictionary(
            Fields=pikepdf.Array(list(page.Annots)), DA=b"/Helv 11 Tf 0 g"
        )
        return _saved(document)


def storage_notice() -> bytes:
    """A notice whose body is drawn as curves; its footer alone is text."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer, "Notice")
    canvas.setFont("Helvetica", 8)
    canvas.drawString(MARGIN, 50, OUTLINED_FOOTER)
    canvas.save()
    with pikepdf.open(buffer) as document:
        document.pages[0].contents_add(document.make_stream(curves(OUTLINED).encode()))
        return _saved(document)


def station_slides() -> bytes:
    """A presentation that is routine up to its last slide."""
    return pptx(SLIDES)


def _canvas(buffer: io.BytesIO, title: str) -> Canvas:
    canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=0)
    canvas.setTitle(title)
    canvas.setFont("Helvetica", 11)
    return canvas


def _field(label: str, value: str, place: tuple[float, ...]) -> pikepdf.Dictionary:
    lines = 1 << 12 if "\n" in value else 0
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Widget,
        FT=pikepdf.Name.Tx,
        Ff=lines,
        F=SHOWN_AND_PRINTED,
        T=label,
        V=pikepdf.String(value),
        Rect=pikepdf.Array(place),
        DA=b"/Helv 11 Tf 0 g",
    )


def _saved(document: pikepdf.Pdf) -> bytes:
    output = io.BytesIO()
    document.save(output, deterministic_id=True, compress_streams=False)
    return output.getvalue()
