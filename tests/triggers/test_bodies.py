from __future__ import annotations

import gzip
import zlib

import pytest

from docflow.errors import ConfigurationError
from docflow.settings import HOST_BODY_BYTES, Settings
from testkit.app import Answer, InMemoryApp
from testkit.examples import DOCUMENT_ID

PDF = b"%PDF-1.7 " + b"text " * 40
TYPE = {"Content-Type": "multipart/form-data; boundary=b"}


def part(disposition: bytes, content: bytes = PDF) -> bytes:
    return (
        b"--b\r\nContent-Disposition: form-data; " + disposition + b"\r\n\r\n" + content + b"\r\n"
    )


def sent(app: InMemoryApp, *parts: bytes, end: bytes = b"--b--\r\n") -> Answer:
    return app.post("documents", b"".join(parts) + end, TYPE)


# Forms.


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'name="file"; filename="letter"', "letter"),
        ('name="file"; filename="Prüfung.pdf"'.encode(), "Prüfung.pdf"),
        (b"name=file; filename*=UTF-8''Pr%C3%BCfung%20%F0%9F%93%84.pdf", "Prüfung 📄.pdf"),
        (b'name="file"; filename="a;b=c.pdf"', "a;b=c.pdf"),
        (b'name="file"; filename="folder/a.pdf"', "folder/a.pdf"),
    ],
)
def test_a_file_name_of_a_form_is_read(app: InMemoryApp, disposition: bytes, name: str) -> None:
    answer = sent(app, part(disposition))

    assert (answer.status, answer.json["name"]) == (202, name)
    assert app.store.read("incoming", name) == PDF


def test_parts_beside_the_file_do_not_matter(app: InMemoryApp) -> None:
    note = part(b'name="note"', b"hello")
    other = part(b'name="other"; filename="b.pdf"', b"other")

    answer = sent(app, note, part(b'name="file"; filename="a.pdf"'), other)

    assert answer.status == 202
    assert app.store.read("incoming", "a.pdf") == PDF


@pytest.mark.parametrize(
    ("disposition", "said"),
    [
        (
            'name="file"; filename="Prüfung.pdf"'.encode("latin-1"),
            "name: the file name of the form",
        ),
        (b"name=file; filename*=UTF-8''Pr%FCfung.pdf", "name: the file name of the form"),
        (b'name="file"; filename="../a.pdf"', "name: contains . or .."),
        (rb'name="file"; filename="C:\\a.pdf"', "name: contains a backslash"),
        (b'name="file"; filename="a\x07.pdf"', "name: contains a control"),
        (b'name="file"; filename=""', "name: is missing"),
        (b'name="file"', "file: the form has no file"),
        (b'name="document"; filename="a.pdf"', "file: the form has no file"),
    ],
)
def test_a_name_that_cannot_be_used_is_told(
    app: InMemoryApp, disposition: bytes, said: str
) -> None:
    answer = sent(app, part(disposition))

    assert answer.problem == (400, "BAD_REQUEST")
    assert answer.detail.startswith(said)
    assert app.store.blobs == {}


@pytest.mark.parametrize(
    "end", [b"", b"--b", b"--b\r\nContent-Disp", b"--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--"]
)
def test_a_form_that_was_cut_off_says_so(app: InMemoryApp, end: bytes) -> None:
    answer = sent(app, part(b'name="file"; filename="a.pdf"'), end=end)

    assert answer.problem == (400, "BAD_REQUEST")
    assert "last boundary" in answer.detail
    assert app.store.blobs == {}


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=ä", "; boundary=" + "b" * 300])
def test_a_form_without_a_boundary_says_so(app: InMemoryApp, boundary: str) -> None:
    answer = app.post("documents", b"x", {"Content-Type": f"multipart/form-data{boundary}"})

    assert answer.problem == (400, "BAD_REQUEST")
    assert answer.detail.startswith("Content-Type: ")


def test_a_form_with_two_files_says_so(app: InMemoryApp) -> None:
    answer = sent(app, *[part(b'name="file"; filename="%d.pdf"' % n) for n in range(2)])

    assert answer.problem == (400, "BAD_REQUEST")
    assert answer.detail.startswith("file: the form has 2 files")
    assert app.store.blobs == {}


def test_an_empty_file_in_a_form_says_so(app: InMemoryApp) -> None:
    answer = sent(app, part(b'name="file"; filename="a.pdf"', b""))

    assert answer.problem == (400, "EMPTY_FILE")


def test_a_form_of_countless_parts_is_refused(app: InMemoryApp) -> None:
    answer = sent(app, *[part(b'name="a"', b"")] * 200)

    assert answer.problem == (400, "BAD_REQUEST")


# Encodings.


def raw_deflate(content: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(content) + stream.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PDF, mtime=0)),
        ("GZip", gzip.compress(PDF[:9], mtime=0) + gzip.compress(PDF[9:], mtime=0)),
        ("x-gzip", gzip.compress(PDF, mtime=0)),
        ("deflate", zlib.compress(PDF)),
        ("deflate", raw_deflate(PDF)),
        ("identity", PDF),
    ],
)
def test_a_compressed_body_is_decompressed(app: InMemoryApp, encoding: str, body: bytes) -> None:
    answer = app.post("documents", body, {"Content-Encoding": encoding}, name="a.pdf")

    assert answer.status == 202
    assert app.store.read("incoming", "a.pdf") == PDF


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [b"garbage", b"\x1f\x8b", gzip.compress(PDF, mtime=0)[:-9], PDF])
@pytest.mark.parametrize("path", ["documents", f"reviews/{DOCUMENT_ID}"])
def test_a_broken_compressed_body_is_a_bad_request(
    app: InMemoryApp, encoding: str, body: bytes, path: str
) -> None:
    app.lists(status="waiting", stage="waiting_for_review")
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}

    answer = app.post(path, body, headers, name="a.pdf")

    assert answer.problem == (400, "BAD_REQUEST")
    assert answer.detail.startswith("body: is not what Content-Encoding")


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "nonsense"])
def test_an_unknown_encoding_is_not_supported(app: InMemoryApp, encoding: str) -> None:
    answer = app.post("documents", PDF, {"Content-Encoding": encoding}, name="a.pdf")

    assert answer.problem == (415, "UNSUPPORTED_ENCODING")


@pytest.mark.parametrize("members", [1, 1_000])
def test_a_small_body_that_unpacks_to_a_large_one_is_too_large(
    app: InMemoryApp, members: int
) -> None:
    app.use(settings=Settings(max_upload_bytes=1_000))
    body = gzip.compress(b"x" * 1_000_000, mtime=0) * members

    answer = app.post("documents", body, {"Content-Encoding": "gzip"}, name="a.pdf")

    assert answer.problem == (413, "FILE_TOO_LARGE")
    assert "container 'incoming'" in answer.detail


# The limit.


def test_the_app_refuses_large_uploads_before_the_host_does() -> None:
    assert Settings.load({}).max_upload_bytes < HOST_BODY_BYTES - 4_000_000


@pytest.mark.parametrize("limit", [HOST_BODY_BYTES, HOST_BODY_BYTES - 1, 10**12])
def test_a_limit_above_that_of_the_host_stops_the_app_at_start(limit: int) -> None:
    with pytest.raises(ConfigurationError, match=r"MAX_UPLOAD_BYTES: .*Functions host"):
        Settings.load({"MAX_UPLOAD_BYTES": str(limit)})
