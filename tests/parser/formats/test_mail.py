"""Mail through the parser: what is one, what it says, what comes with it."""

from __future__ import annotations

import base64
import io
import struct
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.parser.formats.mail import body
from docflow.ports import FileFacts, FileRefusal, PageSplit

MAIL = "message/rfc822"
HEADERS = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: Tulips\r\n"


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

    (name, content), deep = attachments_of(parser, file, bytes(outer))

    assert name == "The inner one.eml"
    assert deep == ("deep.pdf", b"deep")
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


PLAIN = b"Content-Type: text/plain\r\n\r\n"
PAGE = b"Content-Type: text/html\r\n\r\n"
PLAN = b'Content-Type: application/pdf\r\nContent-Disposition: %b; filename="a.pdf"\r\n\r\n%%PDF'


def multipart(kind: bytes, *parts: bytes, headers: bytes = HEADERS) -> bytes:
    lines = b"".join(b"\r\n--cut\r\n" + part for part in parts)
    return (
        headers
        + b"Content-Type: multipart/"
        + kind
        + b"; boundary=cut\r\n"
        + lines
        + b"\r\n--cut--"
    )


def said(parser: SandboxedFileParser, file: Path, content: bytes) -> str:
    """Return what a mail with these headers says after them."""
    _, _, body = text_of(parser, file, content).partition("Subject: Tulips\n\n")
    return body


def test_parts_that_follow_each_other_are_all_read(parser: SandboxedFileParser, file: Path) -> None:
    footer = multipart(b"mixed", PAGE + b"<p>Pay by Friday.</p>", PLAIN + b"-- the list")
    around = multipart(b"mixed", PLAIN + b"See this:", PLAN % b"inline", PAGE + b"<p>Sue</p>")

    assert said(parser, file, footer) == "Pay by Friday.\n\n-- the list"
    assert (
        said(parser, file, around) == "See this:\n\nSue\n\nAttachments:\n- a.pdf (application/pdf)"
    )


def test_a_plain_text_that_stands_in_for_nothing_gives_way(
    parser: SandboxedFileParser, file: Path
) -> None:
    page = PAGE + b"<p>" + b"What the mail is about. " * 9
    content = multipart(b"alternative", PLAIN + b"This mail is HTML.", page)

    assert said(parser, file, content) == ("What the mail is about. " * 9).strip()


def test_files_among_the_parts_of_a_page_are_attachments(
    parser: SandboxedFileParser, file: Path
) -> None:
    page = PAGE + b"<p>The plan of the beds is inside.</p><img src=cid:x>"
    picture = b"Content-Type: image/png; name=x.png\r\nContent-ID: <x>\r\n\r\nPNG"
    content = multipart(b"related", page, picture, PLAN % b"inline")

    assert attachments_of(parser, file, content) == [("a.pdf", b"%PDF")]


def test_a_picture_is_an_attachment_where_the_body_says_nothing(
    parser: SandboxedFileParser, file: Path
) -> None:
    scan = b"Content-Type: image/png; name=scan.png\r\nContent-ID: <x>\r\n\r\nPNG"
    content = multipart(b"related", PAGE + b"<img src=cid:x>", scan)

    assert attachments_of(parser, file, content) == [("scan.png", b"PNG")]


@pytest.mark.parametrize("parameter", [b"boundary=lost", b"boundary=b\xe9; name=b\xe9"])
def test_a_mail_whose_parts_cannot_be_told_is_read_as_it_is(
    parser: SandboxedFileParser, file: Path, parameter: bytes
) -> None:
    content = HEADERS + b"Content-Type: multipart/mixed; %b\r\n\r\nThe text." % parameter

    assert said(parser, file, content) == "The text."


@pytest.mark.parametrize("kind", [b"mixed", b"mix\xe9d"])
def test_a_mail_is_divided_by_the_line_that_does(
    parser: SandboxedFileParser, file: Path, kind: bytes
) -> None:
    content = multipart(kind, PLAIN + b"The text.", PLAN % b"attachment")
    content = content.replace(b"boundary=cut", b"boundary=lost")

    assert said(parser, file, content).startswith("The text.")
    assert attachments_of(parser, file, content) == [("a.pdf", b"%PDF")]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_headers_that_nobody_encoded_are_read(
    parser: SandboxedFileParser, file: Path, encoding: str
) -> None:
    name = 'Content-Type: application/pdf; name="März.pdf"\r\n\r\n%PDF'.encode(encoding)
    headers = "From: Jörg <a@example.com>\r\nMIME-Version: 1.0\r\nSubject: Grüße\r\n".encode(
        encoding
    )
    content = multipart(b"mixed", PLAIN + b"x", name, headers=headers)

    assert attachments_of(parser, file, content) == [("März.pdf", b"%PDF")]
    assert text_of(parser, file, content).startswith("From: Jörg <a@example.com>\nSubject: Grüße\n")


