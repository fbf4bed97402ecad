"""`dev.py approve` and `dev.py reject`: a reviewer's decision, sent as an external event."""

from __future__ import annotations

import argparse
import getpass
import os
from typing import Any

from devstack.client.app import App, app_key
from devstack.stack.errors import StackError
from devstack.stack.record import find_ports


def run(arguments: argparse.Namespace) -> int:
    """Find the document, make sure that it waits, and send the decision."""
    app = App(find_ports(os.environ).app_url, app_key(os.environ))
    document = app.find(arguments.wanted)
    if not document.is_waiting:
        raise StackError(
            f"{document.name} ({document.id[:8]}) does not wait for a decision: "
            f"it is {document.status}."
        )
    approved = arguments.command == "approve"
    app.decide(document.id, decision(approved, arguments.reviewer, arguments.comment))
    print(f"{'Approved' if approved else 'Rejected'}: {document.name} ({document.id[:8]})")
    return 0


def decision(approved: bool, reviewer: str | None, comment: str | None) -> dict[str, Any]:
    """Return the body of the event, without the fields that were not given."""
    body: dict[str, Any] = {"approved": approved, "reviewer": reviewer or _this_user()}
    return {**body, "comment": comment} if comment else body


def _this_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return "local"
