from __future__ import annotations

from activities.withdraw_record import withdraw
from activities.write_record import write
from docflow.contracts import Activity, Container
from docflow.errors import ErrorCode, TransientError
from docflow.models.delivery import CompensationRequest
from docflow.models.payloads import Done
from docflow.models.states import Status
from testkit.examples import DOCUMENT_ID, RunRegistered, closing
from testkit.fakes import InMemoryBlobStore, failing, fake_clients

REQUEST = CompensationRequest(document_id=DOCUMENT_ID, name="letter.pdf", reason="X")


def test_both_forms_of_the_record_are_taken_back_and_no_other_records() -> None:
    clients = fake_clients()
    write(closing(), clients)
    clients.store.write(Container.RESULTS, "other.json", b"{}", content_type="application/json")

    withdraw(REQUEST, clients)

    assert list(clients.store.list(Container.RESULTS, "")) == ["other.json"]


def test_a_second_run_finds_nothing_left_to_do() -> None:
    clients = fake_clients()
    write(closing(), clients)

    assert withdraw(REQUEST, clients) == withdraw(REQUEST, clients) == Done()


def test_a_run_after_a_crash_in_the_middle_takes_the_rest_back() -> None:
    clients = fake_clients()
    write(closing(), clients)
    clients.store.delete(Container.RESULTS, f"{DOCUMENT_ID}.json")

    withdraw(REQUEST, clients)

    assert list(clients.store.list(Container.RESULTS, "")) == []


def test_a_late_second_run_leaves_the_record_of_the_failure_alone() -> None:
    clients = fake_clients()
    write(closing(), clients)
    withdraw(REQUEST, clients)
    write(closing(Status.FAILED), clients)

    withdraw(REQUEST, clients)

    assert list(clients.store.list(Container.RESULTS, "")) == [
        f"{DOCUMENT_ID}.json",
        f"{DOCUMENT_ID}.md",
    ]


def test_storage_that_is_away_defers_the_step(run_registered: RunRegistered) -> None:
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    clients = fake_clients(store=failing(InMemoryBlobStore(), "delete", away))

    assert run_registered(Activity.WITHDRAW_RECORD, REQUEST, clients).deferred is not None
