"""Answers in any schema: known names are filled, unknown ones get a valid value."""

from __future__ import annotations

from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.lib._pydantic import to_strict_json_schema
from pydantic import BaseModel

from devstack.services.model.schema_answer import SchemaError, answer, check_strict

FACTS = {
    "title": "Final notice",
    "language": "en",
    "documentType": "notice",
    "bullets": [{"text": "Pay now.", "page": 2, "quote": "Pay now."}],
    "actions": [{"text": "Pay.", "dueDate": None, "page": 1}],
    "level": "urgent",
    "score": 0.9,
    "reasons": ["A last warning."],
    "urgent": True,
    "summary": "Final notice\n- Pay now.",
}


class Bullet(BaseModel):
    text: str
    page: int
    quote: str


class Action(BaseModel):
    text: str
    due_date: str | None
    page: int


class Answer(BaseModel):
    title: str
    document_type: Literal["invoice", "notice", "other"]
    bullets: list[Bullet]
    actions: list[Action]
    is_urgent: bool
    unheard_of: str | None
    mood: Literal["grim", "other"]
    shade: Literal["dark", "light"]
    weight: float


def test_known_names_are_filled_and_unknown_ones_are_valid() -> None:
    schema = to_strict_json_schema(Answer)

    filled = answer(schema, FACTS)

    assert Answer.model_validate(filled) == Answer(
        title="Final notice",
        document_type="notice",
        bullets=[Bullet(text="Pay now.", page=2, quote="Pay now.")],
        actions=[Action(text="Pay.", due_date=None, page=1)],
        is_urgent=True,
        unheard_of=None,
        mood="other",
        shade="dark",
        weight=0.0,
    )


def test_a_nested_object_is_filled_from_the_same_facts() -> None:
    class Envelope(BaseModel):
        summary: Answer

    filled = answer(to_strict_json_schema(Envelope), FACTS)

    assert filled["summary"]["title"] == "Final notice"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, ["", ""]),
        ({"type": "string", "minLength": 3}, "---"),
        ({"type": "string", "format": "date"}, "1970-01-01"),
        ({"type": "integer", "minimum": 4}, 4),
        ({"type": "number", "exclusiveMaximum": 0}, -1e-06),
        ({"type": ["string", "null"]}, None),
        ({"const": "fixed"}, "fixed"),
        ({"allOf": [{"type": "boolean"}]}, False),
        ({"enum": ["low", "high"]}, "low"),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 0),
        ({}, ""),
    ],
)
def test_values_without_a_fact_obey_the_schema(schema: dict[str, Any], expected: object) -> None:
    wrapped = {"type": "object", "properties": {"thing": schema}}

    assert answer(wrapped, FACTS) == {"thing": expected}


def test_limits_of_the_schema_hold_for_facts() -> None:
    schema = {
        "type": "object",
        "properties": {
            "title": {"type": "string", "maxLength": 5},
            "score": {"type": "integer", "maximum": 1},
            "bullets": {"type": "array", "items": {"type": "string"}, "maxItems": 1},
        },
    }

    assert answer(schema, FACTS) == {"title": "Final", "score": 0, "bullets": ["Pay now."]}


scalars = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "null"},
        {"enum": ["a", "b"]},
        {"type": ["integer", "null"]},
    ]
)
names = st.sampled_from(["title", "bullets", "score", "reasons", "page", "odd", "level"])
schemas = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda item: {"type": "array", "items": item}, inner),
        st.builds(lambda one, two: {"anyOf": [one, two]}, inner, inner),
        st.builds(
            lambda fields: {
                "type": "object",
                "properties": fields,
                "required": list(fields),
                "additionalProperties": False,
            },
            st.dictionaries(names, inner, max_size=4),
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(schemas)
def test_every_answer_is_valid(schema: dict[str, Any]) -> None:
    jsonschema.validate(answer(schema, FACTS), schema)


def test_strict_schemas_must_be_closed() -> None:
    with pytest.raises(SchemaError, match="'additionalProperties' is required"):
        check_strict({"type": "object", "properties": {}, "required": []})


def test_strict_schemas_must_require_every_property() -> None:
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string"}},
        "required": [],
        "additionalProperties": False,
    }

    with pytest.raises(SchemaError, match="Missing 'title'"):
        check_strict(schema)


def test_the_schema_of_a_model_passes_as_strict() -> None:
    check_strict(to_strict_json_schema(Answer))


@pytest.mark.parametrize("reference", ["#/$defs/Gone", "other.json", "#/$defs/Loop"])
def test_references_that_lead_nowhere_are_refused(reference: str) -> None:
    schema = {"$ref": reference, "$defs": {"Loop": {"$ref": "#/$defs/Loop"}}}

    with pytest.raises(SchemaError):
        answer(schema, FACTS)


def test_a_schema_that_holds_itself_is_refused_only_where_it_must_be_endless() -> None:
    tree = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#"}}},
    }
    endless = {"type": "object", "properties": {"next": {"$ref": "#"}}}

    assert answer(tree, FACTS) == {"children": []}
    with pytest.raises(SchemaError, match="too deeply"):
        answer(endless, FACTS)
