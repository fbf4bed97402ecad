"""`stack.json`: how the other commands find a running stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from devstack.stack.config import Ports, choose_ports, local_folder
from devstack.stack.errors import StackError

FILE_NAME = "stack.json"
# A demo that was kept running has its own folder inside the usual one.
DEMO_FOLDER = "demo"


@dataclass(frozen=True, slots=True)
class StackRecord:
    """A stack as it runs."""

    ports: Ports
    pids: Mapping[str, int]

    def write(self, local: Path) -> None:
        """Write the record where the other commands look for it."""
        content = {
            "addresses": {
                "functions": self.ports.app_url,
                "services": self.ports.services_url,
            },
            "ports": asdict(self.ports),
            "pids": dict(self.pids),
        }
        part = local / f"{FILE_NAME}.part"
        part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        part.replace(local / FILE_NAME)


def has_record(local: Path) -> bool:
    """Return whether a stack runs, or was killed before it could say that it has ended."""
    return (local / FILE_NAME).exists()


def remove_record(local: Path) -> None:
    """Remove the record of a stack that has ended."""
    (local / FILE_NAME).unlink(missing_ok=True)


def find_ports(environ: Mapping[str, str]) -> Ports:
    """Return the ports of the running stack, else those that one started elsewhere would have."""
    local = local_folder(environ)
    for folder in (local, local / DEMO_FOLDER):
        try:
            content = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
            return Ports(**content["ports"])
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StackError(f"{folder / FILE_NAME} cannot be read ({error}): delete it.") from None
    return choose_ports({}, environ)
