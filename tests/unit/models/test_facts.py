from __future__ import annotations

from datetime import timedelta

from docflow.models.delivery import DeliveryRequest
from docflow.models.facts import DocumentFacts
from docflow.models.index import IndexEntry
from docflow.models.states import Stage, Status
from testkit.examples import ACCEPTED, REQUEST, facts_of
from testkit.fakes import START


def test_a_document_begins_as_one_that_is_processed() -> None:
    facts = DocumentFacts.at_first(REQUEST, "1")

    assert (facts.status, facts.stage, facts.updated_at) == (
        Status.PROCESSING,
        Stage.RECEIVED,
        REQUEST.received_at,
    )
    assert [entry.event for entry in facts.timeline] == ["received"]


def test_a_delivery_of_version_1_is_read_from_its_history() -> None:
    facts = facts_of(accepted=ACCEPTED)
    dumped = facts.dump()
    end = (START + timedelta(hours=1)).isoformat()
    del dumped["updated_at"], dumped["stage"]

    request = DeliveryRequest.load({"closing": {**dumped, "ended_at": end}, "open_ticket": True})

    assert request.facts.updated_at == START + timedelta(hours=1)
    assert (request.facts.status, request.facts.accepted) == (Status.PUBLISHED, ACCEPTED)


def test_what_is_dumped_today_is_read_back() -> None:
    request = DeliveryRequest(facts=facts_of(accepted=ACCEPTED), open_ticket=False)

    assert DeliveryRequest.load(request.dump()) == request


def test_the_first_entry_of_a_document_is_the_lowest() -> None:
    first = IndexEntry.of(DocumentFacts.at_first(REQUEST, "1"))
    later = IndexEntry.of(facts_of(Status.WAITING, stage=Stage.WAITING_FOR_REVIEW))

    assert (first.sequence, first.name, first.pages) == (0, "letter.pdf", None)
    assert later.sequence > first.sequence
