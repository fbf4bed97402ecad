"""Access keys. ``func start`` asks for none; a host in Azure does, and this one with ``--keys``."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

#: The keys of the extensions, by their names.
SYSTEM_KEYS = ("durabletask_extension", "blobs_extension")


@dataclass(slots=True)
class Keys:
    """The keys of one host: a master key, a host key, one per function and per extension."""

    enforced: bool = False
    master: str = ""
    host: str = ""
    functions: dict[str, str] = field(default_factory=dict)
    systems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def unchecked(cls) -> Keys:
        """Return keys that nobody asks for; addresses carry one all the same."""
        return cls(systems={"durabletask_extension": secrets.token_urlsafe(32)})

    @classmethod
    def load(cls, path: Path, functions: list[str]) -> Keys:
        """Read the keys from a file beside the state, making those that are missing."""
        stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        keys = cls(
            enforced=True,
            master=stored.get("master") or secrets.token_urlsafe(32),
            host=stored.get("host") or secrets.token_urlsafe(32),
            functions=stored.get("functions", {}),
            systems=stored.get("systems", {}),
        )
        for name in functions:
            keys.functions.setdefault(name, secrets.token_urlsafe(32))
        for name in SYSTEM_KEYS:
            keys.systems.setdefault(name, secrets.token_urlsafe(32))
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "master": keys.master,
            "host": keys.host,
            "functions": keys.functions,
            "systems": keys.systems,
        }
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
        path.chmod(0o600)
        return keys

    def allow_function(self, request: web.Request, level: str, name: str) -> bool:
        """Return whether a request may call a function of this level."""
        if not self.enforced or level == "ANONYMOUS":
            return True
        if level == "ADMIN":
            return self.allow_admin(request)
        return _given(request) in (self.functions.get(name), self.host, self.master)

    def allow_admin(self, request: web.Request) -> bool:
        """Return whether a request may use ``/admin`` and functions of level ADMIN."""
        return not self.enforced or _given(request) == self.master

    def allow_system(self, request: web.Request, extension: str) -> bool:
        """Return whether a request may use the webhook of an extension."""
        return not self.enforced or _given(request) in (self.systems.get(extension), self.master)


def _given(request: web.Request) -> str | None:
    return request.headers.get("x-functions-key") or request.query.get("code")
