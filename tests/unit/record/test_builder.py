from __future__ import annotations

from datetime import date

import pytest

from docflow.models.files import Refused
from docflow.models.index import IndexEntry
from docflow.models.outputs import ActionAnswer, EntityAnswer, StoredUrgency, UrgencyEvidence
from docflow.models.pages import PageText, PreparedPages, Transcript
from docflow.models.reviews import ApprovalDecision, ReviewOutcome
from docflow.models.states import PageMethod, Status, UrgencyLevel
from docflow.models.urgency import UrgencyDecision
from docflow.models.usage import ModelCall, Prices, sum_of
from docflow.policy.cost import estimate_cost
from docflow.record.builder import (
    Findings,
    build_record,
    gather,
)
from docflow.settings import Settings
from testkit.examples import (
    ACCEPTED,
    PAGES,
    SUMMARY,
    URGENT,
    bullet,
    facts_of,
    model_call,
    text_page,
    understood_document,
    work_of,
)
from testkit.fakes import START, fake_clients

FREE = Prices(0, 0, 0)
READ = Transcript(pages=2, pages_read=2, pages_failed=0, characters=100)


def test_calls_of_one_kind_are_added_up() -> None:
    calls = [model_call("summarize", cached_calls=n % 2) for n in range(3)]

    (total,) = sum_of(calls)

    assert (total.calls, total.prompt_tokens, total.completion_tokens, total.cached_calls) == (
        3,
        300,
        30,
        1,
    )


@pytest.mark.parametrize("field", ["step", "deployment", "model", "prompt_sha256"])
def test_calls_that_differ_in_kind_are_told_apart(field: str) -> None:
    one = model_call("summarize")
    other: ModelCall = one.model_copy(update={field: "another"})

    assert sum_of([one, other, one]) == [
        one.model_copy(
            update={"calls": 2, "prompt_tokens": 200, "completion_tokens": 20},
        ),
        other,
    ]


def test_no_calls_add_up_to_none() -> None:
    assert sum_of([]) == []


def test_cost_counts_pages_and_tokens_at_list_prices() -> None:
    calls = [model_call("summarize"), model_call("judge_urgency")]

    cost = estimate_cost(calls, Prices(10, 1_000, 10_000), ocr_pages=3, ocr_pages_saved=0)

    assert (cost.ocr_pages, cost.prompt_tokens, cost.completion_tokens) == (3, 200, 20)
    assert cost.estimated_usd == pytest.approx(0.03 + 0.2 + 0.2)


def test_what_was_saved_is_counted_at_the_same_prices() -> None:
    saved = {"cached_calls": 1, "saved_prompt_tokens": 100, "saved_completion_tokens": 10}
    call = model_call("summarize", prompt_tokens=0, completion_tokens=0, **saved)
    calls = sum_of([call, call])

    cost = estimate_cost(calls, Prices(10, 1_000, 10_000), ocr_pages=0, ocr_pages_saved=3)

    assert (cost.estimated_usd, cost.cached_calls, cost.ocr_pages_saved) == (0, 2, 3)
    assert cost.saved_usd == pytest.approx(0.03 + 0.2 + 0.2)


@pytest.mark.parametrize(("content_type", "saved"), [("application/pdf", 3 + 2), ("text/plain", 2)])
def test_pages_are_saved_where_others_would_pay_for_their_ocr(
    content_type: str, saved: int
) -> None:
    accepted = ACCEPTED.model_copy(update={"content_type": content_type})
    prepared = PreparedPages(pages=7, ocr="4-6", text_layer=3, empty=1)
    transcript = READ.model_copy(update={"ocr_pages": 1, "cached_pages": 2})

    end = facts_of(accepted=accepted, prepared=prepared, transcript=transcript)

    assert build_record(end, Findings(), FREE).cost.ocr_pages_saved == saved
    update = IndexEntry.of(end)
    assert (update.ocr_pages, update.ocr_pages_saved) == (1, saved)


def test_until_pages_are_read_those_that_need_ocr_are_told() -> None:
    end = facts_of(prepared=PreparedPages(pages=7, ocr="4-6", text_layer=4))

    assert IndexEntry.of(end).ocr_pages == 3


