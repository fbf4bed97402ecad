"""Files made to harm a program that reads them, each as small as it can be; made when needed.

Each builder gives the bytes of one file. What may become of it stands in `HOSTILE`.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache

import pikepdf
from PIL import Image

from samples.builders.office import DOCX_MAIN, archive, docx, office

Build = Callable[[], bytes]
PDF = "application/pdf"
SENTENCE = "The quarterly report shows that revenue grew by four percent."


@dataclass(frozen=True, slots=True)
class Hostile:
    """A hostile file and its worst bearable ends: codes of refusals; none where it is read."""

    name: str
    build: Build
    codes: frozenset[str] = frozenset()
    readable: bool = False
    """Whether it may also be read, without harm."""


# PDF.


def pdf(*objects: bytes, pages: str = "[3 0 R]", count: str = "1", catalog: str = "") -> bytes:
    """Return a PDF: 1 is the catalog, 2 the page tree, further objects follow from 3 on."""
    given = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode(),
        f"<</Type/Pages/Kids {pages}/Count {count}>>".encode(),
        *objects,
    ]
    output = io.BytesIO()
    output.write(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(given, start=1):
        places.append(output.tell())
        output.write(b"%d 0 obj\n%b\nendobj\n" % (number, content))
    start = output.tell()
    output.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(given) + 1))
    output.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    output.write(b"trailer<</Size %d/Root 1 0 R>>\n" % (len(given) + 1))
    output.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return output.getvalue()


def page(extra: str = "/Contents 4 0 R", box: str = "[0 0 595 842]") -> bytes:
    """Return a page with Helvetica at hand."""
    font = "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    return f"<</Type/Page/Parent 2 0 R/MediaBox{box}{font}{extra}>>".encode()


def stream(content: bytes, extra: str = "") -> bytes:
    """Return a stream object."""
    return f"<<{extra}/Length {len(content)}>>stream\n".encode() + content + b"\nendstream"


TEXT = stream(b"BT /F 12 Tf 50 700 Td (%b) Tj ET" % SENTENCE.encode())


@cache
def deflated(block: bytes, times: int) -> bytes:
    """Return a block that is repeated so many times, packed in the format of zlib."""
    check = 1
    for _ in range(times):
        check = zlib.adler32(block, check)
    return b"\x78\xda" + deflated_bare(block, times) + check.to_bytes(4, "big")


def deflated_bare(block: bytes, times: int) -> bytes:
    """Return a repeated block as bare DEFLATE data.

    The block is packed once: what stands between two full flushes depends on nothing before it.
    """
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return packed * times + packer.flush()


LINES = b"0 0 m 1 1 l S\n" * 75_000


def flate_bomb() -> bytes:
    """Return one page whose content unpacks to a gigabyte."""
    return pdf(page(), stream(deflated(LINES, 1_000), "/Filter/FlateDecode"))


def double_flate_bomb() -> bytes:
    """Return the same, packed twice: a few kilobytes."""
    twice = zlib.compress(deflated(LINES, 1_000), 9)
    return pdf(page(), stream(twice, "/Filter[/FlateDecode/FlateDecode]"))


def form_explosion() -> bytes:
    """Return thirty forms, each of which draws the next one twice."""
    forms = [
        stream(
            b"/X Do /X Do" if depth < 30 else b"0 0 m 9 9 l S",
            "/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
            + (f"/Resources<</XObject<</X {5 + depth} 0 R>>>>" if depth < 30 else ""),
        )
        for depth in range(31)
    ]
    resources = "/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>"
    one_page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]{resources}>>".encode()
    return pdf(one_page, stream(b"/X Do"), *forms)


def image_bomb() -> bytes:
    """Return a picture of 30,000 by 30,000 points that is nothing but zeros."""
    picture = stream(
        deflated(bytes(900_000), 1_000),
        "/Type/XObject/Subtype/Image/Width 30000/Height 30000/ColorSpace/DeviceGray"
        "/BitsPerComponent 8/Filter/FlateDecode",
    )
    resources = "/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>"
    one_page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{resources}>>".encode()
    return pdf(one_page, stream(b"595 0 0 842 0 0 cm /X Do"), picture)


def endless_pattern() -> bytes:
    """Return a page that is painted with tiles of a thousandth of a point, which takes for ever."""
    tile = stream(
        b"0 0 m 9 9 l S",
        "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 900 900]/XStep 0.001/YStep 0.001"
        "/Resources<<>>",
    )
    resources = "/Contents 4 0 R/Resources<</Pattern<</P 5 0 R>>>>"
    one_page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{resources}>>".encode()
    return pdf(one_page, stream(b"/Pattern cs /P scn 0 0 595 842 re f"), tile)


def sized(side: str) -> Build:
    """Return a page that is as wide and high as this, with a drawing on it."""
    return lambda: pdf(page(box=f"[0 0 {side} {side}]"), stream(b"9 9 300 300 re f"))


def letter() -> bytes:
    """Return a harmless page of text."""
    return pdf(page(), TEXT)


def drawing() -> bytes:
    """Return a harmless page without text, which goes to OCR."""
    return pdf(page(), stream(b"9 9 300 300 re f"))


def bound(*builds: Build) -> bytes:
    """Return a PDF of the pages of others, their content packed as it was."""
    document = pikepdf.new()
    for build in builds:
        with pikepdf.open(io.BytesIO(build())) as other:
            document.pages.extend(other.pages)
    output = io.BytesIO()
    packed = pikepdf.StreamDecodeLevel.none
    document.save(output, compress_streams=False, stream_decode_level=packed)
    return output.getvalue()


def one_of_five() -> bytes:
    """Return five pages, the third of which is thirty forms that draw each other."""
    return bound(letter, letter, form_explosion, letter, letter)


def shared_picture(pages: int, side: int) -> bytes:
    """Return pages that all show one and the same picture, which cannot be packed."""
    noise = random.Random(pages).randbytes(side * side)  # noqa: S311 - no secret
    keys = f"/Type/XObject/Subtype/Image/Width {side}/Height {side}/BitsPerComponent 8"
    picture = stream(noise, f"{keys}/ColorSpace/DeviceGray")
    show = stream(b"595 0 0 842 0 0 cm /Im Do")
    leaf = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
    leaf += b"/Resources<</XObject<</Im 3 0 R>>>>>>"
    kids = " ".join(f"{number} 0 R" for number in range(5, 5 + pages))
    return pdf(picture, show, *[leaf] * pages, pages=f"[{kids}]", count=str(pages))


def many_pages() -> bytes:
    """Return a hundred thousand empty pages, in a hundred branches."""
    branches, pages_each = 100, 1_000
    first_page = 3 + branches
    nodes, leaves = [], []
    for branch in range(branches):
        start = first_page + branch * pages_each
        kids = " ".join(f"{number} 0 R" for number in range(start, start + pages_each))
        nodes.append(f"<</Type/Pages/Parent 2 0 R/Count {pages_each}/Kids[{kids}]>>".encode())
        leaf = f"<</Type/Page/Parent {3 + branch} 0 R/MediaBox[0 0 9 9]>>".encode()
        leaves += [leaf] * pages_each
    kids = " ".join(f"{3 + branch} 0 R" for branch in range(branches))
    return pdf(*nodes, *leaves, pages=f"[{kids}]", count=str(branches * pages_each))


def cyclic_tree() -> bytes:
    """Return a page tree whose branch is its own root."""
    return pdf(b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>")


def deep_tree() -> bytes:
    """Return a page tree of 5,000 levels."""
    levels = [
        f"<</Type/Pages/Parent {number - 1} 0 R/Kids[{number + 1} 0 R]/Count 1>>".encode()
        for number in range(3, 5_003)
    ]
    return pdf(*levels, page(""))


def deep_arrays() -> bytes:
    """Return an array in an array, a hundred thousand times."""
    return pdf(page(), TEXT, b"[" * 100_000 + b"]" * 100_000, catalog="/Odd 5 0 R")


def deep_content() -> bytes:
    """Return the same inside the content of a page."""
    return pdf(page(), stream(b"[" * 100_000 + b"]" * 100_000 + b" TJ"))


def deep_states() -> bytes:
    """Return a hundred thousand saved states of drawing, none of which is restored."""
    return pdf(page(), stream(b"q " * 100_000 + TEXT.split(b"stream\n")[1].split(b"\nends")[0]))


def active() -> bytes:
    """Return a page that would run a script, start a program, send a form and open a file."""
    script = "<</S/JavaScript/JS(app.launchURL\\('http://198.51.100.1'\\))>>"
    launch = "<</S/Launch/F(/bin/sh)/Win<</F(cmd.exe)>>>>"
    catalog = (
        f"/OpenAction{script}/AA<</WC{launch}>>/Names<</JavaScript<</Names[(a){script}]>>"
        "/EmbeddedFiles<</Names[(run.exe)<</F(run.exe)/EF<</F 5 0 R>>>>]>>>>"
    )
    annotation = f"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A{launch}>>]/AA<</O{script}>>"
    return pdf(
        page(f"/Contents 4 0 R{annotation}"),
        TEXT,
        stream(b"MZ", "/Type/EmbeddedFile"),
        catalog=catalog,
    )


# Pictures.


def png(width: int, height: int, data: bytes) -> bytes:
    """Return a PNG of one bit a pixel with this data."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    for kind, content in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b"")):
        check = zlib.crc32(kind + content)
        parts.append(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check))
    return b"".join(parts)


