"""Values of the model that cannot be true are repaired or dropped, and counted."""

from __future__ import annotations

from typing import Any

import pytest

from docflow.models.corrections import Corrections
from docflow.models.outputs import ActionAnswer, EntityAnswer, SummaryAnswer, UrgencyAnswer
from docflow.models.states import UrgencyLevel
from docflow.policy.answer_values import correct_summary, correct_urgency
from testkit.examples import FIRST_PAGE, SECOND_PAGE, SUMMARY, bullet

PAGES = {1: FIRST_PAGE, 2: SECOND_PAGE}
SOUND = Corrections()


def corrected(**fields: Any) -> tuple[SummaryAnswer, Corrections]:
    return correct_summary(SUMMARY.model_copy(update=fields), PAGES)


def action(due_date: str | None, page: int = 2, text: str = "Pay.") -> ActionAnswer:
    return ActionAnswer(text=text, due_date=due_date, page=page)


def test_a_sound_answer_stays_as_it_is() -> None:
    assert correct_summary(SUMMARY, PAGES) == (SUMMARY, SOUND)


@pytest.mark.parametrize("due", [None, "2027-01-30", "2024-02-29"])
def test_a_date_that_exists_stays(due: str | None) -> None:
    answer, corrections = corrected(actions=[action(due)])

    assert (answer.actions[0].due_date, corrections) == (due, SOUND)


@pytest.mark.parametrize(
    ("due", "date"),
    [
        ("2027-1-30", "2027-01-30"),
        ("2027/01/30", "2027-01-30"),
        ("2027-01-30T00:00:00Z", "2027-01-30"),
        ("30.01.2027", "2027-01-30"),
        (" 2027-01-30 ", "2027-01-30"),
    ],
)
def test_a_date_in_another_form_is_repaired(due: str, date: str) -> None:
    answer, corrections = corrected(actions=[action(due)])

    assert answer.actions[0].due_date == date
    assert corrections == Corrections(repaired={"dueDate": 1})


@pytest.mark.parametrize(
    "due",
    ["2027-02-30", "2027-13-01", "2023-02-29", "0001-01-01", "9999-12-31", "01/02/2027", "soon"],
)
def test_a_date_that_cannot_be_is_dropped(due: str) -> None:
    answer, corrections = corrected(actions=[action(due)])

    assert answer.actions[0].due_date is None
    assert corrections == Corrections(dropped={"dueDate": 1})


@pytest.mark.parametrize("due", ["", " ", "null", "None", "N/A"])
def test_a_word_for_no_date_is_no_date(due: str) -> None:
    answer, corrections = corrected(actions=[action(due)])

    assert (answer.actions[0].due_date, corrections) == (None, SOUND)


@pytest.mark.parametrize("language", ["en", "de-AT", "zh-Hant-TW", "es-419", "yue", "sl-rozaj"])
def test_a_language_tag_stays(language: str) -> None:
    answer, corrections = corrected(language=language)

    assert (answer.language, corrections) == (language, SOUND)


@pytest.mark.parametrize(
    ("language", "tag"),
    [
        ("EN", "en"),
        (" de ", "de"),
        ("de_de", "de-DE"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("English", "en"),
        ("Français", "fr"),
    ],
)
def test_a_language_in_another_form_is_repaired(language: str, tag: str) -> None:
    answer, corrections = corrected(language=language)

    assert answer.language == tag
    assert corrections == Corrections(repaired={"language": 1})


@pytest.mark.parametrize("language", ["", "xx", "Klingon", "e", "en-", "en us", "en-US-!", "12"])
def test_what_is_no_language_is_undetermined(language: str) -> None:
    answer, corrections = corrected(language=language)

    assert answer.language == "und"
    assert corrections == Corrections(dropped={"language": 1})


def test_a_page_that_does_not_exist_is_the_one_with_the_quote() -> None:
    answer, corrections = corrected(bullets=[bullet("The meter.", 9, "was read on Monday")])

    assert answer.bullets[0].page == 1
    assert corrections == Corrections(repaired={"page": 1})


@pytest.mark.parametrize("page", [9, -1])
def test_a_page_that_does_not_exist_is_dropped(page: int) -> None:
    answer, corrections = corrected(
        bullets=[bullet("Invented.", page, "words of nobody")],
        actions=[action(None, page)],
        entities=[EntityAnswer(kind="person", value="Nobody", page=page)],
    )

    assert answer.bullets[0].page == 0
    assert answer.actions[0].page == 0
    assert answer.entities == []
    assert corrections == Corrections(dropped={"page": 2, "entity": 1})


def test_an_entity_moves_to_the_page_where_it_stands() -> None:
    answer, _ = corrected(entities=[EntityAnswer(kind="address", value="5 Elm Street", page=7)])

    assert [entity.page for entity in answer.entities] == [1]


def test_what_says_nothing_is_dropped() -> None:
    answer, corrections = corrected(
        bullets=[*SUMMARY.bullets, bullet(" ", 1, "was read")],
        actions=[action(None, text=" ")],
        entities=[EntityAnswer(kind="person", value="", page=1)],
        draft_reply=" ",
    )

    assert (answer.bullets, answer.actions, answer.entities) == (SUMMARY.bullets, [], [])
    assert answer.draft_reply is None
    assert corrections == Corrections(dropped={"bullet": 1, "action": 1, "entity": 1})


@pytest.mark.parametrize("title", ["", " \n\t", "\u00a0"])
def test_a_blank_title_is_the_first_statement(title: str) -> None:
    answer, corrections = corrected(title=title)

    assert answer.title == SUMMARY.bullets[0].text
    assert corrections == Corrections(repaired={"title": 1})


def test_a_title_is_one_line() -> None:
    assert corrected(title="Notice\nof  arrears")[0].title == "Notice of arrears"


def test_texts_without_end_are_cut() -> None:
    answer, corrections = corrected(
        title="word " * 100,
        bullets=[bullet("word " * 1_000, 1, FIRST_PAGE)],
        draft_reply="x" * 20_000,
    )

    assert (len(answer.title) <= 200, answer.title[-5:]) == (True, "word…")
    assert len(answer.bullets[0].text) <= 1_000
    assert len(answer.draft_reply or "") == 10_000
    assert corrections == Corrections(repaired={"title": 1, "bullet": 1, "draftReply": 1})


def test_what_was_corrected_is_not_corrected_again() -> None:
    answer, _ = corrected(
        title="",
        language="German",
        bullets=[bullet("word " * 1_000, 9, "nothing")],
        actions=[action("30.01.2027", 9), action("2027-02-30")],
    )

    assert correct_summary(answer, PAGES) == (answer, SOUND)


@pytest.mark.parametrize(("score", "kept"), [(-0.5, 0), (7, 1)])
def test_a_score_is_a_share(score: float, kept: float) -> None:
    judged = UrgencyAnswer(level=UrgencyLevel.URGENT, score=score, reasons=["Due.", " "])

    answer, corrections = correct_urgency(judged)

    assert (answer.score, answer.reasons) == (kept, ["Due."])
    assert corrections == Corrections(repaired={"score": 1}, dropped={"reason": 1})


def test_corrections_add_up_and_hold_no_values() -> None:
    both = Corrections(dropped={"dueDate": 1}).plus(
        Corrections(dropped={"dueDate": 1, "page": 2}, repaired={"language": 1})
    )

    assert str(both) == "dropped: dueDate 2, page 2; repaired: language 1"
    assert str(SOUND) == "dropped: none; repaired: none"
