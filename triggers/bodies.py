"""The bodies of requests: their encoding, their size, and the file in a form.

What is wrong with a body is said in the answer. The Functions host hands a body on as it came, so
a compressed one is decompressed here, and never to more bytes than are allowed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import azure.functions as func
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, File, MultipartDecoder

from docflow.contracts import Container
from docflow.errors import ErrorCode
from docflow.settings import FORM_OVERHEAD_BYTES
from triggers.problems import RequestError, bad_parameter

FILE_PART = "file"
"""Name of the part of a form that holds the file."""
JSON_BODY_BYTES = 1024 * 1024
"""Largest body in JSON, after it was decompressed."""

_MOST_PARTS = 100
_LONGEST_BOUNDARY = 200
_NOT_UTF_8 = "\N{REPLACEMENT CHARACTER}"
_GZIP, _DEFLATE = "gzip", "deflate"
_WINDOW = {_GZIP: zlib.MAX_WBITS | 16, _DEFLATE: zlib.MAX_WBITS}


@dataclass(frozen=True, slots=True)
class FormFile:
    """The file of a form; the name is what the sender wrote."""

    name: str
    content: bytes


def file_body(req: func.HttpRequest, *, most_bytes: int) -> bytes:
    """Return the body of a request that holds a file, alone or in a form; decompressed.

    Raises:
        RequestError: it is larger than a form with such a file, or its encoding is not known or
            broken.
    """
    content = _decoded(req, most_bytes=most_bytes + FORM_OVERHEAD_BYTES)
    if content is None:
        raise too_large(most_bytes)
    return content


def json_body(req: func.HttpRequest) -> bytes:
    """Return the body of a request in JSON, decompressed.

    Raises:
        RequestError: it is too large, or its encoding is not known or broken.
    """
    content = _decoded(req, most_bytes=JSON_BODY_BYTES)
    if content is None:
        raise bad_parameter("body", f"has more than {JSON_BODY_BYTES:,} bytes")
    return content


def too_large(most_bytes: int) -> RequestError:
    """Return the error for a file that is too large for a request."""
    return RequestError(
        ErrorCode.FILE_TOO_LARGE,
        f"The file has more than {most_bytes:,} bytes. Upload it to the container "
        f"{Container.INCOMING.value!r} instead.",
    )


def _decoded(req: func.HttpRequest, *, most_bytes: int) -> bytes | None:
    """Return the body without its content encodings, or None if it is larger than allowed."""
    content = req.get_body()
    named = req.headers.get("Content-Encoding", "").lower().split(",")
    encodings = [each.strip() for each in named if each.strip() not in {"", "identity"}]
    if len(encodings) > 1 or not {"x-gzip", *_WINDOW}.issuperset(encodings):
        raise RequestError(
            ErrorCode.UNSUPPORTED_ENCODING,
            "Content-Encoding: send the body as it is, or compressed once, by gzip or deflate.",
        )
    for encoding in encodings:
        content = _decompressed(content, encoding.removeprefix("x-"), most_bytes + 1)
    return content if len(content) <= most_bytes else None


def _decompressed(content: bytes, encoding: str, most_bytes: int) -> bytes:
    """Decompress a body; stop after `most_bytes`, so that no small body fills the memory."""
    window = _WINDOW[encoding]
    if encoding == _DEFLATE and not _has_zlib_header(content):
        window = -zlib.MAX_WBITS  # some clients send deflate without its header
    found = bytearray()
    try:
        while content and len(found) < most_bytes:
            stream = zlib.decompressobj(window)
            found += stream.decompress(content, most_bytes - len(found))
            if not stream.eof and len(found) < most_bytes:
                raise _broken(encoding)
            content = stream.unused_data if encoding == _GZIP else b""  # gzip has members
    except zlib.error:
        raise _broken(encoding) from None
    return bytes(found)


def _has_zlib_header(content: bytes) -> bool:
    return (
        len(content) > 1
        and content[0] & 15 == zlib.DEFLATED
        and content[:2] != b"\x1f\x8b"
        and (int.from_bytes(content[:2]) % 31 == 0)
    )


def _broken(encoding: str) -> RequestError:
    return bad_parameter(
        "body",
        f"is not what Content-Encoding: {encoding} says, or was cut off; send it again, or send "
        "it without compression",
    )


def is_form(req: func.HttpRequest) -> bool:
    """Return whether the body is a form that can hold a file."""
    return media_type(req) == "multipart/form-data"


def media_type(req: func.HttpRequest) -> str:
    """Return the media type of the body in lower case, without its parameters."""
    return str(req.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def form_file(req: func.HttpRequest, body: bytes) -> FormFile:
    """Return the one file in the part `file` of a form.

    Raises:
        RequestError: the form is damaged, or has no such part or several; it says which.
    """
    found = list(_files(body, _boundary(req)))
    if not found:
        raise bad_parameter(FILE_PART, "the form has no file with this part name")
    if len(found) > 1:
        raise bad_parameter(
            FILE_PART, f"the form has {len(found)} files; send each in a request of its own"
        )
    (file,) = found
    if _NOT_UTF_8 in file.name:
        raise _not_utf_8()
    return file


def _boundary(req: func.HttpRequest) -> bytes:
    _, options = parse_options_header(req.headers.get("Content-Type", ""))
    boundary = options.get("boundary", "")
    if not boundary or len(boundary) > _LONGEST_BOUNDARY or not boundary.isascii():
        raise bad_parameter("Content-Type", "has no valid boundary of the form's parts")
    return boundary.encode()


def _files(body: bytes, boundary: bytes) -> Iterator[FormFile]:
    """Yield the files in the parts that are named `file`."""
    name: str | None = None
    content = bytearray()
    for event in _events(body, boundary):
        if isinstance(event, File) and event.name == FILE_PART:
            name, content = event.filename, bytearray()
        if isinstance(event, Data) and name is not None:
            content += event.data
            if not event.more_data:
                yield FormFile(name, bytes(content))
                name = None


def _events(body: bytes, boundary: bytes) -> Iterator[Event]:
    """Yield the parts of a form as they come; the decoder fails where the form does not end."""
    decoder = MultipartDecoder(boundary, max_parts=_MOST_PARTS)
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue):
            yield event
    except UnicodeDecodeError:
        raise _not_utf_8() from None
    except RequestEntityTooLarge:
        raise bad_parameter("body", f"the form has more than {_MOST_PARTS} parts") from None
    except ValueError:
        raise _cut_off() from None


def _not_utf_8() -> RequestError:
    return bad_parameter(
        "name", "the file name of the form is not in UTF-8; send it in UTF-8, or use ?name="
    )


def _cut_off() -> RequestError:
    return bad_parameter(
        "body",
        "the form is damaged: a boundary or the headers of a part are missing, such as the last "
        "boundary if the transfer was cut off; send it again",
    )
