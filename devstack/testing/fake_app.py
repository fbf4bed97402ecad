"""A fake app: the HTTP API over documents that a test puts there.

Run as a module it serves the addresses that the stack asks before it calls a part ready.
"""

from __future__ import annotations

import argparse
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

_READY = {"/admin/host/ping", "/api/health", "/_control/health"}
_KEY = "x-functions-key"
_EVENTS = "/runtime/webhooks/durabletask/instances/"


class FakeApp:
    """A server of `documents` (newest first) and `results`, which keeps the events it is sent.

    Where `key` is set, it refuses requests that do not carry it.
    """

    def __init__(self, port: int = 0) -> None:
        self.documents: list[dict[str, Any]] = []
        self.results: dict[str, dict[str, Any]] = {}
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.event_status = 202
        self.key: str | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_for(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def serve(self) -> None:
        """Serve until the process ends."""
        self._server.serve_forever()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reply(self, target: str, key: str | None) -> tuple[int, dict[str, Any]]:
        """Return status and body for a GET that carries a key."""
        if self.key not in (None, key):
            return 401, {}
        body = self.answer(target)
        return (404, {"detail": "no such document"}) if body is None else (200, body)

    def take_event(
        self, target: str, key: str | None, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """Keep an event that carries the right key, and return status and body."""
        if self.key not in (None, key):
            return 401, {}
        instance = target.removeprefix(_EVENTS).partition("/")[0]
        self.events.append((unquote(instance), body))
        return self.event_status, {"Message": "as the test wants it"}

    def answer(self, target: str) -> dict[str, Any] | None:
        """Return the answer to a GET; None is 404."""
        address = urlsplit(target)
        if address.path in _READY:
            return {"state": "Running"}
        if address.path == "/api/documents":
            return self._listing(parse_qs(address.query))
        parts = [unquote(part) for part in address.path.removeprefix("/api/documents/").split("/")]
        if parts[1:] == ["result"]:
            return self.results.get(parts[0])
        return next((each for each in self.documents if parts == [each["id"]]), None)

    def _listing(self, query: dict[str, list[str]]) -> dict[str, Any]:
        first, limit = int(query.get("continuation", ["0"])[0]), int(query["limit"][0])
        rest = first + limit < len(self.documents)
        more = {"continuation": str(first + limit)} if rest else {}
        return {"documents": self.documents[first : first + limit], **more}


def _handler_for(app: FakeApp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*app.reply(self.path, self.headers.get(_KEY)))

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length))
            self._send(*app.take_event(self.path, self.headers.get(_KEY), body))

        def log_message(self, *_arguments: object) -> None:
            """Print nothing: it would mix with the output of the tests."""

        def _send(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    FakeApp(parser.parse_args().port).serve()
