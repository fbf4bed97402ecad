from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from docflow.models.outputs import Answer, SummaryAnswer, UrgencyAnswer
from docflow.models.pages import PageText
from docflow.models.reviews import ApprovalDecision
from docflow.models.states import UrgencyLevel
from docflow.record.schema import ResultRecord
from testkit.examples import SUMMARY


def objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in (schema, *schema.get("$defs", {}).values()) if "properties" in part]


@pytest.mark.parametrize("form", [SummaryAnswer, UrgencyAnswer])
def test_the_forms_fit_strict_structured_outputs(form: type[Answer]) -> None:
    for part in objects(form.model_json_schema()):
        assert part["additionalProperties"] is False
        assert set(part["required"]) == set(part["properties"])


@pytest.mark.parametrize("form", [SummaryAnswer, UrgencyAnswer])
def test_the_model_is_told_what_each_field_is_for(form: type[Answer]) -> None:
    described = [
        name
        for part in objects(form.model_json_schema())
        for name, field in part["properties"].items()
        if "description" in field or "$ref" in field
    ]

    assert {"title", "bullets", "quote", "dueDate"} <= set(described) or "score" in described


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
def test_what_cannot_be_read_is_not_quoted_in_the_error(form: type[Answer], raw: str) -> None:
    with pytest.raises(ValidationError) as caught:
        form.model_validate_json(raw)

    assert "patient" not in str(caught.value)


def test_levels_are_the_two_words_of_the_contract() -> None:
    assert [level.value for level in UrgencyLevel] == ["urgent", "normal"]