def test_words_of_a_header_are_decoded_by_what_their_charset_means(
    parser: SandboxedFileParser, file: Path
) -> None:
    word = base64.b64encode("發票".encode("gb18030"))
    content = (
        b"From: a@example.com\r\nMIME-Version: 1.0\r\nSubject: A =?gb2312?B?%b?= b\r\n\r\nx" % word
    )

    assert "Subject: A 發票 b\n" in text_of(parser, file, content)


@pytest.mark.parametrize("charset", ["zlib", "base64", "rot13", "idna", "unicode_escape"])
def test_a_charset_that_only_python_knows_is_none(
    parser: SandboxedFileParser, file: Path, charset: str
) -> None:
    content = (
        f"{HEADERS.decode()}X: y\r\nContent-Type: text/plain; charset={charset}\r\n\r\n"
        r"Café in C:\new"
    )

    assert said(parser, file, content.encode("latin-1")) == r"Café in C:\new"


def test_a_page_is_decoded_by_what_it_says_itself(parser: SandboxedFileParser, file: Path) -> None:
    page = "<meta charset=windows-1251><p>Привет".encode("cp1251")

    assert said(parser, file, HEADERS + PAGE + page) == "Привет"


def test_an_attached_mail_may_be_encoded_like_a_file(
    parser: SandboxedFileParser, file: Path
) -> None:
    how = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: Base64 \r\n\r\n"
    inner = base64.encodebytes(bytes(mail("Inside.", subject="Inner")))

    ((name, content),) = attachments_of(
        parser, file, multipart(b"mixed", PLAIN + b"x", how + inner)
    )

    assert name == "Inner.eml"
    assert text_of(parser, file, content).endswith("Inside.")


def test_an_attached_mail_is_taken_out_as_it_was_written(
    parser: SandboxedFileParser, file: Path
) -> None:
    inner = b"Subject: A \xe9\r\nX-Odd: a\vX-Hidden: b\r\nX-Folded: a\r\n  b\r\n\r\nText."
    content = multipart(b"mixed", PLAIN + b"x", b"Content-Type: message/rfc822\r\n\r\n" + inner)

    ((_, taken_out),) = attachments_of(parser, file, content)

    assert taken_out.replace(b"\r\n", b"\n") == inner.replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + HEADERS + b"\r\nText.",
        b"\r\n\r\n" + HEADERS + b"\r\nText.",
        multipart(b"mixed", PLAIN + b"Text.", headers=b"X-Unsent: 1\r\nSubject: Tulips\r\n"),
    ],
)
def test_a_mail_may_begin_oddly(parser: SandboxedFileParser, file: Path, content: bytes) -> None:
    file.write_bytes(content)

    assert parser.inspect(file) == FileFacts(MAIL, 1)
    assert text_of(parser, file, content).endswith("Subject: Tulips\n\nText.")


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (multipart(b"encrypted", PLAIN + b"x"), "ENCRYPTED", "The mail is encrypted"),
        (HEADERS + b"Content-Type: application/pkcs7-mime\r\n\r\nMII", "ENCRYPTED", "The mail"),
        (
            (b"From a@b.c Tue Mar  3 10:00:00 2026\n" + bytes(mail()) + b"\n") * 2,
            "UNSUPPORTED_TYPE",
            "The file is a mailbox of several mails",
        ),
    ],
)
def test_what_holds_no_mail_to_read_is_refused(
    parser: SandboxedFileParser, file: Path, content: bytes, code: str, message: str
) -> None:
    file.write_bytes(content)

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == code
    assert refusal.message.startswith(message)


def container(*attributes: tuple[int, bytes]) -> bytes:
    """Return a container of Outlook's with these attributes of attachments."""
    packed = [
        struct.pack("<BII", 2, tag, len(value)) + value + b"\0\0" for tag, value in attributes
    ]
    return b"\x78\x9f\x3e\x22\1\0" + b"".join(packed)