def png_bomb() -> bytes:
    """Return a picture of 2.5 gigapixels in a few hundred kilobytes."""
    return png(50_000, 50_000, deflated(bytes(6_251 * 500), 100))


def png_that_lies() -> bytes:
    """Return a small picture with a gigabyte of data behind it."""
    return png(100, 100, deflated(bytes(1_000_000), 1_000))


def tiff_bomb() -> bytes:
    """Return a picture of 60,000 by 60,000, of which one strip is there."""
    output = io.BytesIO()
    Image.new("1", (64, 64)).save(output, "TIFF", compression="group4")
    content = bytearray(output.getvalue())
    for tag in (256, 257):
        at = content.index(struct.pack("<HHII", tag, 3, 1, 64))
        content[at + 8 : at + 12] = struct.pack("<I", 60_000)
    return bytes(content)


def tiff_that_circles() -> bytes:
    """Return a picture whose last page is followed by its first."""
    output = io.BytesIO()
    pages = [Image.new("L", (64, 64), shade) for shade in (0, 99)]
    pages[0].save(output, "TIFF", save_all=True, append_images=pages[1:])
    content = bytearray(output.getvalue())
    first = struct.unpack_from("<I", content, 4)[0]
    at = first
    while True:
        end = at + 2 + 12 * struct.unpack_from("<H", content, at)[0]
        following = struct.unpack_from("<I", content, end)[0]
        if not following:
            content[end : end + 4] = struct.pack("<I", first)
            return bytes(content)
        at = following