def test_prices_come_from_the_settings() -> None:
    settings = Settings.load(
        {
            "USD_PER_1000_OCR_PAGES": "1",
            "USD_PER_MILLION_PROMPT_TOKENS": "2",
            "USD_PER_MILLION_COMPLETION_TOKENS": "3",
        }
    )

    assert settings.prices() == Prices(1, 2, 3)


def test_nothing_is_gathered_where_nothing_was_left() -> None:
    assert gather(facts_of(), work_of(fake_clients())) == Findings()


def test_all_that_the_steps_left_is_gathered() -> None:
    clients = fake_clients()
    work = understood_document(clients, urgency=URGENT)

    findings = gather(facts_of(transcript=READ), work)

    assert (findings.pages, findings.summary, findings.urgency) == (
        PAGES,
        SUMMARY,
        StoredUrgency(answer=URGENT),
    )
    assert [call.step for call in findings.calls] == ["summarize", "judge_urgency"]


def test_an_accepted_file_is_described_as_it_was_found_and_not_as_it_was_announced() -> None:
    accepted = ACCEPTED.model_copy(update={"duplicate_of": "first"})

    source = build_record(facts_of(accepted=accepted), Findings(), FREE).source

    assert (source.content_type, source.pages, source.duplicate_of) == (
        "application/pdf",
        2,
        "first",
    )


def test_a_refused_file_keeps_digest_and_size_and_has_no_pages() -> None:
    refused = Refused(code="DAMAGED", message="m", content_type="image/png", sha256="cd", bytes=7)

    source = build_record(facts_of(Status.QUARANTINED, refused=refused), Findings(), FREE).source

    assert (source.sha256, source.bytes, source.content_type, source.pages) == (
        "cd",
        7,
        "image/png",
        0,
    )


def test_a_file_that_was_never_looked_at_is_described_as_it_was_announced() -> None:
    source = build_record(facts_of(Status.FAILED), Findings(), FREE).source

    assert (source.sha256, source.bytes, source.content_type) == (None, 10, "text/plain")


@pytest.mark.parametrize(
    ("transcript", "complete"),
    [
        (READ, True),
        (READ.model_copy(update={"pages_failed": 1}), False),
        (READ.model_copy(update={"pages_unread": 1}), False),
        (READ.model_copy(update={"characters_unread": 1}), False),
    ],
)
def test_a_summary_is_complete_where_it_rests_on_every_page_and_word(
    transcript: Transcript, complete: bool
) -> None:
    coverage = build_record(facts_of(transcript=transcript), Findings(), FREE).coverage

    assert coverage is not None
    assert coverage.complete is complete


def test_quotes_are_grounded_on_the_page_they_name() -> None:
    moved = SUMMARY.bullets[0].model_copy(update={"page": 2})
    summary = SUMMARY.model_copy(update={"bullets": [SUMMARY.bullets[0], moved]})

    record = build_record(facts_of(), Findings(pages=PAGES, summary=summary), FREE)

    assert record.summary is not None
    assert [bullet.grounded for bullet in record.summary.bullets] == [True, False]


def test_a_judgement_without_stored_reasons_is_recorded_without_them() -> None:
    urgency = UrgencyDecision(level=UrgencyLevel.URGENT, score=0.5, decided_by="policy")

    record = build_record(facts_of(urgency=urgency), Findings(), FREE)

    assert record.urgency is not None
    assert (record.urgency.reasons, record.urgency.decided_by) == ([], "policy")


def test_a_review_that_nobody_ended_counts_its_reminders() -> None:
    review = ReviewOutcome(reminders=3, escalated=True)

    record = build_record(facts_of(Status.EXPIRED, review=review), Findings(), FREE).review

    assert (record.decision, record.reminders, record.escalated) == (None, 3, True)


