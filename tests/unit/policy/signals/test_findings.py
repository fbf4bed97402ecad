"""What speaks for urgency in whole letters."""

from __future__ import annotations

from datetime import date

import pytest

from docflow.policy.signals.findings import UrgencyFindings, findings_in

RECEIVED = date(2026, 11, 28)


def read(text: str, language: str = "en") -> UrgencyFindings:
    return findings_in(text, RECEIVED, language=language)


def signals(text: str, language: str = "en") -> list[str]:
    return [found.signal for found in read(text, language).evidence]


def test_things_that_speak_for_urgency_together_weigh_more() -> None:
    alone = read("This is our final notice.")
    dated = read("This is our final notice. Please pay by 3 December 2026.")

    assert alone.score < 0.5 < dated.score
    assert dated.deadline == date(2026, 12, 3)


def test_two_signals_in_one_sentence_are_one() -> None:
    assert len(signals("This final notice comes before a court hearing.")) == 1


@pytest.mark.parametrize(
    ("day", "weight"),
    [
        ("29 November 2026", 0.6), ("1 December 2026", 0.6), ("5 December 2026", 0.5),
        ("12 December 2026", 0.25), ("20 December 2026", 0), ("25 November 2026", 0.6),
        ("1 November 2026", 0),
    ],
)  # fmt: skip
def test_a_deadline_counts_by_the_days_that_are_left(day: str, weight: float) -> None:
    assert read(f"Please reply by {day}.").score == pytest.approx(weight)


def test_a_day_without_a_word_for_it_counts_less_unless_something_has_to_be_done() -> None:
    assert read("The engineer comes on 2 December 2026.").score == pytest.approx(0.3)
    assert read("The flat must be empty on 1 December 2026.").score == pytest.approx(0.6)
    assert read("Figures as at 2 December 2026.").score == 0


def test_what_follows_if_nobody_acts_counts_with_a_day_for_it() -> None:
    silent = "Please sign by 4 December 2026."

    assert signals(f"{silent} Otherwise the place goes to another.") == ["deadline", "inaction"]
    assert signals("Otherwise the place goes to another.") == []


@pytest.mark.parametrize(
    "text",
    [
        "If you smell gas, there is a risk of explosion.",
        "No gas leak was found.",
        "The gas leak has been repaired.",
        "Gas Leak Film Productions, Burning Lane 3",
        "This is a drill. There was a gas leak.",
        "Terms and conditions\nA gas leak is an emergency.",
    ],
)
def test_danger_that_is_not_asserted_does_not_count(text: str) -> None:
    assert "danger-to-people" not in signals(text)


def test_a_settled_matter_lowers_the_score_unless_a_deadline_stands() -> None:
    notice, settled = "This is our final notice.", "The account has been settled."
    dated = f"{notice} Please pay by 1 December 2026."

    assert read(f"{notice} {settled}").score < read(notice).score / 2
    assert read(f"{dated} {settled}").score == read(dated).score


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Members pay within 14 days.", False),
        ("You pay within 14 days.", True),
        ("The fee must be paid within 14 days.", True),
    ],
)
def test_a_term_in_a_rule_for_everybody_is_no_deadline(text: str, counts: bool) -> None:
    assert ("deadline" in signals(text)) is counts


def test_a_letter_that_comes_in_late_is_judged_as_if_in_time() -> None:
    letter = "Leeds, 3 March 2026\n\nDear Ms Ray,\nplease pay by 10 March 2026."

    assert read(letter).deadline == date(2026, 3, 10)


def test_a_condition_settles_nothing() -> None:
    text = "This is our final notice. Pay by 1 December 2026."

    assert not read(f"{text} If you have already paid, no action is required.").settled


def test_each_reason_quotes_its_sentence() -> None:
    (found,) = read("Good day.\n\nThis is our final\nnotice. Bye.").evidence

    assert (found.quote, found.says) == (
        "This is our final notice.",
        "it is the last demand or reminder",
    )


def test_time_grows_with_the_text_alone() -> None:
    assert read("Nothing happens here. " * 2_000).score == 0