# Archives and text.


def zip_bomb() -> bytes:
    """Return a Word document with two gigabytes of zeros."""
    block, times = bytes(1_100_000), 1_000
    check = 0
    for _ in range(times):
        check = zlib.crc32(block, check)
    parts = [zipfile.ZipInfo(f"word/media/{number}.xml") for number in range(2)]
    output = io.BytesIO(docx([SENTENCE]))
    with zipfile.ZipFile(output, "a") as packed:
        for part in parts:
            # Stored as it is, and from then on described as what it unpacks to.
            packed.writestr(part, deflated_bare(block, times))
            part.compress_type = zipfile.ZIP_DEFLATED
            part.file_size, part.CRC = len(block) * times, check
    for part in parts:
        output.seek(part.header_offset)
        output.write(part.FileHeader())
    return output.getvalue()


def zip_that_lies() -> bytes:
    """Return a Word document, one part of which unpacks to far more than it says."""
    content = docx([SENTENCE, "x" * 5_000_000])
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        size = packed.getinfo("word/document.xml").file_size
    return content.replace(struct.pack("<I", size), struct.pack("<I", 700))


def zip_of_many() -> bytes:
    """Return a Word document of twenty thousand parts."""
    parts = {f"word/{number}.xml": "<a/>" for number in range(20_000)}
    return office("word/document.xml", DOCX_MAIN, {"word/document.xml": "<a/>", **parts})


