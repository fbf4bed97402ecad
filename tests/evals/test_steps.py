"""The steps of the product, run over documents with a model that says what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from docflow.clients import build_clients
from docflow.errors import ErrorCode, TransientError, WastedAnswerError
from docflow.models.outputs import SummaryAnswer, UrgencyAnswer
from docflow.models.states import UrgencyLevel
from docflow.ports import LanguageModel
from docflow.settings import Settings
from evals.labelled import load_documents
from evals.outcome import Usage
from evals.run import run_over
from evals.stand_in import running_stand_in
from evals.steps import (
    PatientModel,
    ProductSteps,
    activities_find_clients,
    is_about_urgency,
    outcome_of,
)
from testkit.examples import bullet
from testkit.fakes import ScriptedModel

LETTER = next(each for each in load_documents() if each.id == "en-keys-handover")
SUMMARY = SummaryAnswer(
    title="Keys of 14 Marlow Terrace",
    language="en",
    document_type="letter",
    bullets=[
        bullet("The keys are due.", 1, "let us have both sets of keys by noon on Wednesday"),
        bullet("The locks will be changed.", 1, "After that the locks will be changed"),
        bullet("A cat is found.", 1, "the grey cat was found in the cellar"),
    ],
    entities=[],
    actions=[],
    draft_reply=None,
)
URGENT = UrgencyAnswer(level=UrgencyLevel.URGENT, score=0.9, reasons=["Due on Wednesday."])


@pytest.fixture(autouse=True)
def _clients() -> Iterator[None]:
    with activities_find_clients():
        yield


def steps(model: LanguageModel) -> ProductSteps:
    return ProductSteps(model, Settings.load({"CACHE_RETENTION_DAYS": "0"}))


def test_outcome_is_what_the_record_says() -> None:
    outcome = steps(ScriptedModel({"summarize": SUMMARY, "judge_urgency": URGENT}))(LETTER)

    assert (outcome.level, outcome.raised, outcome.status) == ("urgent", True, "expired")
    assert "Due on Wednesday." in outcome.reasons
    assert outcome.title == "Keys of 14 Marlow Terrace"
    assert [each.grounded for each in outcome.summary or ()] == [True, True, False]
    assert outcome.usage.calls == 2


def test_answer_outside_of_its_schema_is_counted() -> None:
    wasted = WastedAnswerError(model="m", prompt_tokens=7, completion_tokens=1)
    model = ScriptedModel({"summarize": [wasted, SUMMARY], "judge_urgency": URGENT})

    usage = steps(model)(LETTER).usage

    assert (usage.calls, usage.schema_failures) == (3, 1)


def test_busy_model_is_asked_again_after_a_real_pause() -> None:
    busy = TransientError(ErrorCode.MODEL_THROTTLED, "busy", retry_after_seconds=7)
    scripted = ScriptedModel({"summarize": [busy, busy, SUMMARY], "judge_urgency": URGENT})
    pauses: list[float] = []

    outcome = steps(PatientModel(scripted, pause=pauses.append))(LETTER)

    assert (outcome.level, pauses) == ("urgent", [7, 7])
    assert outcome.usage.calls == 2


def test_answer_outside_of_its_schema_is_not_waited_for() -> None:
    wasted = WastedAnswerError(model="m", prompt_tokens=7, completion_tokens=1)
    pauses: list[float] = []
    model = PatientModel(
        ScriptedModel({"summarize": [wasted, SUMMARY], "judge_urgency": URGENT}),
        pause=pauses.append,
    )

    assert steps(model)(LETTER).usage.schema_failures == 1
    assert pauses == []


def test_stand_in_answers_over_http() -> None:
    with running_stand_in() as address:
        settings = Settings.load({"AZURE_OPENAI_ENDPOINT": address, "CACHE_RETENTION_DAYS": "0"})
        outcome = ProductSteps(build_clients(settings).model, settings)(LETTER)

    assert outcome.level is not None
    assert outcome.summary
    assert outcome.usage.calls == 2
    assert outcome.usage.usd > 0


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("urgent", True),
        ("urgency-doubtful", True),
        ("language-without-rules", True),
        ("pages-failed", False),
    ],
)
def test_reasons_about_urgency_raise_a_document(reason: str, expected: bool) -> None:
    assert is_about_urgency(reason) is expected


def test_deadline_of_the_urgency_counts_beside_due_dates() -> None:
    record: dict[str, Any] = {
        "status": "published",
        "urgency": {
            "level": "normal", "score": 0.3, "reasons": [], "signals": [], "deadline": "2026-12-02",
        },
        "review": {"required": False, "reasons": []},
        "summary": None,
        "actions": [{"dueDate": "2026-12-04"}, {"dueDate": None}],
    }  # fmt: skip

    assert set(outcome_of(record, Usage()).due) == {date(2026, 12, 2), date(2026, 12, 4)}


def test_document_that_failed_has_no_level() -> None:
    record: dict[str, Any] = {
        "status": "failed", "urgency": None, "summary": None, "actions": [],
        "review": {"required": False, "reasons": []},
    }  # fmt: skip

    outcome = outcome_of(record, Usage())

    assert (outcome.level, outcome.raised, outcome.summary) == (None, False, ())


def test_documents_are_judged_side_by_side_each_with_its_own_clients() -> None:
    other = next(each for each in load_documents() if each.id == "en-drill")
    model = ScriptedModel({"summarize": [SUMMARY] * 4, "judge_urgency": [URGENT] * 4})

    run = run_over([LETTER, other] * 2, steps(model), about="", twins=False, at_once=4)

    assert [each.id for each in run.documents] == [LETTER.id, other.id] * 2
    grounded = [sum(b.grounded for b in each.outcome.summary or ()) for each in run.documents]
    assert grounded == [2, 0, 2, 0]
