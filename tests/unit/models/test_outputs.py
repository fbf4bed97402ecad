from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from docflow.models.outputs import ModelAnswer, SummaryAnswer, UrgencyAnswer
from docflow.models.pages import PageText
from docflow.models.reviews import ApprovalDecision
from docflow.models.states import UrgencyLevel
from docflow.record.schema import ResultRecord
from testkit.examples import SUMMARY


def objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in (schema, *schema.get("$defs", {}).values()) if "properties" in part]


@pytest.mark.parametrize("form", [SummaryAnswer, UrgencyAnswer])
def test_the_forms_fit_strict_structured_outputs(form: type[ModelAnswer]) -> None:
    for part in objects(form.model_json_schema()):
        assert part["additionalProperties"] is False
        assert set(part["required"]) == set(part["properties"])


@pytest.mark.parametrize("form", [SummaryAnswer, UrgencyAnswer])
def test_the_model_is_told_what_each_field_is_for(form: type[ModelAnswer]) -> None:
    explained = {"description", "enum", "$ref"}  # of a list of words the words speak

    assert [
        name
        for part in objects(form.model_json_schema())
        for name, field in part["properties"].items()
        if not explained & field.keys()
    ] == []


def test_answers_are_read_in_the_form_that_they_are_asked_for_in() -> None:
    raw = SUMMARY.model_dump_json(by_alias=True)

    assert '"documentType"' in raw
    assert SummaryAnswer.model_validate_json(raw) == SUMMARY


def test_an_answer_with_something_extra_is_not_of_the_form() -> None:
    with pytest.raises(ValidationError):
        UrgencyAnswer.model_validate(
            {"level": "normal", "score": 0, "reasons": [], "thoughts": "..."}
        )


@pytest.mark.parametrize("score", ["NaN", "Infinity"])
def test_a_score_that_is_no_number_is_not_of_the_form(score: str) -> None:
    with pytest.raises(ValidationError):
        UrgencyAnswer.model_validate_json(f'{{"level":"normal","score":{score},"reasons":[]}}')


@pytest.mark.parametrize(
    "form", [SummaryAnswer, UrgencyAnswer, PageText, ApprovalDecision, ResultRecord]
)
@pytest.mark.parametrize("raw", ['{"title": ["the patient has"]}', "the patient has"])
def test_what_cannot_be_read_is_not_quoted_in_the_error(form: type[ModelAnswer], raw: str) -> None:
    with pytest.raises(ValidationError) as caught:
        form.model_validate_json(raw)

    assert "patient" not in str(caught.value)


@pytest.mark.parametrize("level", ["high", "Urgent", ""])
def test_a_level_other_than_the_two_is_not_of_the_form(level: str) -> None:
    for taken in ("urgent", "normal"):
        UrgencyAnswer(level=UrgencyLevel(taken), score=0, reasons=[])
    with pytest.raises(ValidationError):
        UrgencyAnswer.model_validate({"level": level, "score": 0, "reasons": []})