def document_xml(content: str) -> bytes:
    """Return a Word document with this main part."""
    return archive(
        {
            "[Content_Types].xml": (
                '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                f'<Override PartName="/word/document.xml" ContentType="{DOCX_MAIN}"/></Types>'
            ),
            "word/document.xml": content,
        }
    )


def entity_bomb() -> bytes:
    """Return a part with entities that expand a billion times (the billion laughs attack)."""
    entities = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
    return document_xml(f'<!DOCTYPE a [<!ENTITY a0 "ha">{entities}]><a>&a9;</a>')


def entity_from_outside() -> bytes:
    """Return a part that asks for a file of whoever reads it."""
    return document_xml('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>')


def entity_in_the_list() -> bytes:
    """Return the same in the list of parts, which is read first."""
    return archive({"[Content_Types].xml": '<!DOCTYPE a [<!ENTITY b "c">]><Types>&b;</Types>'})


def deep_xml() -> bytes:
    """Return a Word document of a hundred thousand elements inside each other."""
    return document_xml("<a>" * 100_000 + "</a>" * 100_000)


def deep_html() -> bytes:
    """Return a web page of as many, with scripts."""
    script = b"<script>while(1){fetch('http://198.51.100.1')}</script>"
    return b"<!doctype html>" + script + b"<div><b>" * 100_000 + SENTENCE.encode()


def odd_text() -> bytes:
    """Return a text with characters that steer terminals, hide words and turn them around."""
    return (
        f"{SENTENCE}\x1b[2J\x07\u200b\u202egnp.exe\u202c\ufeff\u2066pay\u2069 {SENTENCE * 4}"
    ).encode()


# Mail.


def mail(subject: str = "Tulips") -> EmailMessage:
    """Return a harmless mail to begin with."""
    message = EmailMessage()
    message["From"] = "a@example.com"
    message["Subject"] = subject
    message.set_content(SENTENCE)
    return message


def mail_of_odd_headers() -> bytes:
    """Return a mail of endless headers, wrong encodings and parameters that refer to each other."""
    return (
        b"From: =?utf-8?q?=" + b"=?x?b?" * 2_000 + b"\r\n"
        b"To: " + b"(" * 20_000 + b"\r\n"
        b"Subject: =?no-such?q?a?= =?utf-8?b?####?=\r\n"
        b"Date: " + b"9" * 5_000 + b"\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset*0*=\xff''%FF; charset*1000000000=x; boundary=\r\n"
        b"Content-Transfer-Encoding: base64\r\n"
        b"\r\n" + b"\xff\x00=" * 1_000
    )


def mail_of_odd_names() -> bytes:
    """Return attachments whose names climb out of folders, turn around, or never end."""
    message = mail()
    for name in ("../../etc/passwd", "a\u202efdp.exe", "x" * 5_000, "con:|?*", "\u200b"):
        message.add_attachment(SENTENCE, filename=name)
    return bytes(message)


def mail_in_mail() -> bytes:
    """Return thirty mails inside each other."""
    message = mail()
    for _ in range(30):
        outer = mail()
        outer.add_attachment(message)
        message = outer
    return bytes(message)


