"""The labelled documents: enough of each sort, and each of them consistent."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import ValidationError

from devstack.environment.root import ROOT
from docflow.models.states import UrgencyLevel
from evals.labelled import FOLDER, Kind, LabelledDocument, Tag, load_documents

DOCUMENTS = load_documents()
MAJOR = {"en", "de", "fr", "es", "it", "nl", "pt", "pl"}
LETTER = {
    "id": "en-letter",
    "language": "en",
    "kind": "letter",
    "label": "urgent",
    "received": "2026-11-30",
    "deadline": "2026-12-02",
    "tags": ["understated"],
    "facts": ["the two keys", "on Wednesday"],
    "text": "Bring the two\nkeys on Wednesday.",
}


def document(**fields: Any) -> LabelledDocument:
    return LabelledDocument.model_validate({**LETTER, **fields})


def test_there_are_enough_documents_in_every_language() -> None:
    languages = Counter(each.language for each in DOCUMENTS)

    assert len(DOCUMENTS) >= 200
    assert {name for name, count in languages.items() if count >= 20} == MAJOR
    assert {"sv", "da", "cs"} <= set(languages)


@pytest.mark.parametrize("language", sorted(MAJOR))
def test_half_of_a_language_is_urgent(language: str) -> None:
    labels = Counter(each.label for each in DOCUMENTS if each.language == language)

    assert abs(labels[UrgencyLevel.URGENT] - labels[UrgencyLevel.NORMAL]) <= 2


def test_deadlines_of_urgent_documents_are_near_and_normal_ones_have_none() -> None:
    near = {each.id: (each.deadline - each.received).days for each in DOCUMENTS if each.deadline}

    assert {name: days for name, days in near.items() if days > 7} == {}
    assert [each.id for each in DOCUMENTS if each.deadline and not each.urgent] == []


def test_every_kind_and_tag_occurs() -> None:
    assert {each.kind for each in DOCUMENTS} == set(get_args(Kind))
    used = {tag for each in DOCUMENTS for tag in each.tags}
    assert set(get_args(Tag)) - used <= {"deadline-passed"}


def test_every_tag_is_explained() -> None:
    readme = (ROOT / "evals" / "README.md").read_text(encoding="utf-8")

    assert [tag for tag in get_args(Tag) if f"| `{tag}` |" not in readme] == []


def test_injections_and_long_documents_are_of_both_labels() -> None:
    for tag in ("injection", "long"):
        labels = {each.label for each in DOCUMENTS if tag in each.tags}
        assert labels == set(UrgencyLevel), tag
    assert sum(len(each.pages) > 1 for each in DOCUMENTS) >= 12


def test_texts_are_all_different() -> None:
    assert len({each.text for each in DOCUMENTS}) == len(DOCUMENTS)


def test_every_file_holds_one_language() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == {each.language for each in DOCUMENTS}


def test_fact_may_be_wrapped_in_the_text() -> None:
    found = document()

    assert found.facts == ("the two keys", "on Wednesday")
    assert found.pages == ("Bring the two\nkeys on Wednesday.",)
    assert found.deadline == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"facts": ["the two keys", "on Friday"]}, "'on Friday' does not stand in the text"),
        ({"facts": ["the two keys"]}, "at least 2 items"),
        ({"deadline": "2026-11-29"}, "the deadline is before the day of receipt"),
        ({"id": "de-letter"}, "does not begin with en"),
        ({"kind": "postcard"}, "Input should be"),
        ({"tags": ["odd"]}, "Input should be"),
        ({"tags": []}, "at least 1 item"),
        ({"colour": "red"}, "Extra inputs are not permitted"),
        ({"pages": ["One.", "Two."]}, "either a text or pages"),
    ],
)
def test_inconsistent_document_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        document(**fields)


def test_deadline_that_has_passed_needs_its_tag() -> None:
    assert document(deadline="2026-11-27", tags=["deadline-passed"]).deadline == date(2026, 11, 27)


def test_two_documents_of_the_same_id_are_refused(tmp_path: Path) -> None:
    twice = {name: value for name, value in LETTER.items() if name != "language"}
    text = yaml.safe_dump({"language": "en", "documents": [twice, twice]})
    (tmp_path / "en.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match="two documents 'en-letter'"):
        load_documents(tmp_path)
