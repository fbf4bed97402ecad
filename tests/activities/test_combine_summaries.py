from __future__ import annotations

import pytest

from activities.combine_summaries import (
    MOST_ACTIONS,
    MOST_BULLETS,
    MOST_ENTITIES,
    combine_summaries,
)
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.corrections import Corrections
from docflow.models.outputs import ActionAnswer, EntityAnswer, StoredSummary, SummaryAnswer
from docflow.models.summaries import CombineRequest, ModelStep
from docflow.ports import ModelBlocked
from docflow.work import artefacts
from testkit.examples import DOCUMENT_ID, SUMMARY, RunRegistered, bullet, work_of
from testkit.fakes import ScriptedModel, fake_clients

JOINED = SUMMARY.model_copy(update={"title": "All parts together"})


def joining(first: int, last: int, **fields: object) -> CombineRequest:
    known = {"document_id": DOCUMENT_ID, "level": 0, "number": 1, "final": True}
    return CombineRequest.load({**known, "first": first, "last": last, **fields})


def with_parts(
    count: int, model: ScriptedModel | None = None, answer: SummaryAnswer = SUMMARY
) -> Clients:
    clients = fake_clients(model=model or ScriptedModel({"combine": JOINED}))
    for number in range(1, count + 1):
        part = StoredSummary(answer=answer.model_copy(update={"title": f"Part {number}"}))
        work_of(clients).write(artefacts.PART_SUMMARY, part, level=0, number=number)
    return clients


def document_summary(clients: Clients) -> StoredSummary:
    return work_of(clients).require(artefacts.SUMMARY)


def test_a_single_part_becomes_the_summary_without_a_call() -> None:
    model = ScriptedModel({})
    clients = with_parts(1, model)

    assert combine_summaries(joining(1, 1), clients) == ModelStep()

    assert document_summary(clients).answer.title == "Part 1"
    assert work_of(clients).read_usage() == []
    assert model.calls == []


def test_parts_are_joined_in_order_by_one_call_that_is_counted() -> None:
    model = ScriptedModel({"combine": JOINED})
    clients = with_parts(3, model)

    assert combine_summaries(joining(1, 3), clients) == ModelStep()

    (asked,) = model.calls
    assert [part["title"] for part in asked.data["parts"]] == ["Part 1", "Part 2", "Part 3"]
    assert document_summary(clients).answer == JOINED
    assert [call.step for call in work_of(clients).read_usage()] == ["combine"]


def test_draft_replies_of_the_parts_are_not_sent() -> None:
    model = ScriptedModel({"combine": JOINED})

    combine_summaries(joining(1, 2), with_parts(2, model))

    assert all("draftReply" not in part for part in model.calls[0].data["parts"])


def test_a_join_below_the_top_is_stored_for_the_next_level() -> None:
    clients = with_parts(4)

    combine_summaries(joining(3, 4, number=2, final=False), clients)

    work = work_of(clients)
    assert work.require(artefacts.PART_SUMMARY, level=1, number=2).answer == JOINED
    assert work.read(artefacts.SUMMARY) is None


def test_the_top_of_a_tree_joins_the_level_below() -> None:
    model = ScriptedModel({"combine": JOINED})
    clients = with_parts(3, model)
    combine_summaries(joining(1, 2, number=1, final=False), clients)
    combine_summaries(joining(3, 3, number=2, final=False), clients)

    combine_summaries(joining(1, 2, level=1), clients)

    assert len(model.calls) == 2
    titles = [part["title"] for part in model.calls[-1].data["parts"]]
    assert titles == ["All parts together", "Part 3"]
    assert [(call.step, call.calls) for call in work_of(clients).read_usage()] == [("combine", 2)]


def test_a_join_that_was_made_is_not_asked_for_again() -> None:
    other = SUMMARY.model_copy(update={"title": "Something else"})
    model = ScriptedModel({"combine": [JOINED, other]})
    clients = with_parts(2, model)

    results = [combine_summaries(joining(1, 2), clients), combine_summaries(joining(1, 2), clients)]

    assert results == [ModelStep()] * 2
    assert len(model.calls) == 1
    assert document_summary(clients).answer == JOINED


@pytest.mark.parametrize("parts", [1, 2])
def test_what_is_more_than_was_asked_for_is_cut(parts: int) -> None:
    talkative = SUMMARY.model_copy(
        update={
            "bullets": [bullet(f"Statement {n}", 1, "q") for n in range(9)],
            "entities": [EntityAnswer(kind="date", value=str(n), page=1) for n in range(50)],
            "actions": [ActionAnswer(text=str(n), due_date=None, page=1) for n in range(50)],
        }
    )
    clients = with_parts(parts, ScriptedModel({"combine": talkative}), answer=talkative)

    combine_summaries(joining(1, parts), clients)

    answer = document_summary(clients).answer
    assert [b.text for b in answer.bullets] == [f"Statement {n}" for n in range(MOST_BULLETS)]
    assert (len(answer.entities), len(answer.actions)) == (MOST_ENTITIES, MOST_ACTIONS)


def test_a_model_that_declines_is_a_result_and_leaves_nothing() -> None:
    blocked = ModelBlocked(ErrorCode.MODEL_REFUSED, "It would not.")
    clients = with_parts(2, ScriptedModel({"combine": blocked}))

    assert combine_summaries(joining(1, 2), clients).blocked_code == "MODEL_REFUSED"
    assert work_of(clients).read(artefacts.SUMMARY) is None


def test_an_outage_is_raised_and_the_next_run_goes_on() -> None:
    away = TransientError(ErrorCode.MODEL_UNAVAILABLE, "away")
    clients = with_parts(2, ScriptedModel({"combine": [away, JOINED]}))
    with pytest.raises(TransientError):
        combine_summaries(joining(1, 2), clients)

    assert combine_summaries(joining(1, 2), clients) == ModelStep()


def test_a_part_that_is_gone_is_named_before_anything_is_paid_for() -> None:
    model = ScriptedModel({"combine": JOINED})
    clients = with_parts(2, model)

    with pytest.raises(PermanentError, match=r"summaries/0-0003\.json"):
        combine_summaries(joining(1, 3), clients)
    assert model.calls == []


def test_nothing_of_the_summary_stands_in_the_reply(run_registered: RunRegistered) -> None:
    reply = run_registered(Activity.COMBINE_SUMMARIES, joining(1, 2), with_parts(2))

    assert reply.value == {"blocked_message": ""}


def test_a_join_names_no_page_that_no_part_names() -> None:
    quote = SUMMARY.bullets[0].quote
    joined = JOINED.model_copy(
        update={"bullets": [bullet("Merged.", 77, quote), bullet("Invented.", 77, "nowhere")]}
    )
    clients = with_parts(2, ScriptedModel({"combine": joined}))

    combine_summaries(joining(1, 2), clients)

    summary = document_summary(clients)
    assert [each.page for each in summary.answer.bullets] == [SUMMARY.bullets[0].page, 0]
    assert summary.corrections == Corrections(repaired={"page": 1}, dropped={"page": 1})


def test_corrections_of_the_parts_are_those_of_the_summary() -> None:
    clients = with_parts(1)
    noted = StoredSummary(answer=SUMMARY, corrections=Corrections(dropped={"dueDate": 1}))
    work_of(clients).write(artefacts.PART_SUMMARY, noted, level=0, number=1)

    combine_summaries(joining(1, 1), clients)

    assert document_summary(clients).corrections.dropped == {"dueDate": 1}