def long_name(name: str) -> bytes:
    """Return an attachment's properties: a named one, its long name, and one with two values."""
    named = struct.pack("<HH16sII", 0x0B, 0x8001, b"", 0, 7) + b"\1\0\0\0"
    text = name.encode("utf-16-le") + b"\0\0"
    written = struct.pack("<HHII", 0x1F, 0x3707, 1, len(text)) + text + bytes(-len(text) % 4)
    several = struct.pack("<HHIII", 0x1003, 0x6000, 2, 5, 6)
    return struct.pack("<I", 3) + named + several + written


NEXT, TITLE, DATA, PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
TWO_FILES = container(
    (NEXT, b""),
    (TITLE, b"PLANM~1.PDF\0"),
    (DATA, b"%PDF"),
    (PROPERTIES, long_name("Plan März.pdf")),
    (NEXT, b""),
    (TITLE, b"list.csv\0"),
    (DATA, b"a,b"),
)


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Type: application/ms-tnef; name=winmail.dat",
        b"Content-Type: application/octet-stream; name=winmail.dat",
    ],
)
def test_files_in_a_container_of_outlook_are_attachments(
    parser: SandboxedFileParser, file: Path, headers: bytes
) -> None:
    how = headers + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    content = multipart(b"mixed", PLAIN + b"x", how + base64.encodebytes(TWO_FILES))

    assert attachments_of(parser, file, content) == [
        ("Plan März.pdf", b"%PDF"),
        ("list.csv", b"a,b"),
    ]
    assert text_of(parser, file, content).endswith(
        "- Plan März.pdf (application/pdf)\n- list.csv (text/csv)"
    )


@pytest.mark.parametrize(
    "broken",
    [
        b"no container",
        container((NEXT, b"")),
        container((DATA, b"")) + b"\2",
    ],
)
def test_a_container_without_files_stays_what_it_is(
    parser: SandboxedFileParser, file: Path, broken: bytes
) -> None:
    how = b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    content = multipart(b"mixed", PLAIN + b"x", how + base64.encodebytes(broken))

    ((_, kept),) = attachments_of(parser, file, content)

    assert kept == broken


def test_a_name_that_a_container_breaks_off_is_given_up(
    parser: SandboxedFileParser, file: Path
) -> None:
    packed = container(
        (NEXT, b""), (TITLE, b"PLAN.PDF\0"), (DATA, b"%PDF"), (PROPERTIES, long_name("Plan")[:-9])
    )
    how = b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    content = multipart(b"mixed", PLAIN + b"x", how + base64.encodebytes(packed))

    assert attachments_of(parser, file, content) == [("PLAN.PDF", b"%PDF")]


def unpacked(
    parser: SandboxedFileParser, file: Path, content: bytes
) -> list[tuple[str, tuple[str, ...], int]]:
    file.write_bytes(content)
    found = parser.unpack(file, into=file.parent)
    assert isinstance(found, list)
    return [(each.name, each.within, each.left_out) for each in found]


def forwarded(inner: EmailMessage, subject: str) -> EmailMessage:
    outer = mail("See the forwarded mail below.", subject=subject)
    outer.add_attachment(inner)
    return outer


def with_files(*names: str, subject: str = "Inner") -> EmailMessage:
    inner = mail(subject=subject)
    for name in names:
        inner.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename=name)
    return inner


def test_files_of_a_forwarded_mail_come_with_it(parser: SandboxedFileParser, file: Path) -> None:
    twice = forwarded(forwarded(with_files("a.pdf"), "Middle"), "Outer")

    assert unpacked(parser, file, bytes(twice)) == [
        ("Middle.eml", (), 0),
        ("Inner.eml", ("Middle.eml",), 0),
        ("a.pdf", ("Middle.eml", "Inner.eml"), 0),
    ]


@pytest.mark.parametrize(
    ("maintype", "subtype", "encoding"),
    [("application", "octet-stream", "utf-8"), ("text", "plain", "utf-16")],
)
def test_a_mail_attached_as_a_file_is_one_too(
    parser: SandboxedFileParser, file: Path, maintype: str, subtype: str, encoding: str
) -> None:
    content = bytes(with_files("a.pdf")).decode().encode(encoding)
    how = f'Content-Type: {maintype}/{subtype}; name="x.eml"\r\n'.encode()
    part = how + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(content)

    assert unpacked(parser, file, multipart(b"mixed", PLAIN + b"x", part)) == [
        ("x.eml", (), 0),
        ("a.pdf", ("x.eml",), 0),
    ]


