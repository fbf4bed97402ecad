"""Patterns of all kinds, without a host: routes, blob paths, schedules, log categories."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from devstack.functions_host.engine.events import parse_stamp, stamp
from devstack.functions_host.logs import CategoryFilter, current_function
from devstack.functions_host.triggers.blob_message import split_blob_url
from devstack.functions_host.triggers.blob_paths import BlobPath, BlobPathError
from devstack.functions_host.triggers.timers import Schedule, ScheduleError
from devstack.functions_host.web.routing import RouteError, Template


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("api/Items", "api/items/", {}),
        ("api/items", "api/items/1", None),
        ("x/{id:int}", "x/-5", {"id": "-5"}),
        ("x/{id:int}", "x/5000000000", None),
        ("x/{id:long}", "x/5000000000", {"id": "5000000000"}),
        ("x/{id:guid}", "x/7d444840-9dc0-11d1-b245-5ffdce74fad2", {}),
        ("x/{id:guid}", "x/nope", None),
        ("x/{id:bool}", "x/True", {"id": "True"}),
        ("x/{id:alpha}", "x/abc1", None),
        ("x/{id:length(2,3)}", "x/abc", {"id": "abc"}),
        ("x/{id:length(2)}", "x/abc", None),
        ("x/{id:minlength(2):maxlength(3)}", "x/abcd", None),
        ("x/{id:range(1,9)}", "x/10", None),
        ("x/{id:min(3)}", "x/3", {"id": "3"}),
        ("x/{id:max(3)}", "x/4", None),
        (r"x/{id:regex(^\d+$)}", "x/12", {"id": "12"}),
        (r"x/{id:regex(^\d+$)}", "x/a", None),
        ("x/{a}-{b}.txt", "x/one-two.txt", {"a": "one", "b": "two"}),
        ("x/{a?}", "x", {}),
        ("x/{a?}", "x/1", {"a": "1"}),
        ("x/{a=7}", "x", {"a": "7"}),
        ("x/{a:int?}", "x/no", None),
        ("x/{*rest}", "x/a/b%2Fc%20d", {"rest": "a/b%2Fc d"}),
        ("x/{*rest}", "x", {}),
        ("{*all}", "any/thing", {"all": "any/thing"}),
    ],
)
def test_a_route_template_matches(template: str, path: str, values: dict[str, str] | None) -> None:
    found = Template(template).match(path)
    if values == {} and "{" in template and template.endswith("guid}"):
        assert found == {"id": path.removeprefix("x/")}
    else:
        assert found == values


@pytest.mark.parametrize("template", ["x/{id", "x/{id:unheard}", "x/id}"])
def test_a_route_template_that_makes_no_sense_is_refused(template: str) -> None:
    with pytest.raises(RouteError):
        Template(template)


@pytest.mark.parametrize(
    ("pattern", "blob", "tokens"),
    [
        ("in/{name}", "a/b.pdf", {"name": "a/b.pdf"}),
        ("in/{name}.pdf", "x.y.pdf", {"name": "x.y"}),
        ("in/{name}.pdf", "x.PDF", None),
        ("in/sub/{name}", "sub/x", {"name": "x"}),
        ("in/sub/{name}", "other/x", None),
        ("in/{name}.{ext}", "a.tar.gz", {"name": "a.tar", "ext": "gz"}),
        ("in/{{{name}}}", "{x}", {"name": "x"}),
        ("in", "any/thing", {}),
        ("in/fixed.txt", "fixed.txt", {}),
    ],
)
def test_a_blob_path_matches(pattern: str, blob: str, tokens: dict[str, str] | None) -> None:
    assert BlobPath(pattern).match(blob) == tokens


@pytest.mark.parametrize("pattern", ["{container}/x", "in/{a}{b}", "in/{}", "in/{a", "in/a}"])
def test_a_blob_path_that_makes_no_sense_is_refused(pattern: str) -> None:
    with pytest.raises(BlobPathError):
        BlobPath(pattern)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://127.0.0.1:10000/devstoreaccount1/in/a%20b.pdf", ("in", "a b.pdf")),
        ("https://account.blob.core.windows.net/in/deep/x", ("in", "deep/x")),
        ("http://localhost:10000/devstoreaccount1/in/x", ("devstoreaccount1", "in/x")),
    ],
)
def test_the_account_is_in_the_path_only_where_the_host_is_an_address(
    url: str, found: tuple[str, str]
) -> None:
    assert split_blob_url(url) == found


START = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "following"),
    [
        ("0 */5 * * * *", "2026-01-01T12:05:00Z"),
        ("*/15 * * * * *", "2026-01-01T12:00:45Z"),
        ("0 30 9 * * 1-5", "2026-01-02T09:30:00Z"),
        ("0 0 0 1 3 *", "2026-03-01T00:00:00Z"),
        ("*/5 * * * *", "2026-01-01T12:05:00Z"),
        ("01:30:00", "2026-01-01T13:30:30Z"),
    ],
)
def test_a_schedule_counts_seconds_first(schedule: str, following: str) -> None:
    assert stamp(Schedule(schedule).after(START)) == following


@pytest.mark.parametrize("schedule", ["", "often", "0 0 0 0", "99 * * * * *"])
def test_a_schedule_that_makes_no_sense_is_refused(schedule: str) -> None:
    with pytest.raises(ScheduleError):
        Schedule(schedule)


def record(name: str, level: int) -> logging.LogRecord:
    return logging.LogRecord(name, level, "", 0, "text", None, None)


def test_log_levels_are_chosen_by_the_longest_category() -> None:
    levels = {"default": "Warning", "Function": "Information", "Function.loud.User": "Error"}
    shown = CategoryFilter(levels).filter
    assert not shown(record("devstack.functions_host.hub.live", logging.INFO))
    assert shown(record("devstack.functions_host.hub.live", logging.WARNING))
    for function, visible in (("quiet", True), ("loud", False)):
        token = current_function.set(function)
        assert shown(record("app", logging.INFO)) is visible
        current_function.reset(token)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 120_000, tzinfo=UTC), "2026-01-02T03:04:05.12Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 7, tzinfo=UTC), "2026-01-02T03:04:05.000007Z"),
    ],
)
def test_times_are_written_as_dotnet_does(moment: datetime, text: str) -> None:
    assert stamp(moment) == text
    assert parse_stamp(text) == moment


def test_times_are_read_with_seven_digits_and_without_a_zone() -> None:
    assert parse_stamp("2026-01-02T03:04:05.1234567Z").microsecond == 123456
    assert parse_stamp("2026-01-02T03:04:05").tzinfo is UTC
