from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.models.documents import Failure
from docflow.models.facts import Ticket
from docflow.models.files import Attached
from docflow.models.pages import Transcript
from docflow.models.reviews import ApprovalDecision, ReviewOutcome
from docflow.models.states import Status
from docflow.models.usage import Prices
from docflow.record.builder import Findings, build_record
from docflow.record.markdown import escape, to_markdown
from docflow.record.schema import ResultRecord
from testkit.examples import ACCEPTED, DOCUMENT_ID, PAGES, SUMMARY, facts_of
from testkit.fakes import START

PRICES = Prices(1.5, 0.15, 0.6)
READ = Transcript(pages=2, pages_read=2, pages_failed=0, characters=100)


def record(status: Status = Status.PUBLISHED, **facts: object) -> ResultRecord:
    end = facts_of(status, **{"accepted": ACCEPTED, "transcript": READ, **facts})
    return build_record(end, Findings(pages=PAGES, summary=SUMMARY), PRICES)


@pytest.mark.parametrize(
    ("pages", "line"),
    [(0, "- File: letter.pdf"), (1, "- File: letter.pdf, 1 page")],
)
def test_the_length_of_a_file_is_told_where_it_is_known(pages: int, line: str) -> None:
    accepted = ACCEPTED.model_copy(update={"pages": pages})
    end = facts_of(Status.PUBLISHED, accepted=accepted, transcript=READ)
    told = to_markdown(build_record(end, Findings(summary=SUMMARY), PRICES))

    assert line in told.splitlines()


def test_a_record_reads_as_a_page() -> None:
    review = ReviewOutcome(
        decision=ApprovalDecision(approved=True, reviewer="r@example.com", comment="Checked."),
        decided_at=START,
        via="event",
    )
    ticket = Ticket(key="DOC-1", url="https://tickets.example.com/browse/DOC-1")

    text = to_markdown(record(review=review, ticket=ticket))

    assert text.splitlines() == [
        "# Meter reading and payment",
        "",
        "- File: letter.pdf, 2 pages",
        "- Status: published",
        r"- Ticket: DOC\-1, <https://tickets.example.com/browse/DOC-1>",
        "",
        "## Summary",
        "",
        "- The meter was read. (page 1)",
        "- 80 euros are due. (page 2)",
        "- The account is known. (page 2)",
        "",
        "## Actions",
        "",
        r"- Pay the bill. (due 2026\-01\-30)",
        "",
        "## Draft reply",
        "",
        "> Thank you, we will pay in time.",
        "",
        "## Review",
        "",
        "- Approved by r@example.com: Checked.",
        "",
        f"Document {DOCUMENT_ID}, attempt 1. Estimated cost: 0.0000 US dollars.",
    ]


def test_a_refused_file_says_why_and_nothing_else() -> None:
    error = Failure(code="ENCRYPTED", message="Remove the password.")
    end = facts_of(Status.QUARANTINED, error=error)

    text = to_markdown(build_record(end, Findings(), PRICES))

    assert "- Error: ENCRYPTED. Remove the password." in text
    assert "## " not in text


@pytest.mark.parametrize(
    ("transcript", "first"),
    [
        (READ, "# Meter reading and payment"),
        (
            READ.model_copy(update={"pages_read": 1, "pages_failed": 1, "characters_unread": 5}),
            "**Incomplete:** 1 of 2 pages were read, 1 failed, 5 characters were not summarized.",
        ),
        (
            READ.model_copy(update={"pages_read": 1, "pages_unread": 1}),
            "**Incomplete:** 1 of 2 pages were read, 0 failed, 1 need OCR, which "
            "failed or is turned off, 0 characters were not summarized.",
        ),
    ],
)
def test_what_is_missing_stands_in_the_first_line(transcript: Transcript, first: str) -> None:
    assert to_markdown(record(transcript=transcript)).splitlines()[0] == first


@given(st.text(max_size=200))
def test_escaped_text_is_one_line_without_live_markup(text: str) -> None:
    escaped = escape(text)

    assert len(escaped.splitlines()) <= 1
    assert re.search(r"[`*_{}\[\]()<>#+!|~&]", re.sub(r"\\.", "", escaped)) is None


INVISIBLE = "[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufdd0-\ufdef\ufffe\uffff]"
SELECTORS = "[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs"]), max_size=200).filter(
        lambda text: re.search(f"{INVISIBLE}|{SELECTORS}", text) is None
    )
)
def test_escaping_loses_no_visible_character(text: str) -> None:
    unescaped = re.sub(r"\\([\\`*_{}\[\]()<>#+!|~&-])", r"\1", escape(text))

    assert unescaped == " ".join(text.split())


def test_what_was_left_out_of_an_attached_mail_is_named() -> None:
    attached = [
        Attached(name="in_ner.eml", document_id="1" * 32, left_out=2),
        Attached(name="a.pdf", document_id="2" * 32, within=["outer", "in_ner.eml"]),
    ]
    made = record().model_copy(update={"attachments": attached})

    lines = to_markdown(made).splitlines()

    assert (
        rf"- Attachment: in\_ner.eml, document {'1' * 32}; 2 files attached to it were left out"
        in lines
    )
    assert rf"- Attachment: a.pdf in in\_ner.eml in outer, document {'2' * 32}" in lines


def test_characters_that_turn_the_direction_of_writing_are_left_out() -> None:
    assert escape("pay\u202e 01 \u2066now\x07") == "pay 01 now"