def test_a_decision_by_somebody_unknown_is_recorded_all_the_same() -> None:
    review = ReviewOutcome(decision=ApprovalDecision(approved=False), decided_at=START, via="api")

    decision = build_record(
        facts_of(Status.REJECTED, review=review), Findings(), FREE
    ).review.decision

    assert decision is not None
    assert (decision.approved, decision.reviewer, decision.via) == (False, None, "api")


def test_only_pages_that_were_recognized_cost_anything() -> None:
    pages = [
        text_page(1, "typed"),
        text_page(2, "scan", method=PageMethod.OCR, recognized=True),
        PageText(number=3, method=PageMethod.EMPTY, recognized=True),
        PageText(number=4, method=PageMethod.FAILED),
    ]

    record = build_record(facts_of(), Findings(pages=pages), Prices(1_000, 0, 0))

    assert (record.cost.ocr_pages, record.cost.estimated_usd) == (2, 2.0)


def test_tries_that_ocr_never_answered_are_counted_as_paid_for() -> None:
    pages = [text_page(1, "scan", method=PageMethod.OCR, recognized=True)]
    transcript = Transcript(
        pages=1, pages_read=1, pages_failed=0, characters=4, ocr_pages=1, wasted_pages=2
    )
    ended = facts_of(transcript=transcript)

    record = build_record(ended, Findings(pages=pages), Prices(1_000, 0, 0))

    assert (record.cost.ocr_pages, record.cost.estimated_usd) == (3, 3.0)
    assert IndexEntry.of(ended).ocr_pages == 3


def test_a_record_shows_what_the_document_says_without_invisible_characters() -> None:
    odd = "\u202ePay\u200b\u2066 now\U000e0041"
    summary = SUMMARY.model_copy(
        update={
            "title": odd,
            "bullets": [bullet(odd, 1, odd)],
            "entities": [EntityAnswer(kind="amount", value=odd, page=1)],
            "actions": [ActionAnswer(text=odd, due_date=None, page=1)],
            "draft_reply": odd,
        }
    )
    urgency = URGENT.model_copy(update={"reasons": [odd]})
    pages = [text_page(1, "Please \u200fpay now")]
    end = facts_of(
        urgency=UrgencyDecision(level=UrgencyLevel.URGENT, score=0.9, decided_by="model")
    )

    made = build_record(
        end, Findings(pages=pages, summary=summary, urgency=StoredUrgency(answer=urgency)), FREE
    )

    assert made.summary is not None
    assert made.urgency is not None
    (shown,) = made.summary.bullets
    assert [
        *(made.summary.title, shown.text, shown.quote, made.entities[0].value),
        *(made.actions[0].text, made.draft_reply, *made.urgency.reasons),
    ] == ["Pay now"] * 7
    assert shown.grounded
    assert made.source.name == end.request.source.name


def test_a_statement_without_a_page_of_the_document_names_none() -> None:
    action = ActionAnswer(text="Pay.", due_date=None, page=0)
    summary = SUMMARY.model_copy(
        update={"bullets": [bullet("Invented.", 0, "nowhere")], "actions": [action]}
    )

    record = build_record(facts_of(), Findings(pages=PAGES, summary=summary), FREE)

    assert record.summary is not None
    assert [(each.page, each.grounded) for each in record.summary.bullets] == [(None, False)]
    assert [each.page for each in record.actions] == [None]


@pytest.mark.parametrize(
    ("days", "due"), [([3], "2026-03-03"), ([3, 5], None), ([], None)], ids=["one", "two", "none"]
)
def test_an_action_without_a_date_gets_the_only_deadline_of_its_page(
    days: list[int], due: str | None
) -> None:
    evidence = [
        UrgencyEvidence(
            signal="deadline", says="", weight=0.5, page=1, quote="", day=date(2026, 3, day)
        )
        for day in days
    ]
    actions = [ActionAnswer(text="Pay.", due_date=None, page=page) for page in (1, 2)]
    judged = StoredUrgency(answer=URGENT, evidence=evidence)
    summary = SUMMARY.model_copy(update={"actions": actions})

    record = build_record(facts_of(), Findings(pages=PAGES, summary=summary, urgency=judged), FREE)

    assert [action.due_date for action in record.actions] == [due, None]
