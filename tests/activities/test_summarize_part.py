from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from activities.summarize_part import summarize_part
from docflow.contracts import Activity
from docflow.errors import ErrorCode, PermanentError, TransientError, WastedAnswerError
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import ActionAnswer, StoredSummary
from docflow.models.summaries import ModelStep, PartRequest
from docflow.ports import AnswerT, ModelBlocked, ModelReply, Prompt
from docflow.settings import Settings
from docflow.work import artefacts
from docflow.work.folder import WorkFolder
from testkit.examples import (
    DOCUMENT_ID,
    FIRST_PAGE,
    PAGES,
    SECOND_PAGE,
    SUMMARY,
    RunRegistered,
    read_document,
    text_page,
)
from testkit.fakes import FixedClock, ScriptedModel, failing, fake_clients

INVALID = TransientError(ErrorCode.MODEL_ANSWER_INVALID, "Not of the form asked for.")
BLOCKED = ModelBlocked(ErrorCode.CONTENT_FILTERED, "The filter stopped the answer.")


def part(**fields: object) -> PartRequest:
    known = {"document_id": DOCUMENT_ID, "number": 1, "pages": "1-2"}
    return PartRequest.load({**known, "whole": True, **fields})


def stored(work: WorkFolder, number: int = 1) -> StoredSummary:
    return work.require(artefacts.PART_SUMMARY, level=0, number=number)


def test_a_summary_is_stored_with_what_it_took() -> None:
    clients = fake_clients(model=ScriptedModel({"summarize": SUMMARY}))
    work = read_document(clients)

    assert summarize_part(part(), clients) == ModelStep()

    assert stored(work).answer == SUMMARY
    (call,) = work.read_usage()
    prompt = load_prompt("summarize")
    assert (call.step, call.prompt_version, call.prompt_sha256, call.calls) == (
        "summarize",
        prompt.version,
        prompt.sha256,
        1,
    )
    assert call.prompt_tokens > 0
    assert call.completion_tokens > 0


def test_an_answer_that_was_of_no_use_is_counted_with_the_one_that_was() -> None:
    wasted = WastedAnswerError(model="gpt", prompt_tokens=100, completion_tokens=10)
    clock = FixedClock()
    clients = fake_clients(model=ScriptedModel({"summarize": [wasted, SUMMARY]}), clock=clock)
    work = read_document(clients)

    with pytest.raises(WastedAnswerError):
        summarize_part(part(), clients)
    (alone,) = work.read_usage()
    clock.advance(seconds=2)
    summarize_part(part(), clients)
    both = work.read_usage()

    assert (alone.calls, alone.prompt_tokens, alone.completion_tokens) == (1, 100, 10)
    assert sum(call.calls for call in both) == 2
    assert sum(call.prompt_tokens for call in both) > 100


class CachingModel(ScriptedModel):
    """Answers from a cache."""

    def answer(
        self, prompt: Prompt, data: dict[str, Any], schema: type[AnswerT], *, max_tokens: int
    ) -> ModelReply[AnswerT] | ModelBlocked:
        reply = super().answer(prompt, data, schema, max_tokens=max_tokens)
        if isinstance(reply, ModelBlocked):
            return reply
        return replace(
            reply,
            cached=True,
            prompt_tokens=0,
            completion_tokens=0,
            saved_prompt_tokens=70,
            saved_completion_tokens=7,
        )


def test_an_answer_from_a_cache_is_counted_as_one() -> None:
    clients = fake_clients(model=CachingModel({"summarize": SUMMARY}))
    work = read_document(clients)

    summarize_part(part(), clients)

    (call,) = work.read_usage()
    assert (call.calls, call.cached_calls) == (1, 1)
    assert (call.prompt_tokens, call.completion_tokens) == (0, 0)
    assert (call.saved_prompt_tokens, call.saved_completion_tokens) == (70, 7)


def test_a_part_that_was_summarized_is_not_asked_for_again() -> None:
    other = SUMMARY.model_copy(update={"title": "Something else"})
    model = ScriptedModel({"summarize": [SUMMARY, other]})
    clients = fake_clients(model=model)
    work = read_document(clients)

    results = [summarize_part(part(), clients), summarize_part(part(), clients)]

    assert results == [ModelStep()] * 2
    assert len(model.calls) == 1
    assert stored(work).answer == SUMMARY


def test_document_text_is_data_and_never_part_of_the_instructions() -> None:
    model = ScriptedModel({"summarize": SUMMARY})
    clients = fake_clients(model=model)
    read_document(clients)

    summarize_part(part(), clients)

    (call,) = model.calls
    assert call.data == {
        "task": "summarize_document",
        "document": {
            "pages": [{"page": 1, "text": FIRST_PAGE}, {"page": 2, "text": SECOND_PAGE}],
        },
    }
    assert call.prompt == load_prompt("summarize")
    assert "Elm Street" not in call.prompt.text


