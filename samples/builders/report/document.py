"""Puts the annual report together: cover, contents, the chair's statement, one page a topic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, PageBreak, Paragraph

from samples.builders.layout import SERIF, Styles, build_pdf, footer, gap, rule, styles_for, table
from samples.builders.report.buildings_and_money import BUILDINGS, MONEY
from samples.builders.report.learning_and_people import LEARNING, PEOPLE
from samples.builders.report.prose import paragraphs
from samples.builders.report.readers_and_collections import COLLECTIONS, READERS
from samples.builders.report.topic import Section, Topic

ORGANIZATION = "Larkmere Library and Archive Trust"
SECTIONS = (READERS, COLLECTIONS, LEARNING, PEOPLE, BUILDINGS, MONEY)
PAGES_BEFORE_TOPICS = 3
YEARS = ("2023/24", "2024/25", "2025/26")
BAR_COLOURS = (HexColor("#b7c4cf"), HexColor("#8299ab"), HexColor("#2f5d7c"))

STATEMENT = (
    "On a Thursday in March, at twenty to nine in the evening, I counted the people in the reading "
    "room at Orchard Square. There were sixty-four. Some studied, some read the newspapers, a "
    "father looked at a picture book with two children in pyjamas, and three people were asleep.",
    "I like this count more than any other in this report, although it is in none of its tables. "
    "It shows what a library is for: a warm room, open to everyone, in which nobody has to buy "
    "anything or explain why they came.",
    "The year 2025/26 was a good one. Visits to the branches rose to 871,300 and loans to "
    "1,262,500. We digitized 734,000 pages of the county's memory, opened a second hall of "
    "shelving at Millrace Yard, and used less energy than in any year since we began to measure.",
    "None of this happens by itself. I thank 221 colleagues and 571 volunteers, the friends of the "
    "library, the county, and the readers who tell us on cards, in letters and across the desk "
    "what we could do better. Their suggestions are the best plan we have.",
    "Income and expenditure are in balance. The reserves grew to 2.7 million pounds, which is "
    "close to the aim that the board set four years ago. In the year ahead we prepare the tenth "
    "branch, at Ferry Road, and keep the other nine as good as they are.",
    "I invite you to read the pages that follow in any order you like.",
)


def _cover(styles: Styles) -> Iterator[Flowable]:
    yield gap(70)
    yield Paragraph("Annual report 2025/26", styles.title)
    yield rule(thickness=1.5)
    yield Paragraph(ORGANIZATION, styles.heading)
    yield Paragraph("1 April 2025 to 31 March 2026", styles.body)
    yield gap(90)
    yield Paragraph(
        "1 Orchard Square, Larkmere LK1 1AA - report@larkmere-archive.example.com", styles.small
    )
    yield PageBreak()


def _contents(styles: Styles) -> Iterator[Flowable]:
    yield Paragraph("Contents", styles.title)
    rows = [["Section", "Page"], ["Statement of the chair", "3"]]
    page = PAGES_BEFORE_TOPICS + 1
    for section in SECTIONS:
        rows.append([section.title, str(page)])
        page += len(section.topics)
    yield table(rows, [130, 24], SERIF, size=11)
    yield gap(8)
    yield Paragraph(
        "Figures cover the nine branches, the mobile library and the county archive. A year runs "
        "from 1 April to 31 March. Percentages are rounded to one decimal place.",
        styles.body,
    )
    yield PageBreak()


def _statement(styles: Styles) -> Iterator[Flowable]:
    yield Paragraph("Statement of the chair", styles.title)
    for text in STATEMENT:
        yield Paragraph(text, styles.body)
    yield gap(6)
    yield Paragraph("Philippa Oduya-Marsh", styles.body)
    yield Paragraph("Chair of the board", styles.small)


def _topic(section: Section, topic: Topic, turn: int, styles: Styles) -> Iterator[Flowable]:
    opening, figures, *others = paragraphs(topic, turn)
    yield PageBreak()
    yield Paragraph(section.title, styles.small)
    yield Paragraph(topic.title, styles.title)
    yield Paragraph(opening, styles.body)
    yield Paragraph("Figures", styles.heading)
    yield Paragraph(figures, styles.body)
    header = ["", *YEARS]
    rows = [
        [name[0].upper() + name[1:], *(f"{figure:,}" for figure in row)]
        for name, *row in topic.measures
    ]
    yield table([header, *rows], [82, 26, 26, 26], SERIF, size=10)
    yield gap(5)
    yield _bars(topic)
    yield gap(4)
    for heading, text in zip(("The work", "The people", "What comes next"), others, strict=True):
        yield Paragraph(heading, styles.heading)
        yield Paragraph(text, styles.body)


def _bars(topic: Topic) -> Drawing:
    """The first measure of a topic as three bars."""
    width, height = 454, 84
    _, *figures = topic.measures[0]
    drawing = Drawing(width, height)
    for index, (year, figure) in enumerate(zip(YEARS, figures, strict=True)):
        bottom = height - 26 * (index + 1)
        length = 300 * figure / max(figures)
        drawing.add(String(6, bottom + 5, year, fontName=SERIF.regular, fontSize=9.5))
        drawing.add(Rect(62, bottom, length, 17, fillColor=BAR_COLOURS[index], strokeColor=None))
        label = f"{figure:,}"
        drawing.add(String(68 + length, bottom + 5, label, fontName=SERIF.regular, fontSize=9.5))
    return drawing


def _story() -> Sequence[Flowable]:
    styles = styles_for(SERIF, 12)
    story = [*_cover(styles), *_contents(styles), *_statement(styles)]
    turn = 0
    for section in SECTIONS:
        for topic in section.topics:
            story += _topic(section, topic, turn, styles)
            turn += 1
    return story


def annual_report() -> bytes:
    """A report of 44 pages with a text layer, one topic on each page."""
    return build_pdf(
        _story(),
        title="Annual report 2025/26",
        author=ORGANIZATION,
        mark=footer(f"{ORGANIZATION} - Annual report 2025/26", SERIF),
    )
