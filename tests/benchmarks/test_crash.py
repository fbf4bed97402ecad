"""What a crash has doubled or lost is found."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import pytest

from devstack.testing.crash import Batch, not_once
from devstack.testing.whole_stack import WholeStack

BATCH = Batch(["letter", "notice"], urgent=["notice"])
HOOKS = ["letter", "notice"]
MESSAGES = ["letter", "notice"]
TICKETS = ["notice"]


class FinishedStack:
    """A stack on which both documents have ended, and what others got from it."""

    def __init__(self, hooks: list[str], messages: list[str], tickets: list[str]) -> None:
        self._hooks = hooks
        self._messages = messages
        self._tickets = tickets

    def ended(self, _document_id: str) -> dict[str, Any]:
        return {"status": "published"}

    def received(self) -> list[dict[str, Any]]:
        hooks: list[dict[str, Any]] = [
            {"body": {"documentId": each, "status": "published"}} for each in self._hooks
        ]
        return [*hooks, {"body": {"documentId": "notice", "status": "waiting"}}]

    def messages(self) -> list[str]:
        texts = [json.dumps({"documentId": each}) for each in self._messages]
        return [base64.b64encode(text.encode()).decode() for text in texts]

    def issues(self) -> list[dict[str, Any]]:
        return [{"fields": {"labels": [f"docflow-{each}"]}} for each in self._tickets]


def wrong(*got: list[str]) -> list[str]:
    return not_once(cast(WholeStack, FinishedStack(*got)), BATCH)


def test_everything_once_is_right() -> None:
    assert wrong(HOOKS, MESSAGES, TICKETS) == []


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (([*HOOKS, "letter"], MESSAGES, TICKETS), "2 instead of 1: notification of letter"),
        ((HOOKS[:1], MESSAGES, TICKETS), "0 instead of 1: notification of notice"),
        ((HOOKS, [*MESSAGES, "notice"], TICKETS), "2 instead of 1: message about notice"),
        ((HOOKS, [], TICKETS), "0 instead of 1: message about letter"),
        ((HOOKS, MESSAGES, TICKETS * 2), "2 instead of 1: ticket docflow-notice"),
        ((HOOKS, MESSAGES, []), "0 instead of 1: ticket docflow-notice"),
        ((HOOKS, MESSAGES, ["notice", "letter"]), "1 instead of 0: ticket docflow-letter"),
    ],
)
def test_what_is_twice_or_missing_is_named(got: tuple[list[str], ...], said: str) -> None:
    assert said in wrong(*got)
