from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from docflow.models.states import Status
from docflow.record.builder import Findings, Prices, build_record
from docflow.record.schema import ResultRecord, result_schema
from testkit.examples import closing

SCHEMA_FILE = Path(__file__).resolve().parents[2] / "schemas" / "result.schema.json"
FREE = Prices(0, 0, 0)


def test_the_shipped_schema_is_made_from_the_models() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == result_schema()


def test_the_schema_is_a_valid_one_of_its_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(result_schema())


def test_the_schema_knows_the_five_ends_alone() -> None:
    assert result_schema()["properties"]["status"]["enum"] == [
        "published",
        "rejected",
        "expired",
        "quarantined",
        "failed",
    ]


@pytest.mark.parametrize("status", [Status.PROCESSING, Status.WAITING])
def test_there_is_no_record_of_a_document_under_way(status: Status) -> None:
    with pytest.raises(ValidationError, match="tells of an end"):
        build_record(closing(status), Findings(), FREE)


def test_a_record_that_is_read_back_is_the_same() -> None:
    record = build_record(closing(), Findings(), FREE)

    assert ResultRecord.model_validate(record.dump()) == record


def test_every_field_is_always_there_except_for_those_that_came_later() -> None:
    schema = result_schema()

    optional = {
        name
        for part in [schema, *schema["$defs"].values()]
        for name in set(part.get("properties", [])) - set(part.get("required", []))
    }

    added = {"cached", "ocrPagesSaved", "pagesUnread", "savedUsd"}
    assert optional == {"attemptOf", "parent", "attachments", *added}


def test_a_record_with_a_field_of_its_own_is_not_of_the_schema() -> None:
    record = build_record(closing(), Findings(), FREE).dump()

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**record, "mood": "good"}, result_schema())
