"""The time, as the stand-ins write it."""

from __future__ import annotations

from datetime import UTC, datetime


def unix_seconds() -> int:
    """Return the seconds since 1970, as OpenAI writes times."""
    return int(datetime.now(UTC).timestamp())


def azure_time() -> str:
    """Return the time as Azure's REST APIs write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def jira_time() -> str:
    """Return the time as Jira writes it, with milliseconds and offset."""
    now = datetime.now(UTC)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}+0000"
