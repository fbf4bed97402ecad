"""A mail on the whole stack: its text is one document, each attachment another."""

from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from devstack.cli.__main__ import main
from devstack.stack.config import PORT_NAMES
from devstack.testing.letters import LETTER, unique
from devstack.testing.whole_stack import WholeStack
from samples.builders.office import docx

pytestmark = pytest.mark.host


def mail(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Committee <committee@example.com>"
    message["To"] = "Members <members@example.com>"
    message["Subject"] = subject
    message.set_content(LETTER)
    return message


def names_of(stack: WholeStack) -> list[str]:
    """The names of all documents that were started."""
    return [each["name"] for each in stack.get("/api/documents", limit="200").json()["documents"]]


def test_a_mail_and_its_attachments_are_documents_that_know_each_other(
    stack: WholeStack,
) -> None:
    inner = mail("The inner mail")
    inner.add_attachment(
        unique(LETTER, "deep"), maintype="text", subtype="plain", filename="deep.txt"
    )
    outer = mail("The outer mail")
    minutes = docx(LETTER.split("\n\n"))
    outer.add_attachment(minutes, maintype="application", subtype="msword", filename="Minutes.docx")
    outer.add_attachment(inner)
    outer.add_attachment(b"MZ\x90\0", maintype="application", subtype="pdf", filename="../run.pdf")
    document_id = stack.drop("mails/outer.eml", bytes(outer))

    record = stack.ended(document_id)

    assert (record["status"], record["source"]["contentType"]) == ("published", "message/rfc822")
    assert (record["source"]["parent"], record["cost"]["ocrPages"]) == (None, 0)
    names = [attached["name"] for attached in record["attachments"]]
    assert names == ["Minutes.docx", "The inner mail.eml", "../run.pdf", "deep.txt"]
    assert record["attachments"][3]["within"] == ["The inner mail.eml"]
    ends = [stack.ended(attached["documentId"]) for attached in record["attachments"]]
    assert [end["status"] for end in ends] == ["published", "published", "quarantined", "published"]
    assert {end["source"]["parent"] for end in ends} == {document_id}
    word, attached_mail, program, deep = ends
    assert word["pages"][0]["method"] == "ocr"
    assert word["cost"]["ocrPages"] == 1
    assert attached_mail["attachments"] == []
    assert deep["source"]["contentType"] == "text/plain"
    assert program["error"]["code"] == "UNSUPPORTED_TYPE"
    started = [name for name in names_of(stack) if name.startswith("mails/outer.eml")]
    assert len(started) == 5


def test_waiting_for_a_dropped_mail_waits_for_its_attachments(
    stack: WholeStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    message = mail("To be waited for")
    message.add_attachment(unique(LETTER, "waited for"), "text", "plain", filename="letter.txt")
    (tmp_path / "waited.eml").write_bytes(bytes(message))
    for name in PORT_NAMES:
        monkeypatch.setenv(name.variable, str(getattr(stack.ports, name.field)))
    monkeypatch.setenv("DOCFLOW_LOCAL_DIR", str(tmp_path))

    assert main(["drop", str(tmp_path / "waited.eml"), "--wait"]) == 0

    shown = capsys.readouterr().out
    assert re.search(r"s  waited\.eml: published", shown)
    assert re.search(r"s  \+ letter\.txt: published", shown)
    (attached,) = stack.app.find("waited.eml").attachments
    document = stack.app.document(attached.document_id)
    assert (attached.name, document.status) == ("letter.txt", "published")
    assert document.raw["parent"] == stack.app.find("waited.eml").id


def test_reprocessing_a_mail_starts_none_of_its_attachments_again(stack: WholeStack) -> None:
    message = mail("Twice")
    message.add_attachment(LETTER, filename="letter.txt")
    first = stack.ended(stack.drop("twice.eml", bytes(message)))
    attached = first["attachments"][0]["documentId"]
    stack.ended(attached)

    again = stack.post(f"/api/documents/{first['documentId']}/reprocess").json()["id"]

    second = stack.ended(again)
    assert second["attachments"] == first["attachments"]
    assert [name for name in names_of(stack) if "twice.eml.attachments" in name] == [
        f"twice.eml.attachments/{first['documentId'][:8]}-01-letter.txt"
    ]
