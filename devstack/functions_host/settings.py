"""host.json and local.settings.json: what is read from them, with their defaults and checks."""

from __future__ import annotations

import json
import os
import re
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

#: What stands before the name of a connection string, as in .NET's configuration.
CONNECTION_STRING = "ConnectionStrings:"

HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,44}")
DEFAULT_FUNCTION_TIMEOUT = timedelta(minutes=30)
DEFAULT_VISIBILITY_TIMEOUT = timedelta(minutes=5)
_SHORTEST_VISIBILITY, _LONGEST_VISIBILITY = timedelta(minutes=1), timedelta(minutes=60)
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)")


class SettingsError(Exception):
    """A settings file is wrong; the message names the file, the setting and what is allowed."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """The part of host.json that this host obeys."""

    route_prefix: str = "api"
    hub_name: str = "TestHubName"
    max_activities: int = 10
    max_orchestrators: int = 10
    max_actions: int = 100_000
    store_inputs: bool = False
    override_any_state: bool = False
    default_version: str = ""
    version_match: str = "CurrentOrOlder"
    version_failure: str = "Reject"
    function_timeout: timedelta | None = DEFAULT_FUNCTION_TIMEOUT
    max_outstanding_requests: int | None = None
    max_blob_parallelism: int = 8
    poison_blob_threshold: int = 5
    control_visibility: timedelta = DEFAULT_VISIBILITY_TIMEOUT
    work_visibility: timedelta = DEFAULT_VISIBILITY_TIMEOUT
    log_levels: dict[str, str] = field(default_factory=dict)
    custom_headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cors:
    """Which pages of other origins may call the host, and whether with cookies."""

    origins: tuple[str, ...]
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """What local.settings.json says about the host itself."""

    port: int | None = None
    cors: Cors | None = None


def load_host_json(folder: Path) -> HostSettings:
    """Read host.json of an app.

    Raises:
        SettingsError: The file is missing or something in it is not allowed.
    """
    path = folder / "host.json"
    if not path.is_file():
        raise SettingsError(f"{path} is missing: every function app has a host.json.")
    section = _Section(path, "", _read_object(path))
    if section.text("version", "") != "2.0":
        raise SettingsError(f'{path}: "version" has to be "2.0".')
    cores = os.cpu_count() or 1
    extensions = section.section("extensions")
    durable = extensions.section("durableTask")
    http = extensions.section("http")
    blobs = extensions.section("blobs")
    storage = durable.section("storageProvider")
    outstanding = http.integer("maxOutstandingRequests", -1)
    return HostSettings(
        route_prefix=http.text("routePrefix", "api").strip("/"),
        hub_name=_hub_name(durable),
        max_activities=durable.integer("maxConcurrentActivityFunctions", 10 * cores, least=1),
        max_orchestrators=durable.integer(
            "maxConcurrentOrchestratorFunctions", 10 * cores, least=1
        ),
        max_actions=durable.integer("maxOrchestrationActions", 100_000, least=1),
        store_inputs=durable.boolean("storeInputsInOrchestrationHistory"),
        override_any_state=durable.choice(
            "overridableExistingInstanceStates", ("NonRunningStates", "AnyState")
        )
        == "AnyState",
        default_version=durable.text("defaultVersion", ""),
        version_match=durable.choice("versionMatchStrategy", ("CurrentOrOlder", "Strict", "None")),
        version_failure=durable.choice("versionFailureStrategy", ("Reject", "Fail")),
        function_timeout=_function_timeout(section),
        max_outstanding_requests=outstanding if outstanding >= 0 else None,
        max_blob_parallelism=blobs.integer("maxDegreeOfParallelism", 8 * cores, least=1),
        poison_blob_threshold=blobs.integer("poisonBlobThreshold", 5, least=1),
        control_visibility=_visibility_timeout(storage, "controlQueueVisibilityTimeout"),
        work_visibility=_visibility_timeout(storage, "workItemQueueVisibilityTimeout"),
        log_levels=section.section("logging").texts("logLevel"),
        custom_headers=http.texts("customHeaders"),
    )


def load_local_settings(folder: Path, environment: MutableMapping[str, str]) -> LocalSettings:
    """Put ``Values`` and ``ConnectionStrings`` of local.settings.json into the environment.

    What is set there already wins. A connection string becomes ``ConnectionStrings:NAME``.

    Raises:
        SettingsError: The file is not of the expected form.
    """
    path = folder / "local.settings.json"
    if not path.is_file():
        return LocalSettings()
    content = _Section(path, "", _read_object(path))
    if content.boolean("IsEncrypted"):
        raise SettingsError(f"{path} is encrypted. Decrypt it with: func settings decrypt")
    for name, value in content.raw("Values").items():
        if isinstance(value, dict | list):
            raise SettingsError(f'{path}: the value of "{name}" has to be a string.')
        environment.setdefault(name, _setting_text(value))
    for name, value in content.raw("ConnectionStrings").items():
        # Either the text, or an object that names its provider too.
        text = value.get("ConnectionString") if isinstance(value, dict) else value
        if not isinstance(text, str):
            raise SettingsError(f'{path}: the connection string "{name}" has to be a string.')
        environment.setdefault(CONNECTION_STRING + name, text)
    host = content.section("Host")
    return LocalSettings(host.optional_integer("LocalHttpPort"), _cors(host))


def _cors(host: _Section) -> Cors | None:
    origins = tuple(filter(None, (part.strip() for part in host.text("CORS", "").split(","))))
    credentials = host.boolean("CORSCredentials")
    if not origins:
        return None
    if credentials and "*" in origins:
        raise SettingsError(
            f"{host.label('CORSCredentials')} is true, so {host.label('CORS')} has to name its "
            'origins: no browser sends cookies to a host that takes them from "*".'
        )
    return Cors(origins, credentials)


def resolve(text: str, environment: MutableMapping[str, str]) -> str:
    """Replace ``%NAME%`` by the app setting of that name.

    Raises:
        SettingsError: There is no such setting.
    """

    def value(match: re.Match[str]) -> str:
        found = environment.get(match[1])
        if found is None:
            raise SettingsError(f"The app setting {match[1]!r}, used in {text!r}, is not set.")
        return found

    return re.sub(r"%([^%]+)%", value, text)


def disabled(name: str) -> bool:
    """Return whether an app setting switches a function off."""
    return os.environ.get(f"AzureWebJobs.{name}.Disabled", "").lower() in ("true", "1")


def _setting_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_without_comments(path.read_text(encoding="utf-8-sig")))
    except ValueError as error:
        raise SettingsError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path} has to hold a JSON object.")
    return content


def _without_comments(text: str) -> str:
    """Drop ``//`` and ``/* */`` comments, which both files may have; strings stay untouched."""
    pattern = r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/'
    return re.sub(pattern, lambda m: m[0] if m[0].startswith('"') else " ", text, flags=re.DOTALL)


def _hub_name(durable: _Section) -> str:
    name = resolve(durable.text("hubName", "TestHubName"), os.environ)
    if not HUB_NAME.fullmatch(name):
        raise SettingsError(
            f"{durable.label('hubName')}: a hub name has 3 to 45 letters and digits and starts "
            f"with a letter; found {name!r}."
        )
    return name


def _function_timeout(section: _Section) -> timedelta | None:
    text = section.text("functionTimeout", "")
    if not text:
        return DEFAULT_FUNCTION_TIMEOUT
    if text == "-1":
        return None
    return _time_span(section, "functionTimeout", text, "a time span like 00:05:00, or -1")


def _visibility_timeout(storage: _Section, key: str) -> timedelta:
    text = storage.text(key, "")
    if not text:
        return DEFAULT_VISIBILITY_TIMEOUT
    timeout = _time_span(storage, key, text, "a time span like 00:05:00")
    if not _SHORTEST_VISIBILITY <= timeout <= _LONGEST_VISIBILITY:
        # The real host's words, after the place.
        name = key[0].upper() + key[1:]
        raise SettingsError(
            f"{storage.label(key)}: {name} must be between 1 and 60 minutes; found {text!r}."
        )
    return timeout


def _time_span(section: _Section, key: str, text: str, allowed: str) -> timedelta:
    match = _TIME_SPAN.fullmatch(text)
    if not match:
        raise SettingsError(f"{section.label(key)}: {allowed}; found {text!r}.")
    days, hours, minutes, seconds = match.groups()
    return timedelta(
        days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=float(seconds)
    )


class _Section:
    """One object of host.json; names are matched in any case, as .NET does."""

    def __init__(self, path: Path, name: str, content: dict[str, Any]) -> None:
        self._path = path
        self._name = name
        self._content = {key.lower(): value for key, value in content.items()}

    def label(self, key: str) -> str:
        return f'{self._path}: "{self._name}{key}"'

    def section(self, key: str) -> _Section:
        value = self._content.get(key.lower(), {})
        if not isinstance(value, dict):
            raise SettingsError(f"{self.label(key)} has to be an object.")
        return _Section(self._path, f"{self._name}{key}.", value)

    def text(self, key: str, default: str) -> str:
        value = self._content.get(key.lower(), default)
        if not isinstance(value, str | int):
            raise SettingsError(f"{self.label(key)} has to be a string; found {value!r}.")
        return str(value)

    def texts(self, key: str) -> dict[str, str]:
        return {name: str(value) for name, value in self.raw(key).items()}

    def raw(self, key: str) -> dict[str, Any]:
        value = self._content.get(key.lower(), {})
        if not isinstance(value, dict):
            raise SettingsError(f"{self.label(key)} has to be an object.")
        return value

    def integer(self, key: str, default: int, least: int | None = None) -> int:
        value = self._content.get(key.lower(), default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise SettingsError(f"{self.label(key)} has to be a whole number; found {value!r}.")
        if least is not None and value < least:
            raise SettingsError(f"{self.label(key)} has to be {least} or more; found {value}.")
        return value

    def optional_integer(self, key: str) -> int | None:
        return None if key.lower() not in self._content else self.integer(key, 0)

    def boolean(self, key: str) -> bool:
        value = self._content.get(key.lower(), False)
        if not isinstance(value, bool):
            raise SettingsError(f"{self.label(key)} has to be true or false; found {value!r}.")
        return value

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        value = str(self._content.get(key.lower(), allowed[0]))
        for name in allowed:
            if name.lower() == value.lower():
                return name
        raise SettingsError(
            f"{self.label(key)} has to be one of {', '.join(allowed)}; found {value!r}."
        )
