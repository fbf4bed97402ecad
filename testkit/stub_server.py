"""A small HTTP server that answers from a script and keeps what it was asked.

Adapters talk to it over real HTTP, through the real SDKs, so that what is tested is what runs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """What the server was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """With names in lower case."""
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - JSON is whatever the client sent
        """Read the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers; a `body` of bytes is sent as it is, anything else as JSON."""

    status: int = 200
    body: object = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang_seconds: float = 0
    """How long nothing is answered; ends early when the server stops."""
    hang_up: bool = False
    """Whether the connection is closed instead of an answer."""


Answer = Reply | Callable[[Request], Reply]


class StubServer:
    """Answers each request with the next reply for its method and path; the last one repeats."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._script: dict[tuple[str, str], list[Answer]] = {}
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Set what is answered to a method and path."""
        self._script[method, path] = list(answers)

    def asked(self, method: str, path: str) -> list[Request]:
        """Give the requests for a method and path."""
        return [r for r in self.requests if (r.method, r.path) == (method, path)]

    @contextmanager
    def running(self) -> Iterator[StubServer]:
        """Serve while the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _reply(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            answers = self._script.get((request.method, request.path))
            if not answers:
                return Reply(404, {"error": {"code": "NotScripted"}})
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, Reply) else answer(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(length)
                reply = stub._reply(Request(self.command, parts.path, query, headers, body))
                self._send(reply)

            def _send(self, reply: Reply) -> None:
                self.close_connection = True
                if reply.hang_seconds:
                    stub._stopped.wait(reply.hang_seconds)
                if reply.hang_up:
                    return
                is_bytes = isinstance(reply.body, bytes)
                content = reply.body if is_bytes else json.dumps(reply.body).encode()
                assert isinstance(content, bytes)
                with suppress(ConnectionError):  # who asked may have given up meanwhile
                    self.send_response(reply.status)
                    headers = {"Content-Type": "application/json", "Connection": "close"}
                    for name, value in {**headers, **reply.headers}.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - names of http.server

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler
