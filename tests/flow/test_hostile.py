"""Hostile files and names on the whole stack: set aside or read, and the host lives on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devstack.testing import hostile_files
from devstack.testing.letters import LETTER, unique
from devstack.testing.whole_stack import QUICK, WholeStack, whole_stack

pytestmark = pytest.mark.host

LIMITS = {
    "PARSER_TIMEOUT_SECONDS": "30",
    "PARSER_MEMORY_MB": "512",
    "MAX_DOCUMENT_PAGES": "200",
    "MAX_PAGE_PIXELS": "2000000",
}
FILES = {
    "flate.pdf": (hostile_files.flate_bomb, "UNREADABLE"),
    "forms.pdf": (hostile_files.form_explosion, "UNREADABLE"),
    "pages.pdf": (hostile_files.many_pages, "TOO_MANY_PAGES"),
    "cycle.pdf": (hostile_files.cyclic_tree, "DAMAGED"),
    "picture.png": (hostile_files.png_bomb, "UNREADABLE"),
    "lies.docx": (hostile_files.zip_that_lies, "DAMAGED"),
    "laughs.docx": (hostile_files.entity_bomb, "DAMAGED"),
    "parts.eml": (hostile_files.mail_of_many_parts, "TOO_MANY_ATTACHMENTS"),
    "active.pdf": (hostile_files.active, None),
    "odd.txt": (hostile_files.odd_text, None),
    "names.eml": (hostile_files.mail_of_odd_names, None),
    "deep.html": (hostile_files.deep_html, None),
}
NAMES = [
    "gnp\u202e.txt",
    "percent%2e%2e%2fname.txt",
    "quote\"<b>'.txt",
    "bell\x07\uffff.txt",
    "n" * 1_000 + ".txt",
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeStack]:
    with whole_stack(tmp_path_factory.mktemp("hostile"), {**QUICK, **LIMITS}) as started:
        yield started


def test_hostile_files_end_in_quarantine_or_are_read(stack: WholeStack) -> None:
    ids = {name: stack.drop(name, build()) for name, (build, _) in FILES.items()}
    ids |= {name: stack.drop(name, unique(LETTER, str(n))) for n, name in enumerate(NAMES)}

    ends = {name: stack.ended(document_id) for name, document_id in ids.items()}

    codes = {name: (end["error"] or {}).get("code") for name, end in ends.items()}
    assert codes == {**{name: code for name, (_, code) in FILES.items()}, **dict.fromkeys(NAMES)}
    assert {name: end["status"] for name, end in ends.items()} == {
        name: "quarantined" if code else "published" for name, code in codes.items()
    }
    assert [end["source"]["name"] for end in ends.values()] == list(ends)
    for attached in ends["names.eml"]["attachments"]:
        record = stack.ended(attached["documentId"])
        folder, _, name = record["source"]["name"].rpartition("/")
        assert folder == "names.eml.attachments"
        assert name.isprintable()


def test_a_page_that_no_parser_survives_fails_and_the_others_are_read(stack: WholeStack) -> None:
    document_id = stack.drop("five.pdf", hostile_files.one_of_five())

    stack.waiting(document_id)
    stack.raise_event(document_id, {"approved": True, "reviewer": "r@example.com"})
    record = stack.ended(document_id)

    assert record["status"] == "published"
    assert [page["method"] for page in record["pages"]] == [
        *("text-layer", "text-layer", "failed", "text-layer", "text-layer")
    ]
    assert record["pages"][2]["error"].startswith("PAGE_UNREADABLE: ")
    assert record["coverage"]["complete"] is False


@pytest.mark.parametrize("name", ["../up.txt", "a/../b.txt", "bell\x07.txt", "n" * 1_025])
def test_a_name_that_storage_does_not_take_is_refused_at_once(stack: WholeStack, name: str) -> None:
    answer = stack.post("/api/documents", params={"name": name}, data=LETTER.encode())

    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")
