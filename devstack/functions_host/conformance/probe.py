"""One scenario's conversation with a host: what it asks for, and what it saw, made comparable."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import requests

from devstack.functions_host.conformance.comparable import (
    comparable_headers,
    comparable_text,
    comparable_value,
)

#: How long a host may take for what it has to do; only a host that does not do it takes so long.
PATIENCE_SECONDS = 60.0

#: How long nothing may change before an instance counts as hanging. The real host looks into its
#: queues once a second while they are empty.
STILL_SECONDS = 3.0

#: Times are shown in whole seconds: two moments that are so far apart differ.
TICK_SECONDS = 1.1

ENDED = ("Completed", "Failed", "Terminated")

_CONTINUATION = "x-ms-continuation-token"
_DURABLE = "runtime/webhooks/durabletask"
_EVERYTHING = {"showHistory": "true", "showHistoryOutput": "true", "showInput": "true"}

Check = Callable[[dict[str, Any]], bool]


class InstanceMissingError(Exception):
    """The host does not know an instance that it has started."""


class HostTooSlowError(Exception):
    """What a scenario waits for did not come about."""


class Probe:
    """Asks a host at ``url``, which asks for no keys, and keeps what it saw in ``seen``."""

    def __init__(self, url: str) -> None:
        self.seen: list[dict[str, Any]] = []
        self.id = ""
        self.urls: dict[str, str] = {}
        self._url = url.rstrip("/")
        self._session = requests.Session()

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        text: str | None = None,
        content_type: str = "application/json",
    ) -> requests.Response:
        """Send a request to a path of the host or to a whole address.

        Args:
            method: The HTTP method.
            path: A path below the host's address, or an address that the host gave.
            body: A value to send as JSON; None sends no body.
            text: A body to send as it is.
            content_type: The content type of the body.
        """
        sent = text if text is not None or body is None else json.dumps(body)
        return self._session.request(
            method,
            path if path.startswith("http") else f"{self._url}/{path}",
            data=None if sent is None else sent.encode(),
            headers={"Content-Type": content_type},
            timeout=PATIENCE_SECONDS,
            allow_redirects=False,
        )

    def note(self, step: str, answer: requests.Response, **more: object) -> None:
        """Keep the status code and the body of an answer."""
        body = comparable_text(answer.text)
        self.seen.append({"step": step, "status": answer.status_code, "body": body, **more})

    def note_with_headers(self, step: str, answer: requests.Response) -> None:
        """Keep an answer with the headers that the protocol says something about."""
        self.note(step, answer, headers=comparable_headers(answer.headers))

    def note_fact(self, step: str, value: object) -> None:
        """Keep a value that a scenario worked out itself."""
        self.seen.append({"step": step, "value": value})

    # What a scenario does

    def start(self, orchestrator: str, value: object = None, instance_id: str = "") -> None:
        """Start an instance by the app's Python client; it becomes the one that is looked at."""
        query = f"?id={instance_id}" if instance_id else ""
        answer = self.call("POST", f"api/start/{orchestrator}{query}", value)
        if answer.status_code == 202:
            self.look_at(answer)
        else:
            self.note("start", answer)

    def start_by_api(
        self, path: str, value: object = None, text: str | None = None
    ) -> requests.Response:
        """Start an instance by the management API and return the answer."""
        return self.call("POST", f"{_DURABLE}/orchestrators/{path}", value, text=text)

    def look_at(self, answer: requests.Response) -> None:
        """Look at the instance of an answer from now on."""
        self.urls = answer.json()
        self.id = self.urls["id"]

    def raise_event(
        self,
        value: object = None,
        name: str = "Go",
        *,
        instance_id: str = "",
        text: str | None = None,
        content_type: str = "application/json",
    ) -> None:
        """Raise an event by HTTP; a value is sent as JSON, a text as it is."""
        url = self._address("sendEventPostUri", instance_id).replace("{eventName}", name)
        sent = json.dumps(value) if text is None else text
        self.note(f"event {name}", self.call("POST", url, text=sent, content_type=content_type))

    def manage(self, operation: str, *, method: str = "POST", instance_id: str = "") -> None:
        """Do what an address of the instance is for, such as ``terminatePostUri``."""
        url = self._address(operation, instance_id).replace("{text}", "because")
        self.note_with_headers(operation, self.call(method, url))

    def by_client(self, operation: str, value: object = None, instance_id: str = "") -> None:
        """Do an operation of the app's Python client."""
        path = f"api/client/{operation}/{instance_id or self.id}"
        self.note(f"client {operation}", self.call("POST", path, value))

    def listed(self, prefix: str, top: str, token: str = "") -> tuple[requests.Response, str]:
        """Return a page of the instances whose ids begin so, and the token of the next page."""
        url = f"{self._url}/{_DURABLE}/instances?instanceIdPrefix={prefix}&top={quote(top)}"
        headers = {_CONTINUATION: token} if token else {}
        answer = self._session.get(url, headers=headers, timeout=PATIENCE_SECONDS)
        return answer, answer.headers.get(_CONTINUATION, "")

    def entities(
        self, method: str, path: str, text: str | None = None, content_type: str = ""
    ) -> requests.Response:
        """Send a request about entities."""
        return self.call(method, f"{_DURABLE}/entities{path}", text=text, content_type=content_type)

    def open_gate(self, number: int) -> None:
        """Let the activity of the instance that waits at this gate end."""
        self.call("POST", f"api/open/{self.id}-{number}")

    def upload(self, name: str, text: str) -> None:
        """Upload a blob by the app."""
        self.call("POST", f"api/blobs/{name}", text=text, content_type="text/plain")

    # What a scenario waits for and looks at

    def until_seen(self, blob: str, count: int) -> None:
        """Wait until the blob function was called so often with a blob."""
        deadline = _deadline()
        while len(self.call("GET", f"api/blobs/{blob}").json()) < count:
            _pause(deadline, f"{count} calls with a blob")

    def until_poisoned(self, blob: str) -> None:
        """Wait until the poison queue has a message for a blob."""
        deadline = _deadline()
        while self.call("GET", f"api/poison/{blob}").json() is None:
            _pause(deadline, "a message in the poison queue")

    def status(self, query: Mapping[str, str] = _EVERYTHING) -> requests.Response:
        """Return the answer to a question for the status of the instance."""
        options = "".join(f"&{name}={value}" for name, value in query.items())
        return self.call("GET", self.urls["statusQueryGetUri"] + options)

    def note_status(self, *, history: bool = True) -> None:
        """Keep the status of the instance, with its history unless that is not asked for."""
        answer = self.status(_EVERYTHING if history else {})
        body = answer.json() if answer.text.startswith("{") else answer.text
        seen = {"step": "status", "status": answer.status_code, "body": comparable_value(body)}
        self.seen.append(seen)

    def note_update(
        self, step: str, act: Callable[[], None], *, until: str = "", event: str = ""
    ) -> None:
        """Do something, and keep whether the time of the last update has moved by that.

        Args:
            step: What is done.
            act: Does it.
            until: The status that the instance has afterwards.
            event: The kind of event that its history shows afterwards.
        """
        before = self.status({}).json()["lastUpdatedTime"]
        time.sleep(TICK_SECONDS)
        act()
        if until:
            self.until(until)
        if event:
            self.until_event(event)
        moved = self.status({}).json()["lastUpdatedTime"] != before
        self.note_fact(f"{step} moves the last update", moved)

    def end(self, *, history: bool = True) -> None:
        """Wait until the instance has ended and keep its status."""
        self.until(*ENDED)
        self.note_status(history=history)

    def hang(self) -> None:
        """Wait until nothing about the instance changes any more and keep its status."""
        self.until("Running", *ENDED)
        deadline, since, last = _deadline(), time.monotonic(), ""
        while time.monotonic() - since < STILL_SECONDS:
            now = self.status().text
            if now != last:
                since, last = time.monotonic(), now
            _pause(deadline, "the instance to come to rest")
        self.note_status()

    def until(self, *statuses: str) -> None:
        """Wait until the instance has one of the statuses."""
        self._until(lambda seen: seen["runtimeStatus"] in statuses, {}, " or ".join(statuses))

    def until_event(self, kind: str, count: int = 1) -> None:
        """Wait until the history shows so many events of a kind."""

        def shown(seen: dict[str, Any]) -> bool:
            kinds = [item["EventType"] for item in seen.get("historyEvents", [])]
            return kinds.count(kind) >= count

        self._until(shown, {"showHistory": "true"}, f"{count} of {kind} in the history")

    def until_started_over(self) -> None:
        """Wait until the instance has continued as new."""

        def anew(seen: dict[str, Any]) -> bool:
            history = seen.get("historyEvents", [])
            return bool(history) and history[0]["Generation"] is None

        self._until(anew, {"showHistory": "true"}, "the instance to continue as new")

    def until_named(self, orchestrator: str) -> None:
        """Wait until the instance is one of this orchestrator."""
        self._until(
            lambda seen: bool(seen["name"] == orchestrator), {}, f"an instance of {orchestrator}"
        )

    def until_found(self, instance_id: str) -> None:
        """Wait until another instance exists."""
        deadline = _deadline()
        while self.call("GET", self._address("statusQueryGetUri", instance_id)).status_code == 404:
            _pause(deadline, f"the instance {instance_id}")

    def _until(self, check: Check, query: Mapping[str, str], what: str) -> None:
        deadline = _deadline()
        while True:
            answer = self.status(query)
            if answer.status_code == 404:
                raise InstanceMissingError(what)
            if answer.text.startswith("{") and check({"runtimeStatus": "", **answer.json()}):
                return
            _pause(deadline, what)

    def _address(self, operation: str, instance_id: str) -> str:
        url = self.urls[operation]
        return url.replace(self.id, instance_id) if instance_id else url


def _deadline() -> float:
    return time.monotonic() + PATIENCE_SECONDS


def _pause(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise HostTooSlowError(f"waited {PATIENCE_SECONDS:.0f} s in vain for {what}")
    time.sleep(0.1)