def test_a_part_is_sent_with_its_own_pages_alone_and_says_that_it_is_one() -> None:
    model = ScriptedModel({"summarize": SUMMARY})
    clients = fake_clients(model=model)
    read_document(clients, [*PAGES, text_page(3, "Third page.")])

    summarize_part(part(number=2, pages="2", whole=False), clients)

    data = model.calls[0].data
    assert data["task"] == "summarize_part"
    assert [page["page"] for page in data["document"]["pages"]] == [2]


def test_a_page_longer_than_a_part_is_clipped() -> None:
    model = ScriptedModel({"summarize": SUMMARY})
    clients = fake_clients(model=model)
    read_document(clients, [text_page(1, "a" * 50 + "z" * 50)])

    summarize_part(part(pages="1", part_characters=50), clients)

    assert model.calls[0].data["document"]["pages"] == [{"page": 1, "text": "a" * 50}]


def test_the_answer_is_limited_in_tokens_by_a_setting() -> None:
    model = ScriptedModel({"summarize": SUMMARY})
    clients = fake_clients(model=model, settings=Settings.load({"SUMMARY_MAX_TOKENS": "321"}))
    read_document(clients)

    summarize_part(part(), clients)

    assert model.calls[0].max_tokens == 321


def test_a_model_that_declines_is_a_result_and_leaves_nothing() -> None:
    clients = fake_clients(model=ScriptedModel({"summarize": BLOCKED}))
    work = read_document(clients)

    result = summarize_part(part(), clients)

    assert result.blocked_code == "CONTENT_FILTERED"
    assert work.read(artefacts.PART_SUMMARY, level=0, number=1) is None


def test_an_answer_of_the_wrong_form_is_asked_for_again_by_the_next_run() -> None:
    model = ScriptedModel({"summarize": [INVALID, SUMMARY]})
    clients = fake_clients(model=model)
    read_document(clients)
    with pytest.raises(TransientError, match="MODEL_ANSWER_INVALID"):
        summarize_part(part(), clients)

    assert summarize_part(part(), clients) == ModelStep()
    assert len(model.calls) == 2


def test_an_answer_that_could_not_be_stored_is_asked_for_again() -> None:
    model = ScriptedModel({"summarize": SUMMARY})
    clients = fake_clients(model=model)
    read_document(clients)
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    with pytest.raises(TransientError):
        summarize_part(
            part(), fake_clients(model=model, store=failing(clients.store, "write", away))
        )

    assert summarize_part(part(), clients) == ModelStep()


def test_a_lost_transcript_is_named() -> None:
    with pytest.raises(PermanentError, match="ARTEFACT_MISSING"):
        summarize_part(part(), fake_clients())


def test_nothing_of_the_summary_stands_in_the_reply(run_registered: RunRegistered) -> None:
    clients = fake_clients(model=ScriptedModel({"summarize": SUMMARY}))
    read_document(clients)

    reply = run_registered(Activity.SUMMARIZE_PART, part(), clients)

    assert "Meter" not in json.dumps(reply.dump())
    assert reply.value == {"blocked_message": ""}


def test_an_answer_that_was_cut_off_is_part_of_the_cost() -> None:
    cut = ModelBlocked(
        ErrorCode.ANSWER_TOO_LONG, "Raise it.", model="m", prompt_tokens=90, completion_tokens=700
    )
    clients = fake_clients(model=ScriptedModel({"summarize": cut}))
    work = read_document(clients)

    assert summarize_part(part(), clients).blocked_code == "ANSWER_TOO_LONG"

    (call,) = work.read_usage()
    assert (call.model, call.prompt_tokens, call.completion_tokens) == ("m", 90, 700)


def test_a_request_that_was_refused_costs_nothing() -> None:
    clients = fake_clients(model=ScriptedModel({"summarize": BLOCKED}))
    work = read_document(clients)

    summarize_part(part(), clients)

    assert work.read_usage() == []


def test_values_that_cannot_be_true_are_not_stored() -> None:
    due = [ActionAnswer(text="Pay.", due_date="2027-02-30", page=9)]
    wrong = SUMMARY.model_copy(update={"language": "German", "title": " ", "actions": due})
    clients = fake_clients(model=ScriptedModel({"summarize": wrong}))
    work = read_document(clients)

    summarize_part(part(), clients)

    kept = stored(work)
    assert (kept.answer.language, kept.answer.title) == ("de", SUMMARY.bullets[0].text)
    assert [(each.due_date, each.page) for each in kept.answer.actions] == [(None, 0)]
    assert kept.corrections.dropped == {"dueDate": 1, "page": 1}
