"""Find what no linter looks for: paths of one machine, addresses of registries, open ends."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

_LARGEST_TEXT_BYTES = 2_000_000
_LOCK_FILES = re.compile(r"(^|/)(package-lock\.json|uv\.lock|poetry\.lock)$")
_REQUIREMENTS = re.compile(r"(^|/)((requirements|constraints)[^/]*\.txt|\.npmrc)$")
_SOURCES = re.compile(r"\.(py|js|ts|html|css|bicep)$")

_ADDRESS_IN_LOCK = re.compile(r'"resolved"|^\s*(source|registry|url)\s*=.*https?:', re.MULTILINE)
_ADDRESS_IN_REQUIREMENTS = re.compile(r"https?://|--(extra-)?index-url|--find-links")
# Written so that these lines don't find themselves.
_LEFT_OPEN = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X|raise Not[I]mplementedError)\b")
# /home/site is where Azure puts an app: that one is nobody's machine.
_HOME_FOLDER = re.compile(r"(?<![\w/.])/(home/(?!site\b)|Users/)\w+/|\b[A-Z]:\\Users\\\w+")


def findings(root: Path) -> Iterator[str]:
    """Yield one line for each thing that should not be in the repository."""
    own_places = _places_of_this_machine(root)
    for name in committed_files(root):
        text = _text(root / name)
        if text is not None:
            yield from (f"{name}: {finding}" for finding in _in_file(name, text, own_places))


def committed_files(root: Path) -> list[str]:
    """Return the files that git has, or would have after an add; none in a copy without git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return sorted(name for name in listed.stdout.split("\0") if name)


def _in_file(name: str, text: str, own_places: list[str]) -> Iterator[str]:
    rules = (
        (_LOCK_FILES, _ADDRESS_IN_LOCK, "a lock file must not carry download addresses"),
        (_REQUIREMENTS, _ADDRESS_IN_REQUIREMENTS, "where packages come from is each machine's own"),
        (_SOURCES, _LEFT_OPEN, "left open: do it, or open an issue"),
        (re.compile(""), _HOME_FOLDER, "a path of somebody's machine"),
    )
    for files, forbidden, finding in rules:
        found = forbidden.search(text) if files.search(name) else None
        if found:
            line = text.count("\n", 0, found.start()) + 1
            yield f"line {line}: {finding} ({found.group()!r})"
    for place in own_places:
        if place in text:
            yield f"a path of this machine ({place})"


def _places_of_this_machine(root: Path) -> list[str]:
    """Return the folders of this copy and of its user, where they are long enough to search for."""
    places = {f"{root}/", f"{Path.home()}/"}
    return sorted(place for place in places if len(place) > len("/x/"))


def _text(path: Path) -> str | None:
    try:
        if path.stat().st_size > _LARGEST_TEXT_BYTES:
            return None
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
