"""Path patterns of blob triggers: ``container/{name}.{ext}`` and what they bind."""

from __future__ import annotations

import re


class BlobPathError(Exception):
    """A blob path pattern is not allowed."""


class BlobPath:
    """A compiled pattern. The container is literal; tokens match greedily, slashes included."""

    def __init__(self, path: str) -> None:
        self.text = path
        self.container, _, blob = path.partition("/")
        if not self.container or "{" in self.container:
            raise BlobPathError(f"The container of the blob path {path!r} has to be literal.")
        self._pattern = re.compile(_compile(blob, path) if blob else ".*", re.DOTALL)

    def match(self, blob: str) -> dict[str, str] | None:
        """Return the values of the tokens for a blob's name, or None where it does not fit."""
        found = self._pattern.fullmatch(blob)
        return None if found is None else found.groupdict()


def _compile(pattern: str, path: str) -> str:
    pieces = []
    after_token = False
    for part in re.findall(r"\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]", pattern):
        if part in ("{{", "}}"):
            pieces.append(re.escape(part[0]))
            after_token = False
        elif part.startswith("{") and part.endswith("}"):
            pieces.append(_token(part[1:-1], path, after_token=after_token))
            after_token = True
        elif part in "{}":
            raise BlobPathError(f"The blob path {path!r} has an unbalanced brace.")
        else:
            pieces.append(re.escape(part))
            after_token = False
    return "".join(pieces)


def _token(name: str, path: str, *, after_token: bool) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        raise BlobPathError(f"The blob path {path!r} has an empty or invalid token.")
    if after_token:
        raise BlobPathError(f"The blob path {path!r} has two tokens without a separator.")
    return f"(?P<{name}>.+)"
