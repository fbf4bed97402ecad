"""The controls: counts, faults that apply when they should, reset; and the webhook receiver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from devstack.services.controls.faults import OPERATIONS, FaultRule, FaultRules

SetFaults = Callable[[object], None]
Stats = Callable[[], dict[str, Any]]
TIMEOUT_SECONDS = 10


def _post(services: str, body: object = None, path: str = "/webhook") -> requests.Response:
    return requests.post(services + path, json=body, timeout=TIMEOUT_SECONDS)


def test_notifications_are_kept_with_their_headers(services: str) -> None:
    requests.post(
        f"{services}/webhook/done?x=1",
        json={"id": 7},
        headers={"X-Signature": "abc"},
        timeout=TIMEOUT_SECONDS,
    )
    _post(services, path="/webhook/other")

    listed = requests.get(f"{services}/webhook/done", timeout=TIMEOUT_SECONDS).json()

    assert listed["count"] == 1
    received = listed["webhooks"][0]
    assert (received["path"], received["body"]) == ("/webhook/done?x=1", {"id": 7})
    assert received["headers"]["X-Signature"] == "abc"


def test_every_operation_is_counted(services: str, stats: Stats) -> None:
    _post(services)

    counted = stats()

    assert set(counted["operations"]) == set(OPERATIONS)
    assert counted["operations"]["webhook"] == {
        "requests": 1,
        "faulted": 0,
        "in_flight": 0,
        "max_in_flight": 1,
        "webhooks_received": 1,
    }
    assert counted["webhooks_received"] == 1


def test_a_fault_for_the_next_requests_ends_by_itself(
    services: str, set_faults: SetFaults, stats: Stats
) -> None:
    set_faults({"operation": "webhook", "status": 500, "next": 2})

    assert [_post(services).status_code for _ in range(3)] == [500, 500, 200]
    assert stats()["operations"]["webhook"]["faulted"] == 2
    assert stats()["webhooks_received"] == 1


def test_a_fault_without_a_limit_holds_until_it_is_cleared(
    services: str, set_faults: SetFaults
) -> None:
    set_faults({"faults": {"webhook": {"status": 429, "retry_after": 0.5}}})

    faulted = _post(services)
    requests.delete(f"{services}/_control/faults", timeout=TIMEOUT_SECONDS)

    assert (faulted.status_code, faulted.headers["Retry-After"]) == (429, "0.5")
    assert _post(services).status_code == 200


def test_latency_holds_for_good_answers(services: str, set_faults: SetFaults) -> None:
    set_faults({"webhook": {"latency_ms": 200}})

    answer = _post(services)

    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.2


def test_a_malformed_answer_is_no_json(services: str, set_faults: SetFaults) -> None:
    set_faults({"webhook": {"malformed": True}})

    answer = _post(services)

    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_client_that_gives_up_on_a_hanging_call_leaves_nothing_behind(
    services: str, set_faults: SetFaults, stats: Stats
) -> None:
    set_faults({"webhook": {"hang_ms": 300, "next": 1}})

    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{services}/webhook", timeout=0.1)
    set_faults({"webhook": {"latency_ms": 400}})
    _post(services)

    assert stats()["operations"]["webhook"]["in_flight"] == 0
    assert stats()["webhooks_received"] == 1


def test_a_rate_of_faults_is_the_same_stream_each_time() -> None:
    def stream(seed: int) -> list[bool]:
        board = FaultRules()
        board.set("webhook", FaultRule(status=500, rate=0.3, seed=seed))
        return [board.plan("webhook").faulted for _ in range(200)]

    assert stream(1) == stream(1)
    assert stream(1) != stream(2)
    assert 40 <= sum(stream(1)) <= 80


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ocr.read": {"status": 500}}, "operation"),
        ({"operation": "nothing"}, "operation"),
        ({"webhook": {"status": 200}}, "webhook.status"),
        ({"webhook": {"status": True}}, "webhook.status"),
        ({"webhook": {"rate": 1.5, "status": 500}}, "webhook.rate"),
        ({"webhook": {"rate": 0.5, "next": 1, "status": 500}}, "webhook.rate"),
        ({"webhook": {"next": 0, "status": 500}}, "webhook.next"),
        ({"webhook": {"next": 3}}, "webhook.status"),
        ({"webhook": {"latency_ms": -1}}, "webhook.latency_ms"),
        ({"webhook": {"malformed": "yes"}}, "webhook.malformed"),
        ({"webhook": {"speed": 1}}, "webhook.speed"),
        ({"webhook": {"content_filter": "prompt"}}, "webhook.content_filter"),
        ({"webhook": 7}, "webhook"),
        ([], "body"),
        ({"faults": []}, "faults"),
    ],
)
def test_wrong_faults_are_refused_by_field(services: str, body: object, field: str) -> None:
    answer = _post(services, body, "/_control/faults")

    assert answer.status_code == 400
    assert answer.json()["field"] == field


def test_an_unknown_operation_is_answered_with_the_known_ones(services: str) -> None:
    answer = _post(services, {"ocr": {"status": 500}}, "/_control/faults")

    assert all(name in answer.json()["error"] for name in OPERATIONS)


def test_one_wrong_rule_leaves_the_others_unset(services: str) -> None:
    _post(services, {"webhook": {"status": 500}, "ocr": {}}, "/_control/faults")

    assert _post(services).status_code == 200


def test_reset_forgets_everything(services: str, set_faults: SetFaults, stats: Stats) -> None:
    set_faults({"jira.create": {"status": 500}})
    _post(services)

    _post(services, path="/_control/reset")

    faults = requests.get(f"{services}/_control/faults", timeout=TIMEOUT_SECONDS).json()
    webhooks = requests.get(f"{services}/webhook", timeout=TIMEOUT_SECONDS).json()
    assert faults == {"faults": {}}
    assert webhooks == {"count": 0, "webhooks": []}
    assert stats()["operations"]["webhook"]["requests"] == 0


def test_health_says_what_is_behind_it(services: str) -> None:
    health = requests.get(f"{services}/_control/health", timeout=TIMEOUT_SECONDS).json()

    assert health["status"] == "ok"
    assert "eng" in health["ocr"]["languages"]
