"""The table from answers of services to errors of ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from docflow.adapters.loopback import is_loopback
from docflow.adapters.vendor import Vendor, retry_after_seconds
from docflow.errors import ErrorCode, PermanentError, TransientError

VENDOR = Vendor(
    service="The service",
    throttled=ErrorCode.MODEL_THROTTLED,
    unavailable=ErrorCode.MODEL_UNAVAILABLE,
    unauthorized=ErrorCode.MODEL_UNAUTHORIZED,
    rejected=ErrorCode.MODEL_REQUEST_REJECTED,
    access="check THE_KEY",
)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"retry-after": "0"}, 0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"x-ms-retry-after-ms": "200"}, 0.2),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}, 0),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_seconds(headers) == seconds


def test_retry_after_may_be_a_date() -> None:
    moment = datetime.now(UTC) + timedelta(minutes=2)

    seconds = retry_after_seconds({"Retry-After": format_datetime(moment, usegmt=True)})

    assert seconds is not None
    assert 110 < seconds <= 120


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no time zone to set")
@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_a_date_is_compared_with_the_clock_of_the_service(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    headers = {
        "Date": "Mon, 01 Jan 2001 00:00:00 GMT",
        "Retry-After": f"Mon, 01 Jan 2001 00:00:30 {zone}",
    }

    assert retry_after_seconds(headers) == 30


@pytest.fixture(autouse=True)
def _own_time_zone() -> Iterator[None]:
    yield
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 599])
def test_outages_are_transient(status: int) -> None:
    error = VENDOR.answered(status, {"Retry-After": "3"})

    assert isinstance(error, TransientError)
    assert (error.code, error.retry_after_seconds) == ("MODEL_UNAVAILABLE", 3)


def test_throttling_has_a_code_of_its_own() -> None:
    assert VENDOR.answered(429, {}).code == "MODEL_THROTTLED"


@pytest.mark.parametrize("status", [401, 403])
def test_denied_access_names_what_to_check(status: int) -> None:
    error = VENDOR.answered(status, {})

    assert isinstance(error, PermanentError)
    assert error.code == "MODEL_UNAUTHORIZED"
    assert error.message == f"The service answered {status}: check THE_KEY."


@pytest.mark.parametrize("status", [301, 400, 404, 409, 413, 422])
def test_other_refusals_are_permanent(status: int) -> None:
    error = VENDOR.answered(status, {}, "InvalidRequest")

    assert isinstance(error, PermanentError)
    assert error.code == "MODEL_REQUEST_REJECTED"
    assert f"{status} (InvalidRequest)" in error.message


def test_all_codes_of_a_service_are_shown_once() -> None:
    error = VENDOR.answered(400, {}, "InvalidRequest", "InvalidRequest", None, "InvalidContent")

    assert "400 (InvalidRequest, InvalidContent):" in error.message


@pytest.mark.parametrize(
    "code", ["a sentence with text of the document", "<html>", "x" * 65, "400", None]
)
def test_a_message_shows_error_codes_but_no_prose(code: str | None) -> None:
    assert VENDOR.answered(400, {}, code).message == (
        "The service answered 400: it does not accept this request."
    )


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:7072", True),
        ("http://localhost", True),
        ("http://[::1]:7072", True),
        ("http://127.8.9.1", True),
        ("http://azurite.localhost:10000", True),
        ("https://example.com", False),
        ("http://10.0.0.1", False),
        ("https://localhost.example.com", False),
        ("not an address", False),
    ],
)
def test_addresses_of_this_machine_are_known(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback
