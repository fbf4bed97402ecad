"""Compile `infra/` with the Bicep CLI, where there is one: `python -m devstack.checks.bicep`.

The CLI is no package of PyPI, npm or Debian, so a machine may be without it. It is named by
DOCFLOW_BICEP or found on the PATH. The first build fetches the modules of the registry.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from devstack.environment.root import ROOT

# Each is compiled with all modules that it names.
TEMPLATES = ("infra/main.bicep", "infra/uploads.bicep")

_CLI = "DOCFLOW_BICEP"
_SECONDS = 300
# Other lines of the CLI are about itself, such as that there is a newer version of it.
_DIAGNOSTIC = re.compile(r"\(\d+,\d+\) : (?:Error|Warning|Info) ")


def find_cli() -> str | None:
    """Return the Bicep CLI: the one that DOCFLOW_BICEP names, else `bicep` on the PATH."""
    return os.environ.get(_CLI) or shutil.which("bicep")


def findings(cli: str, template: Path) -> list[str]:
    """Return what the compiler says against a template; nothing where it compiles in silence.

    Args:
        cli: The Bicep CLI.
        template: The file to compile; the result is thrown away.

    Raises:
        OSError: The CLI cannot be started.
        subprocess.TimeoutExpired: It took more than five minutes.
    """
    done = subprocess.run(
        [cli, "build", str(template), "--stdout"],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    said = done.stderr.splitlines()
    if done.returncode:
        return said or [f"{template}: exit code {done.returncode}"]
    return [line for line in said if _DIAGNOSTIC.search(line)]


def main() -> int:
    """Compile all templates, say what came of it, and return 1 where one does not compile clean."""
    cli = find_cli()
    if cli is None:
        print(f"Bicep: not compiled, as there is no Bicep CLI ({_CLI}, or bicep on the PATH).")
        return 0
    failed = False
    for name in TEMPLATES:
        found = findings(cli, ROOT / name)
        failed = failed or bool(found)
        print(f"Bicep: {name} {'fails' if found else 'compiles without a warning'}.", flush=True)
        print("".join(f"{line}\n" for line in found), end="", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
