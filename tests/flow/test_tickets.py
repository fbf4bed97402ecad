"""Tickets in a Jira that is slow to show them, on the whole stack."""

from __future__ import annotations

from typing import Any

import pytest

from devstack.testing.letters import NOTICE, unique
from devstack.testing.whole_stack import WholeStack
from docflow.contracts import ticket_label_for, ticket_search_for

pytestmark = pytest.mark.host


def approved(stack: WholeStack, text: str) -> str:
    """Drop an urgent document and approve it."""
    document_id = stack.drop(f"{text}.txt", unique(NOTICE, text))
    stack.waiting(document_id)
    stack.raise_event(document_id, {"approved": True})
    return document_id


def issues_of(stack: WholeStack, document_id: str) -> list[dict[str, Any]]:
    """Give the issues of a document, as they are now."""
    stack.heal()
    label = ticket_label_for(document_id)
    return [issue for issue in stack.issues() if label in issue["fields"]["labels"]]


def test_a_lost_answer_opens_no_second_issue(stack: WholeStack) -> None:
    stack.ticket_desk_is(cloud=True, search_lag_seconds=1)
    stack.faults({"jira.create": {"status": 503, "after": True, "next": 1}})

    record = stack.ended(document_id := approved(stack, "lost answer"))

    (issue,) = issues_of(stack, document_id)
    assert (record["status"], record["ticket"]["key"]) == ("published", issue["key"])


def test_an_undone_delivery_cancels_the_issue_before_the_search_shows_it(
    stack: WholeStack,
) -> None:
    stack.ticket_desk_is(cloud=True, search_lag_seconds=600)
    stack.faults({"webhook": {"status": 400}})

    record = stack.ended(document_id := approved(stack, "undone"))

    (issue,) = issues_of(stack, document_id)
    assert issue["fields"]["status"]["name"] == "Cancelled"
    assert record["status"] == "failed"
    assert "compensated" in [line["event"] for line in record["timeline"]]


def test_an_issue_that_nobody_can_find_is_said_to_be_in_doubt(stack: WholeStack) -> None:
    stack.ticket_desk_is(cloud=True, search_lag_seconds=600)
    stack.faults({"jira.create": {"status": 503, "after": True}})

    record = stack.ended(document_id := approved(stack, "in doubt"))

    where = ticket_search_for(document_id)
    assert where in record["error"]["message"]
    (said,) = [line for line in record["timeline"] if line["event"] == "compensation_failed"]
    # Where the tries end before the search must show the issue, the code is that of the last one.
    assert said["detail"].startswith(("cancel_ticket: TICKET_IN_DOUBT", "cancel_ticket: TICKETS_"))
    assert where in said["detail"]
    assert all(
        issue["fields"]["status"]["name"] == "To Do" for issue in issues_of(stack, document_id)
    )