def mail_of_nested_parts() -> bytes:
    """Return a thousand multiparts inside each other."""
    opened = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
        for level in range(1_000)
    )
    return b"From: a@example.com\r\nMIME-Version: 1.0\r\n" + opened + b"\r\ntext"


def mail_of_many_parts() -> bytes:
    """Return ten thousand attachments."""
    part = b"--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\na\r\n"
    head = b"From: a@example.com\r\nMIME-Version: 1.0\r\n"
    return head + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 10_000 + b"--b--"


def mailbox_of_a_long_line() -> bytes:
    """Return a line that could begin the next mail of a mailbox in a hundred thousand ways."""
    head = b"From a@b.c Tue Mar  3 10:00:00 2026\n" + bytes(mail())
    return head + b"\n\nFrom a@b.c " + b"1:11 " * 100_000 + b"\nno header"


def row_of_marks() -> bytes:
    """Return a letter with 400,000 marks, in the order that takes longest to sort."""
    return ("a" + "\u0301\u0316" * 200_000).encode()


def text_of_comments() -> bytes:
    """Return what could be the beginning of a web page, and is not."""
    return b"<!---->" * 1_000 + b"text"


def _may(*codes: str, readable: bool = False) -> tuple[frozenset[str], bool]:
    return frozenset(codes), readable


READ = _may(readable=True)
UNREADABLE = _may("UNREADABLE")
DAMAGED = _may("DAMAGED")

HOSTILE = [
    Hostile(name or build.__name__, build, *ends)
    for name, build, ends in (
        ("", flate_bomb, UNREADABLE),
        ("", double_flate_bomb, UNREADABLE),
        ("", form_explosion, UNREADABLE),
        ("", one_of_five, READ),
        ("", image_bomb, _may("UNREADABLE", readable=True)),
        ("page of 14,400 points", sized("14400"), READ),
        ("page of 1,000,000 points", sized("1000000"), READ),
        ("page of 1e9 points", sized("1000000000"), _may("DAMAGED", "UNREADABLE", readable=True)),
        ("page without size", sized("0"), READ),
        ("page of a negative size", sized("-500"), READ),
        ("", many_pages, _may("TOO_MANY_PAGES")),
        ("", cyclic_tree, DAMAGED),
        ("", deep_tree, DAMAGED),
        ("count of a billion", lambda: pdf(page(), TEXT, count="1000000000"), READ),
        ("negative count", lambda: pdf(page(), TEXT, count="-1"), _may("DAMAGED", readable=True)),
        ("", deep_arrays, _may("DAMAGED", readable=True)),
        ("", deep_content, READ),
        ("", deep_states, READ),
        ("", active, READ),
        ("", png_bomb, UNREADABLE),
        ("", png_that_lies, _may("DAMAGED", "UNREADABLE", readable=True)),
        ("", tiff_bomb, UNREADABLE),
        ("", tiff_that_circles, _may("DAMAGED", readable=True)),
        ("", zip_bomb, UNREADABLE),
        ("", zip_that_lies, DAMAGED),
        ("", zip_of_many, UNREADABLE),
        ("zip under another name", lambda: archive({"a.txt": "b"}), _may("UNSUPPORTED_TYPE")),
        ("", entity_bomb, DAMAGED),
        ("", entity_from_outside, DAMAGED),
        ("", entity_in_the_list, DAMAGED),
        ("", deep_xml, DAMAGED),
        ("", deep_html, READ),
        ("", odd_text, READ),
        ("", row_of_marks, READ),
        ("", text_of_comments, READ),
        ("", mail_of_odd_headers, READ),
        ("", mail_of_odd_names, READ),
        ("", mail_in_mail, READ),
        ("", mail_of_nested_parts, _may("UNREADABLE", readable=True)),
        ("", mail_of_many_parts, _may("TOO_MANY_ATTACHMENTS")),
        ("", mailbox_of_a_long_line, READ),
    )
]
"""Hostile files, with what may become of each."""
