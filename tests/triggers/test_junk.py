"""Whatever is sent to the HTTP API, the answer is never an internal error."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from testkit.app import InMemoryApp, in_path
from testkit.examples import DOCUMENT_ID

DIGITS = st.integers(1, 6_000).map(lambda length: "9" * length)
NUMBERS = st.sampled_from(
    ["0", "-1", "+1", "1e5", "0x1", "1_0", " 1", "1.0", "٣", "²", "NaN", "0" * 5_000 + "1"]
)
TEXTS = st.text(max_size=60) | DIGITS | NUMBERS
TOKENS = st.recursive(
    st.none() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["PartitionKey", "RowKey", "v", "after", "x"]), inner, max_size=4
        )
    ),
    max_leaves=6,
).map(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode())
CONTINUATIONS = TEXTS | TOKENS | DIGITS.map(lambda n: base64.b64encode(n.encode()).decode())
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Content-Type",
            "Content-Encoding",
            "Accept",
            "Host",
            "Origin",
            "Sec-Fetch-Site",
            "X-Forwarded-Host",
            "X-MS-CLIENT-PRINCIPAL-NAME",
            "X-MS-CLIENT-PRINCIPAL",
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
    | st.sampled_from(
        [
            "gzip",
            "deflate",
            "application/json",
            "multipart/form-data; boundary=b",
            "null",
            "http://[",
            "http://127.0.0.1:9",
            "https://[::1",
            "//:99999999",
            "localhost:x",
        ]
    ),
    max_size=4,
)
BODIES = (
    st.binary(max_size=200)
    | st.sampled_from([b"{", b"[" * 5_000, b'{"approved": true, "comment": "\\ud800"}', b"null"])
    | st.binary(max_size=60).map(lambda junk: b"--b\r\n" + junk + b"\r\n--b--")
    | st.binary(max_size=60).map(lambda junk: b"\x1f\x8b\x08\x00" + junk)
)
QUERIES = st.dictionaries(
    st.sampled_from(["limit", "name", "status", "urgency", "review", "window"]), TEXTS, max_size=3
)
IDENTIFIERS = st.just(DOCUMENT_ID) | TEXTS.filter(bool)

thorough = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def filled(app: InMemoryApp) -> InMemoryApp:
    app.lists(status="waiting", stage="waiting_for_review")
    return app


@pytest.mark.parametrize("path", ["documents", "reviews", "stats", "health"])
@thorough
@given(query=QUERIES, continuation=st.none() | CONTINUATIONS, headers=HEADERS)
def test_no_query_of_a_list_is_an_internal_error(
    filled: InMemoryApp,
    path: str,
    query: dict[str, str],
    continuation: str | None,
    headers: dict[str, str],
) -> None:
    asked = query if continuation is None else {**query, "continuation": continuation}

    assert filled.get(path, headers, **asked).status < 500


@thorough
@given(
    identifier=IDENTIFIERS,
    rest=st.sampled_from(["", "/result", "/source"]) | TEXTS.map(lambda n: f"/pages/{in_path(n)}"),
    image=st.sampled_from(["", "/image"]),
    headers=HEADERS,
)
def test_no_path_of_a_document_is_an_internal_error(
    filled: InMemoryApp, identifier: str, rest: str, image: str, headers: dict[str, str]
) -> None:
    picture = image if len(rest) > len("/pages/") else ""
    if rest == "/pages/":
        return  # no route serves an empty part of a path

    answer = filled.get(f"documents/{in_path(identifier)}{rest}{picture}", headers)

    assert answer.status < 500


@pytest.mark.parametrize("path", ["documents", "documents/{}/reprocess", "reviews/{}"])
@thorough
@given(identifier=IDENTIFIERS, query=QUERIES, headers=HEADERS, body=BODIES)
def test_no_body_is_an_internal_error(
    filled: InMemoryApp,
    path: str,
    identifier: str,
    query: dict[str, str],
    headers: dict[str, str],
    body: bytes,
) -> None:
    answer = filled.post(path.format(in_path(identifier)), body, headers, **query)

    assert answer.status < 500


@pytest.mark.parametrize("number", ["9" * 5_000, "0" * 5_000 + "9", "٣", "1e5", "+1", "0x1"])
def test_a_page_that_is_no_number_is_not_found(filled: InMemoryApp, number: str) -> None:
    answer = filled.get(f"documents/{DOCUMENT_ID}/pages/{in_path(number)}")

    assert answer.problem == (404, "NOT_FOUND")
    assert len(answer.detail) < 100


@pytest.mark.parametrize("limit", ["9" * 5_000, "٣", "1e5", "+1", "0x1", "201"])
def test_a_limit_that_is_no_number_is_a_bad_request(filled: InMemoryApp, limit: str) -> None:
    answer = filled.get("documents", limit=limit)

    assert answer.problem == (400, "BAD_REQUEST")
    assert len(answer.detail) < 120