def test_what_is_too_many_in_a_forwarded_mail_is_counted(
    parser: SandboxedFileParser, file: Path
) -> None:
    outer = forwarded(with_files("a.pdf", "b.pdf", "c.pdf", "d.pdf"), "Outer")

    assert unpacked(parser, file, bytes(outer)) == [
        ("Inner.eml", (), 2),
        ("a.pdf", ("Inner.eml",), 0),
        ("b.pdf", ("Inner.eml",), 0),
    ]


def test_what_is_nested_too_deep_is_counted(in_this_process: None, file: Path) -> None:
    parser = SandboxedFileParser(
        timeout_seconds=30, memory_mb=1_024, max_pages=9, max_pixels=10**6, max_mail_depth=1
    )
    outer = forwarded(forwarded(with_files("a.pdf", "b.pdf"), "Middle"), "Outer")

    assert unpacked(parser, file, bytes(outer)) == [
        ("Middle.eml", (), 0),
        ("Inner.eml", ("Middle.eml",), 2),
    ]


def test_mails_in_mails_without_end_stay_few(in_this_process: None, file: Path) -> None:
    parser = SandboxedFileParser(
        timeout_seconds=30, memory_mb=1_024, max_pages=9, max_pixels=10**6, max_attachments=20
    )
    message = with_files(*(f"{number}.pdf" for number in range(9)))
    for level in range(12):
        outer = mail(subject=f"Level {level}")
        for _ in range(2):
            outer.add_attachment(message)
        message = outer if level < 6 else forwarded(message, f"Level {level}")

    found = unpacked(parser, file, bytes(message))

    assert 2 < len(found) <= 20
    assert sum(left_out for _, _, left_out in found) > 0


NOTICE = "This is our final notice. Pay 80 euros within 48 hours, or the supply ends."
STUB = "A notice about your account is ready. You find it at https://example.com/notices/4711"


def alternatives(plain: str, page: str, *, kind: bytes = b"alternative") -> bytes:
    return multipart(kind, PLAIN + plain.encode(), PAGE + page.encode())


def as_part(content: bytes) -> bytes:
    """Return a mail without the headers that a part does not have."""
    return content[len(HEADERS) :].replace(b"cut", b"inner")


@pytest.mark.parametrize(
    "content",
    [
        alternatives(STUB, f"<p>{NOTICE}</p><p>{STUB}</p>"),
        alternatives(f"{NOTICE}\n{STUB}", "<p>A notice about your account is ready.</p>"),
        multipart(b"mixed", as_part(alternatives(STUB, f"<div>{NOTICE}</div>"))),
        multipart(b"related", as_part(alternatives(STUB, f"<div>{NOTICE}</div>"))),
        multipart(
            b"alternative",
            PLAIN + STUB.encode(),
            as_part(multipart(b"related", PAGE + f"<p>{NOTICE}".encode())),
        ),
        multipart(
            b"alternative",
            PLAIN + STUB.encode(),
            b'Content-Type: text/html; name="body.html"\r\n\r\n' + f"<p>{NOTICE}".encode(),
        ),
        alternatives(STUB * 3, f"<p>{NOTICE}"),
    ],
)
def test_the_form_of_a_mail_that_says_more_is_read(
    parser: SandboxedFileParser, file: Path, content: bytes
) -> None:
    assert NOTICE in said(parser, file, content)


def test_forms_that_say_the_same_are_read_once(parser: SandboxedFileParser, file: Path) -> None:
    plain = NOTICE.replace("Pay", "\r\nPay") + "\r\nSee <https://example.com/a-long-link>"
    page = f"<p>{NOTICE.replace('final', '<b>fi&shy;nal</b>')}</p><a href=x>See</a>"

    assert said(parser, file, alternatives(plain, page)) == plain.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("plain", "page", "new"),
    [
        ("Pay your bill for the supply.", "<p>Pay your bill for the supply within 48 hours.", "48"),
        (
            "A notice for you: pay at once.",
            "<h1>Final notice</h1><p>A notice: pay at once.",
            "Final",
        ),
        (f"Pay. {STUB}", "<p>Pay by 3 May.", "3 May"),
    ],
)
def test_one_word_more_in_the_html_is_read(
    parser: SandboxedFileParser, file: Path, plain: str, page: str, new: str
) -> None:
    read = said(parser, file, alternatives(plain, page))

    assert read.startswith(plain)
    assert new in read


