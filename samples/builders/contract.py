"""A contract as it comes back from the other side: typed pages, scanned annex and signatures."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pikepdf
from reportlab.platypus import Flowable, PageBreak, Paragraph

from samples.builders.layout import (
    SERIF,
    Faces,
    Styles,
    build_pdf,
    embedded_faces,
    footer,
    gap,
    lines,
    rule,
    styles_for,
    table,
)
from samples.builders.paper import jpeg, rasterize, scan, stamp
from samples.builders.picture_pages import pictures_to_pdf, saved

SCAN_DPI = 150
TITLE = "Service agreement LA-2026-114"
PARTIES = "Larkmere Library and Archive Trust / Fennimoor Garden Services"

Clause = tuple[str, Sequence[str]]

TYPED_CLAUSES: tuple[tuple[Clause, ...], ...] = (
    (
        (
            "1. Parties",
            (
                "This agreement is made between the Larkmere Library and Archive Trust, 1 Orchard "
                "Square, Larkmere LK1 1AA (the customer) and Fennimoor Garden Services, Hedge "
                "House, Low Lane, Larkmere LK6 2PD (the contractor).",
            ),
        ),
        (
            "2. What the contractor does",
            (
                "The contractor looks after the grounds of the three branches that Annex A lists. "
                "The work comprises mowing, hedges, flower beds, the care of 41 trees, leaves in "
                "autumn and the upkeep of benches and paths.",
                "The contractor plans the work for each season and agrees the plan with the "
                "customer's facilities team by the fifteenth day of the month before. Mowing and "
                "hedge cutting take place outside opening hours, or before 10.00 on weekdays.",
                "Plants and seeds come from the contractor. The customer may ask for other "
                "varieties of the same price. Cuttings are composted on site where there is room.",
            ),
        ),
        (
            "3. People and equipment",
            (
                "The contractor sends trained staff in working clothes with a name badge. For tree "
                "work above three metres the contractor sends two people, one of whom holds a "
                "climbing certificate. Mowers and cutters run on batteries.",
            ),
        ),
        (
            "4. Duration",
            (
                "The agreement begins on 1 February 2027 and runs for two years. It is renewed for "
                "one year at a time, unless one party writes to the other three months before the "
                "end of a term that it does not wish to continue.",
            ),
        ),
    ),
    (
        (
            "5. Price and payment",
            (
                "The customer pays the monthly sums in Annex A. They contain travel, fuel, plants "
                "and the removal of green waste. Value added tax is added at the rate of the day.",
                "The contractor sends one invoice at the end of each month. The customer pays "
                "within thirty days. Work that is not in the agreement is quoted beforehand and "
                "done once the customer has agreed in writing.",
                "Prices stay the same for the first year. From the second year they follow the "
                "index for services to buildings and landscape, up to three per cent a year.",
            ),
        ),
        (
            "6. Reporting",
            (
                "Once a quarter the contractor sends a report of two pages: work done, state of "
                "the trees, hours, plants used, and proposals for the next season. Both parties "
                "walk through the grounds together each spring and each autumn.",
            ),
        ),
        (
            "7. Insurance",
            (
                "The contractor holds public liability insurance of at least two million pounds "
                "and shows the certificate once a year, in January.",
            ),
        ),
        (
            "8. Wildlife",
            (
                "Hedges are not cut between March and August. Where a nest is found, work in that "
                "place rests until the young have left. One tenth of the lawn at the Orchard "
                "Square branch stays a meadow and is cut once, in September.",
            ),
        ),
    ),
    (
        (
            "9. Contacts",
            (
                "For the customer: Odile Marchetti, facilities@larkmere-archive.example.com. For "
                "the contractor: Leopold Fennimoor, office@fennimoorgardens.example.com. Each "
                "party tells the other when the contact changes.",
            ),
        ),
        (
            "10. Personal data",
            (
                "The parties exchange names and business addresses of their contacts and nothing "
                "else. Each keeps them for as long as the agreement runs and for the period that "
                "tax law asks for.",
            ),
        ),
        (
            "11. Changes",
            (
                "Changes to this agreement are made in writing and signed by both parties. Annex A "
                "can be exchanged once a year, in December, without changing the rest.",
            ),
        ),
        (
            "12. Settling differences",
            (
                "If the parties differ about the work, their contacts meet within two weeks and "
                "look for a solution on site. If they do not find one, they ask the mediator of "
                "the Larkmere chamber of commerce. Each party bears half of the mediator's fee.",
            ),
        ),
    ),
)


def _clauses(clauses: Sequence[Clause], styles: Styles) -> list[Flowable]:
    story: list[Flowable] = []
    for heading, paragraphs in clauses:
        story.append(Paragraph(heading, styles.heading))
        story += [Paragraph(text, styles.body) for text in paragraphs]
    return story


def _typed_pages() -> bytes:
    styles = styles_for(SERIF, 12.5)
    numbers = {1: 1, 2: 2, 3: 4}
    mark = footer(TITLE, SERIF)
    story: list[Flowable] = [
        Paragraph("Service agreement", styles.title),
        lines(("Care of the grounds", "Agreement LA-2026-114"), styles.body),
        rule(),
        *_clauses(TYPED_CLAUSES[0], styles),
        PageBreak(),
        *_clauses(TYPED_CLAUSES[1], styles),
        PageBreak(),
        *_clauses(TYPED_CLAUSES[2], styles),
    ]
    return build_pdf(
        story,
        title=TITLE,
        author="Larkmere Library and Archive Trust",
        mark=lambda canvas, number: mark(canvas, numbers[number]),
    )


def _annex(faces: Faces) -> list[Flowable]:
    styles = styles_for(faces, 12)
    return [
        Paragraph("Annex A: branches, visits and prices", styles.title),
        lines((f"Agreement LA-2026-114, {PARTIES}",), styles.small),
        gap(8),
        table(
            [
                ["Branch", "Lawn", "Visits a year", "Monthly price"],
                ["Orchard Square", "2,400 sq m", "34", "£ 612.00"],
                ["Canal Side", "1,150 sq m", "28", "£ 388.00"],
                ["Hollow Hill", "3,060 sq m", "30", "£ 704.00"],
                ["Together", "6,610 sq m", "92", "£ 1,704.00"],
            ],
            [50, 38, 36, 38],
            faces,
            size=12,
        ),
        gap(6),
        Paragraph("Seasonal work contained in the monthly price", styles.heading),
        Paragraph("March: soil care, first cut, check of all benches.", styles.body),
        Paragraph("May: summer planting at Orchard Square, 360 plants.", styles.body),
        Paragraph("September: meadow cut, hedges, autumn planting.", styles.body),
        Paragraph("November: leaves, winter cover for roses, tree survey.", styles.body),
        Paragraph("Work outside the monthly price", styles.heading),
        Paragraph("Tree work above eight metres: £ 64.00 for each person and hour.", styles.body),
        Paragraph("New beds: by quotation, with a drawing.", styles.body),
        Paragraph("Watering in dry weeks: £ 85.00 for each branch and visit.", styles.body),
    ]


def _signatures(faces: Faces) -> list[Flowable]:
    styles = styles_for(faces, 12)
    story: list[Flowable] = [
        Paragraph("Signature page", styles.title),
        lines((f"Agreement LA-2026-114, {PARTIES}",), styles.small),
        gap(8),
        Paragraph(
            "The parties have read the agreement and Annex A and agree to both. Each party keeps "
            "one signed copy.",
            styles.body,
        ),
    ]
    for party, signature, name in (
        ("For the Larkmere Library and Archive Trust", "Marchetti", "Odile Marchetti, Facilities"),
        ("For Fennimoor Garden Services", "Fennimoor", "Leopold Fennimoor, Owner"),
    ):
        story += [
            gap(10),
            Paragraph(party, styles.heading),
            Paragraph("Larkmere, 6 November 2026", styles.body),
            Paragraph(signature, styles.signature),
            gap(5),
            rule(thickness=0.5, after_mm=2),
            Paragraph(name, styles.body),
        ]
    return story


def _scanned_pages() -> bytes:
    faces = embedded_faces("serif")
    clean = build_pdf(
        [*_annex(faces), PageBreak(), *_signatures(faces)], title=TITLE, author="Office scanner"
    )
    annex, signatures = rasterize(clean, SCAN_DPI)
    stamp(signatures, "COPY FOR THE CUSTOMER", (690, 1330), -3.0)
    sheets = [
        scan(annex, "annex", degrees=-0.6, noise=12),
        scan(signatures, "signatures", degrees=0.8, noise=12),
    ]
    return pictures_to_pdf(
        [jpeg(sheet, 62, SCAN_DPI) for sheet in sheets], title=TITLE, author="Office scanner"
    )


def mixed_agreement() -> bytes:
    """Five pages: 1, 2 and 4 with a text layer, 3 (annex) and 5 (signatures) scanned."""
    with (
        pikepdf.open(io.BytesIO(_typed_pages())) as typed,
        pikepdf.open(io.BytesIO(_scanned_pages())) as scanned,
        pikepdf.new() as whole,
    ):
        first, second, fourth = typed.pages
        third, fifth = scanned.pages
        whole.pages.extend([first, second, third, fourth, fifth])
        whole.docinfo["/Title"] = TITLE
        whole.docinfo["/Author"] = "Larkmere Library and Archive Trust"
        return saved(whole)
