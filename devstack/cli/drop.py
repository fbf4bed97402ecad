"""`dev.py drop`: upload files as a user's blob tool does."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from devstack.client.app import App, app_key, upload
from devstack.client.progress import Watch, choose_progress
from devstack.stack.errors import StackError
from devstack.stack.record import find_ports

_POLL_SECONDS = 0.5


def run(arguments: argparse.Namespace) -> int:
    """Upload, and with --wait show what becomes of the files."""
    files = blob_names(arguments.paths)
    ports = find_ports(os.environ)
    watch = Watch(upload(ports, files))
    console = Console()
    if not arguments.wait:
        for row in watch.rows:
            print(f"{row.document_id}  {row.name}")
        return 0
    app = App(ports.app_url, app_key(os.environ))
    with choose_progress(console) as progress:
        while True:
            watch.refresh(app.document_if_known)
            progress.show(watch.rows)
            if watch.settled:
                return 0
            time.sleep(_POLL_SECONDS)


def blob_names(paths: Sequence[Path]) -> dict[str, Path]:
    """Return the blob name for each file: its own name, and inside a folder the path from there."""
    files: dict[str, Path] = {}
    for path in paths:
        for name, file in _files(path):
            if name in files:
                raise StackError(
                    f"{files[name]} and {file} would both become {name!r}: drop them one by one."
                )
            files[name] = file
    return files


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield path.resolve().name, path
    elif path.is_dir():
        inside = sorted(each for each in path.rglob("*") if each.is_file())
        named = [(each.relative_to(path), each) for each in inside]
        visible = [
            (inner.as_posix(), each)
            for inner, each in named
            if not any(part.startswith(".") for part in inner.parts)
        ]
        if not visible:
            raise StackError(f"There are no files in {path}.")
        yield from visible
    else:
        raise StackError(f"There is no file or folder {path}.")
