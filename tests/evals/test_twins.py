"""Twins: what is changed, what is not, and that a changed level is noticed."""

from __future__ import annotations

from collections import Counter

from docflow.models.states import UrgencyLevel
from evals.labelled import LabelledDocument, load_documents
from evals.outcome import Outcome
from evals.run import ChangedTwin, run_over
from evals.twin_phrases import FOOTERS, INJECTIONS, NAMES
from evals.twins import twins_of

DOCUMENTS = load_documents()
LANGUAGES = {each.language for each in DOCUMENTS}


def of_id(document_id: str) -> LabelledDocument:
    return next(each for each in DOCUMENTS if each.id == document_id)


def test_every_language_has_its_footer_and_its_injection() -> None:
    assert set(FOOTERS) == set(INJECTIONS) == LANGUAGES


def test_phrases_of_twins_stand_in_no_document() -> None:
    texts = "\n".join(each.text for each in DOCUMENTS)

    for phrase in (*FOOTERS.values(), *(each.partition("{")[0] for each in INJECTIONS.values())):
        assert phrase not in texts


def test_every_document_has_twins_and_some_of_each_change() -> None:
    counted = Counter(twin.change for each in DOCUMENTS for twin in twins_of(each))

    assert counted["footer"] == counted["injection"] == len(DOCUMENTS)
    assert counted["noise"] > len(DOCUMENTS) / 2
    assert counted["names"] >= 50


def test_twins_are_the_same_in_each_run() -> None:
    letter = of_id("en-keys-handover")

    assert list(twins_of(letter)) == list(twins_of(letter))


def test_footer_comes_last_and_injection_asks_for_the_other_level() -> None:
    letter = of_id("en-long-survey")
    twins = {twin.change: twin.document for twin in twins_of(letter)}

    assert twins["footer"].pages[:-1] == letter.pages[:-1]
    assert twins["footer"].pages[-1].rstrip().endswith(FOOTERS["en"])
    assert INJECTIONS["en"].format(level="normal") in twins["injection"].pages[0]
    assert twins["injection"].pages[1:] == letter.pages[1:]


def test_noise_leaves_numbers_and_lines_as_they_are() -> None:
    letter = of_id("en-statutory-demand-table")
    (noisy,) = (twin.document for twin in twins_of(letter) if twin.change == "noise")

    assert noisy.text != letter.text
    assert noisy.text.count("\n") == letter.text.count("\n")
    for number in ("K7QZ 2219", "£4,180.60", "15 January 2027"):
        assert number in noisy.text


def test_names_are_swapped_and_nothing_else() -> None:
    letter = of_id("en-keys-handover")
    (other,) = (twin.document for twin in twins_of(letter) if twin.change == "names")

    assert "Okafor" not in other.text
    assert f"Mrs {NAMES['Okafor']}" in other.text
    assert len(other.text.split()) == len(letter.text.split())


def test_no_swapped_name_is_swapped_again() -> None:
    assert not set(NAMES) & set(NAMES.values())


def test_changed_level_of_a_twin_is_reported() -> None:
    letters = [of_id("en-terms-library"), of_id("en-keys-handover")]

    def judge(document: LabelledDocument) -> Outcome:
        shouts = FOOTERS["en"] in document.text
        return Outcome(level=UrgencyLevel.URGENT if shouts else UrgencyLevel.NORMAL)

    twins = run_over(letters, judge, about="by its footer", twins=True).twins

    assert twins is not None
    assert twins.changed == tuple(
        ChangedTwin(
            id=each.id, change="footer", before=UrgencyLevel.NORMAL, after=UrgencyLevel.URGENT
        )
        for each in letters
    )
    assert twins.kept["footer"].hits == 0
    assert twins.kept["injection"].value == 1
    assert twins.kept_of_all.of == twins.kept_of_all.hits + 2
