from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from docflow.models.states import Status
from docflow.models.usage import Prices
from docflow.record.builder import Findings, build_record
from docflow.record.schema import ResultRecord, result_schema
from testkit.examples import facts_of

SCHEMA_FILE = Path(__file__).resolve().parents[3] / "schemas" / "result.schema.json"
FREE = Prices(0, 0, 0)
RECORD = build_record(facts_of(), Findings(), FREE).dump()
ADDED_LATER = (
    *("attemptOf", "parent", "attachments"),
    *("cached", "ocrPagesSaved", "pagesUnread", "savedUsd"),
)


def test_the_shipped_schema_is_made_from_the_models() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == result_schema()


def test_the_schema_is_a_valid_one_of_its_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(result_schema())


@pytest.mark.parametrize("status", ["published", "rejected", "expired", "quarantined", "failed"])
def test_a_record_may_tell_of_each_end(status: str) -> None:
    jsonschema.validate({**RECORD, "status": status}, result_schema())


@pytest.mark.parametrize("status", ["processing", "waiting", "done"])
def test_a_record_tells_of_nothing_but_an_end(status: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**RECORD, "status": status}, result_schema())


@pytest.mark.parametrize("status", [Status.PROCESSING, Status.WAITING])
def test_there_is_no_record_of_a_document_under_way(status: Status) -> None:
    with pytest.raises(ValidationError, match="is not the status of a document that has ended"):
        build_record(facts_of(status), Findings(), FREE)


def test_a_record_that_is_read_back_is_the_same() -> None:
    record = build_record(facts_of(), Findings(), FREE)

    assert ResultRecord.model_validate(record.dump()) == record


@pytest.mark.parametrize("field", [name for name in RECORD if name not in ADDED_LATER])
def test_a_record_without_one_of_its_fields_is_not_of_the_schema(field: str) -> None:
    lacking = {name: value for name, value in RECORD.items() if name != field}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(lacking, result_schema())


def test_a_record_of_the_first_release_is_still_one() -> None:
    first = without(ADDED_LATER, RECORD)

    jsonschema.validate(first, result_schema())
    assert ResultRecord.model_validate(first).document_id == RECORD["documentId"]


def without(fields: Collection[str], value: object) -> object:
    """Leave fields out of a record, wherever in it they stand."""
    if isinstance(value, list):
        return [without(fields, each) for each in value]
    if isinstance(value, dict):
        return {name: without(fields, each) for name, each in value.items() if name not in fields}
    return value


def test_a_record_with_a_field_of_its_own_is_not_of_the_schema() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**RECORD, "mood": "good"}, result_schema())
