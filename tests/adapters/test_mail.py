"""Mail through the parser process: what is one, what it says, what comes with it."""

from __future__ import annotations

import io
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

from docflow.adapters.file_parser import SandboxedFileParser
from docflow.ports import FileFacts, FileRefusal, PageSplit

MAIL = "message/rfc822"
HEADERS = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: Tulips\r\n"


@pytest.fixture
def parser() -> SandboxedFileParser:
    return SandboxedFileParser(
        timeout_seconds=30, memory_mb=512, max_pages=50, max_pixels=1_000_000, max_attachments=3
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "upload.bin"


def mail(body: str = "Dear members,\n\nforty tulips.", subject: str = "Tulips") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Committee <committee@example.com>"
    message["To"] = "Members <members@example.com>"
    message["Date"] = "Tue, 3 Mar 2026 10:00:00 +0000"
    message["Subject"] = subject
    message.set_content(body)
    return message


def text_of(parser: SandboxedFileParser, file: Path, content: bytes) -> str:
    file.write_bytes(content)
    split = parser.split(file, content_type=MAIL, into=file.parent)
    assert isinstance(split, PageSplit)
    return "\n".join(page.text for page in split.texts)


def attachments_of(
    parser: SandboxedFileParser, file: Path, content: bytes
) -> list[tuple[str, bytes]]:
    file.write_bytes(content)
    found = parser.unpack(file, into=file.parent)
    assert isinstance(found, list)
    return [(each.name, each.file.read_bytes()) for each in found]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (bytes(mail()), MAIL),
        (bytes(mail()).replace(b"\n", b"\r\n"), MAIL),
        (b"From a@example.com Tue Mar  3 10:00:00 2026\n" + bytes(mail()), MAIL),
        (HEADERS + b"\r\nText.", MAIL),
        (b"Received: from a\n\tby b\nFrom: nobody\nSubject: x\n\nText.", MAIL),
        (HEADERS, MAIL),
        (b"To: All staff\nFrom: Facilities\nDate: 3 March\nSubject: Desks\n\nText.", "text/plain"),
        (b"Subject: a note\nMIME-Version: 1.0\n\nText.", "text/plain"),
        (b"From: a@example.com\nwrites to us:\nSubject: no mail\n\nText.", "text/plain"),
        (b"Note: this is a text.\n\nFrom: a@example.com", "text/plain"),
    ],
)
def test_a_mail_is_recognized_by_its_headers(
    parser: SandboxedFileParser, file: Path, content: bytes, content_type: str
) -> None:
    file.write_bytes(content)

    assert parser.inspect(file) == FileFacts(content_type, 1)


def test_a_mail_is_its_headers_and_its_body(parser: SandboxedFileParser, file: Path) -> None:
    message = mail(subject="Grüße & Tulpen")
    message.add_alternative("<p>Not this one.</p>", subtype="html")

    assert text_of(parser, file, bytes(message)) == (
        "From: Committee <committee@example.com>\n"
        "To: Members <members@example.com>\n"
        "Date: Tue, 03 Mar 2026 10:00:00 +0000\n"
        "Subject: Grüße & Tulpen\n"
        "\n"
        "Dear members,\n\nforty tulips."
    )


def test_html_is_read_where_there_is_no_plain_text(parser: SandboxedFileParser, file: Path) -> None:
    message = mail(" ")
    message.add_alternative(
        "<style>p {}</style><h1>Final notice</h1><p>Pay &amp; <b>call</b>.<script>run()</script>"
        '<img src="http://198.51.100.1/track.png">',
        subtype="html",
    )

    assert text_of(parser, file, bytes(message)).endswith("\n\nFinal notice\n\nPay & call.")


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "no-such-charset", "utf-7\x00"])
def test_a_body_is_decoded_whatever_it_says_it_is(
    parser: SandboxedFileParser, file: Path, charset: str
) -> None:
    content_type = f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode()
    body = "Grüße".encode("utf-8" if charset != "iso-8859-1" else charset)

    assert text_of(parser, file, HEADERS + content_type + body).endswith("Grüße")


def test_attachments_are_listed_and_unpacked(parser: SandboxedFileParser, file: Path) -> None:
    message = mail()
    message.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="Plan ü.pdf")
    message.add_attachment("a,b\n", subtype="csv", filename="list.csv")

    assert attachments_of(parser, file, bytes(message)) == [
        ("Plan ü.pdf", b"%PDF-1"),
        ("list.csv", b"a,b\n"),
    ]
    assert text_of(parser, file, bytes(message)).endswith(
        "tulips.\n\nAttachments:\n- Plan ü.pdf (application/pdf)\n- list.csv (text/csv)"
    )


def test_an_attached_mail_is_one_file(parser: SandboxedFileParser, file: Path) -> None:
    inner = mail(subject="The inner one")
    inner.add_attachment(b"deep", maintype="application", subtype="pdf", filename="deep.pdf")
    outer = mail()
    outer.add_attachment(inner)

    ((name, content),) = attachments_of(parser, file, bytes(outer))

    assert name == "The inner one.eml"
    assert text_of(parser, file, content).endswith("- deep.pdf (application/pdf)")


def test_pictures_of_the_body_and_signatures_are_no_attachments(
    parser: SandboxedFileParser, file: Path
) -> None:
    message = mail()
    message.add_alternative('<img src="cid:logo">', subtype="html")
    html = message.get_payload(1)
    assert isinstance(html, EmailMessage)
    html.add_related(b"GIF89a", maintype="image", subtype="gif", cid="<logo>")
    message.add_attachment(b"sig", maintype="application", subtype="pgp-signature", filename="s")

    assert attachments_of(parser, file, bytes(message)) == []


def test_a_file_without_a_name_gets_one(parser: SandboxedFileParser, file: Path) -> None:
    message = mail()
    message.add_attachment(b"%PDF-1", maintype="application", subtype="pdf")

    assert attachments_of(parser, file, bytes(message)) == [("part 2.pdf", b"%PDF-1")]


def test_too_many_attachments_are_refused(parser: SandboxedFileParser, file: Path) -> None:
    message = mail()
    for _ in range(4):
        message.add_attachment(b"x", maintype="application", subtype="pdf", filename="x.pdf")
    file.write_bytes(bytes(message))

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert (refusal.code, refusal.content_type) == ("TOO_MANY_ATTACHMENTS", MAIL)


def test_a_page_of_a_mail_is_drawn(parser: SandboxedFileParser, file: Path) -> None:
    file.write_bytes(bytes(mail()))

    png = parser.render(file, content_type=MAIL, page=1, max_pixels=5_000)

    with Image.open(io.BytesIO(png)) as picture:
        assert 1_000 < picture.width * picture.height <= 5_000
