"""Role assignments: who gets what on what, as the guide says and as the handbook needs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ACCESS = (ROOT / "infra/modules/access.bicep").read_text("utf-8")
GUIDE = (ROOT / "docs/deployment.md").read_text("utf-8")

PRINCIPALS = {
    "appPrincipalId": "app",
    "topicPrincipalId": "system topic",
    "operatorPrincipalId": "who deploys",
}
SCOPES = {
    "hostAccount": "host storage",
    "documentsAccount": "documents storage",
    "incoming": "container `incoming`",
    "undelivered": "container `undelivered`",
    "documentIntelligence": "Document Intelligence",
    "openAi": "Azure OpenAI",
    "insights": "Application Insights",
    "vault": "Key Vault",
}

OPERATOR_ON_DOCUMENTS = ("who deploys", "documents storage")

# Ids of built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
READERS = {
    "storage blob data reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "storage queue data reader": "19e7f393-937e-4f77-808e-94535e297925",
    "storage table data reader": "76199698-9eea-4c19-bc75-cec21354c6b6",
}


def title(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().replace("open ai", "openai")


def role_ids() -> dict[str, str]:
    found = re.findall(r"^  (\w+): '([0-9a-f-]{36})'$", ACCESS, re.MULTILINE)
    return {title(name): identifier for name, identifier in found}


def assigned() -> set[tuple[str, str, str]]:
    """Return principal, scope and role of every assignment, in the guide's words."""
    lists = {
        name: re.findall(r"roles\.(\w+)", body)
        for name, body in re.findall(r"^var (\w+) = \[\n(.*?)^\]", ACCESS, re.MULTILINE | re.DOTALL)
    }
    found = set()
    for block in re.split(r"^resource ", ACCESS, flags=re.MULTILINE):
        if "/roleAssignments@" not in block:
            continue
        name = re.search(r"name: guid\((\w+)\.id, (\w+), (?:roles\.)?(\w+)\)", block)
        scope = re.search(r"^ +scope: (\w+)$", block, re.MULTILINE)
        assert name
        assert scope
        assert name[1] == scope[1]
        many = re.search(r"for role in (\w+):", block)
        for role in lists[many[1]] if many else [name[3]]:
            found.add((PRINCIPALS[name[2]], SCOPES[scope[1]], title(role)))
    return found


def told() -> set[tuple[str, str, str]]:
    """Return the same from the guide's table."""
    section = GUIDE.partition("## Who may do what")[2].partition("\n## ")[0]
    found = set()
    for row in section.splitlines():
        if row.startswith("| ") and not row.startswith(("| who |", "| ---")):
            who, where, roles, _why = (cell.strip() for cell in row.strip("|").split("|"))
            found |= {(who, where, role.strip().lower()) for role in roles.split(",")}
    return found


def test_the_guide_tells_every_role() -> None:
    assert told() == assigned()


def test_who_deploys_looks_at_what_the_handbook_names() -> None:
    """Shared keys are off, so an owner of the subscription sees no blob without such a role."""
    roles = {role for who, where, role in assigned() if (who, where) == OPERATOR_ON_DOCUMENTS}

    assert roles == set(READERS)
    assert READERS.items() <= role_ids().items()


def test_who_deploys_clears_events_that_were_read() -> None:
    row = ("who deploys", "container `undelivered`", "storage blob data contributor")

    assert row in assigned()


def test_event_grid_stores_undelivered_events_with_a_role_on_the_account() -> None:
    topic = {(where, role) for who, where, role in assigned() if who == "system topic"}

    assert topic == {("documents storage", "storage blob data contributor")}