def test_what_either_form_alone_says_is_read_from_both(
    parser: SandboxedFileParser, file: Path
) -> None:
    plain = f"{STUB}\r\n\r\nYour access code is 778-12; keep this secret for yourself."
    page = f"<p>{STUB}</p><p>{NOTICE}</p>"

    read = said(parser, file, alternatives(plain, page))

    assert read.count("ready") == 1
    assert NOTICE in read
    assert read.endswith("Your access code is 778-12; keep this secret for yourself.")


@pytest.mark.parametrize(("plain", "read"), [("See the HTML.", NOTICE), (STUB, STUB)])
def test_forms_too_long_to_compare_are_told_by_their_length(
    parser: SandboxedFileParser,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    plain: str,
    read: str,
) -> None:
    monkeypatch.setattr(body, "MOST_COMPARED", 50)

    assert said(parser, file, alternatives(plain, f"<p>{NOTICE}</p>")) == read


SCAN = b"Content-Type: image/png; name=scan.png\r\n%b\r\n\r\nPNG"
SAID = "<p>The statement of the month is attached.</p>"


@pytest.mark.parametrize(
    ("page", "headers"),
    [
        ('<img src="cid:a@b">', b"Content-ID: <a@b>"),
        ('<IMG alt=x SRC = "CID:a%40b">', b"Content-ID: <a@b>"),
        ("<td background=cid:a@b>", b"Content-ID: a@b"),
        ("<div style=\"background: url('cid:a@b')\">", b"Content-ID: <a@b>"),
        ('<img src="https://example.com/a.png">', b"Content-Location: https://example.com/a.png"),
        ('<img src="cid:a@b">', b"Content-ID: <a@b>\r\nContent-Disposition: attachment"),
        ('<img src="scan.png">', b"Content-Transfer-Encoding: 7bit"),
    ],
)
@pytest.mark.parametrize("kind", [b"related", b"mixed"])
def test_a_picture_that_the_page_shows_only_adorns_it(
    parser: SandboxedFileParser, file: Path, kind: bytes, page: str, headers: bytes
) -> None:
    content = multipart(kind, PAGE + (SAID + page).encode(), SCAN % headers)

    assert attachments_of(parser, file, content) == []


@pytest.mark.parametrize(
    "page", ["", '<img src="cid:other">', '<a href="cid:a@b">', "cid:a@b is its name"]
)
@pytest.mark.parametrize("kind", [b"related", b"mixed"])
def test_a_picture_that_no_page_shows_is_a_document(
    parser: SandboxedFileParser, file: Path, kind: bytes, page: str
) -> None:
    content = multipart(kind, PAGE + (SAID + page).encode(), SCAN % b"Content-ID: <a@b>")

    assert attachments_of(parser, file, content) == [("scan.png", b"PNG")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16"])
def test_a_mail_saved_in_utf_16_is_a_mail(
    parser: SandboxedFileParser, file: Path, encoding: str, charset: str
) -> None:
    how = f'Content-Type: text/plain; charset="{charset}"\r\n\r\n'.encode()
    written = multipart(b"mixed", how + "Grüße".encode(), PLAN % b"attachment").decode()
    if encoding == "utf-32":
        written = f"\ufeff{written}"
    content = written.encode(encoding)
    file.write_bytes(content)

    assert parser.inspect(file) == FileFacts(MAIL, 1)
    assert said(parser, file, content).startswith("Grüße\n")
    assert attachments_of(parser, file, content) == [("a.pdf", b"%PDF")]


def test_a_mailbox_in_utf_16_is_one_too(parser: SandboxedFileParser, file: Path) -> None:
    one = b"From a@b.c Tue Mar  3 10:00:00 2026\n" + bytes(mail()) + b"\n"
    file.write_bytes((one * 2).decode().encode("utf-16"))

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.message.startswith("The file is a mailbox")


@pytest.mark.parametrize("charset", ["iso-8859-1", "us-ascii", "windows-1252", "koi8-r", "utf-16"])
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_utf_8_is_read_as_such_whatever_a_part_declares(
    parser: SandboxedFileParser, file: Path, charset: str, kind: str
) -> None:
    how = f"Content-Type: text/{kind}; charset={charset}\r\n\r\n".encode()

    assert said(parser, file, HEADERS + how + "Prüfung für Łódź".encode()) == "Prüfung für Łódź"
