"""The environment is made once, made again when it has to be, and never by two at a time."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.environment.installers import SetupError, make_venv, run_installer
from devstack.environment.root import ROOT
from devstack.environment.setup import ensure_environment
from devstack.environment.tools import Environment, read_environment

INGREDIENTS = (
    "requirements-dev.txt",
    "requirements.txt",
    "constraints.txt",
    "devstack/azurite/package.json",
    "devstack/azurite/package-lock.json",
    "devstack/azurite/.npmrc",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository that holds nothing but what the environment is made from."""
    for name in INGREDIENTS:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    return tmp_path


class PretendInstaller:
    """Installs empty files, and counts how often it was asked to."""

    def __init__(self, then: Callable[[Path], None] = lambda _: None) -> None:
        self.calls = 0
        self.found: list[list[str]] = []
        self._then = then

    def __call__(self, _root: Path, venv: Path) -> Environment:
        self.calls += 1
        self.found.append(sorted(path.name for path in venv.iterdir()))
        environment = Environment(venv, Path(sys.executable))
        for path in (environment.python, environment.azurite_js):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        self._then(venv)
        return environment


def test_second_start_installs_nothing(root: Path) -> None:
    install = PretendInstaller()

    first = ensure_environment(root, install)
    second = ensure_environment(root, install)

    assert first == second
    assert install.calls == 1


@pytest.mark.parametrize("name", INGREDIENTS)
def test_changed_ingredient_makes_the_environment_again(root: Path, name: str) -> None:
    install = PretendInstaller()
    ensure_environment(root, install)

    (root / name).write_text("something else")
    ensure_environment(root, install)

    assert install.calls == 2


def test_removed_tool_makes_the_environment_again(root: Path) -> None:
    install = PretendInstaller()
    ensure_environment(root, install).azurite_js.unlink()

    ensure_environment(root, install)

    assert install.calls == 2


def test_interrupted_setup_starts_from_nothing(root: Path) -> None:
    def interrupt(venv: Path) -> None:
        (venv / "half-installed").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure_environment(root, PretendInstaller(interrupt))
    assert read_environment(root) is None

    again = PretendInstaller()
    ensure_environment(root, again)

    assert again.found == [["setup-unfinished", "setup.lock"]]
    assert read_environment(root) is not None


def test_failed_setup_keeps_what_was_installed(root: Path) -> None:
    def fail(venv: Path) -> None:
        (venv / "kept").touch()
        raise SetupError("no network")

    with pytest.raises(SetupError, match="no network"):
        ensure_environment(root, PretendInstaller(fail))

    again = PretendInstaller()
    ensure_environment(root, again)

    assert "kept" in again.found[0]


def test_parallel_starts_install_once(root: Path) -> None:
    second_is_waiting = threading.Event()

    def wait_for_the_second(_venv: Path) -> None:
        assert second_is_waiting.wait(10)

    install = PretendInstaller(wait_for_the_second)
    results: list[Environment] = []

    def start() -> None:
        results.append(ensure_environment(root, install))

    first = threading.Thread(target=start)
    first.start()
    second = threading.Thread(target=start)
    second.start()
    second_is_waiting.set()
    for thread in (first, second):
        thread.join(10)

    assert len(results) == 2
    assert install.calls == 1


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("Temporary failure in name resolution", "needs a network"),
        ("npm http fetch GET attempt 1 failed with ENOTFOUND", "needs a network"),
        ("request failed: SELF_SIGNED_CERT_IN_CHAIN", "NODE_EXTRA_CA_CERTS"),
        ("OSError: No space left on device", "The disk is full"),
    ],
)
def test_failed_installer_shows_what_it_said_and_what_to_do(said: str, advice: str) -> None:
    code = f"print({said!r}); raise SystemExit(1)"

    with pytest.raises(SetupError) as failure:
        run_installer([sys.executable, "-c", code], "It could not be installed.")

    assert said in str(failure.value)
    assert "It could not be installed." in str(failure.value)
    assert advice in str(failure.value)


def test_python_without_venv_is_told_which_package_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)

    with pytest.raises(SetupError, match=r"apt install python3\.\d+-venv"):
        make_venv(tmp_path)


def test_start_needs_nothing_but_the_standard_library() -> None:
    """Import what runs before the environment exists where no installed package can be seen."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import devstack.cli.start\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*sorted(loaded - sys.stdlib_module_names - {'__main__', 'devstack'}))"
    )
    bare = [sys.executable, "-I", "-S", "-c", code, str(ROOT)]

    loaded = subprocess.run(bare, capture_output=True, text=True, check=False)

    assert (loaded.returncode, loaded.stdout.strip()) == (0, ""), loaded.stderr


def test_entry_point_parses_on_old_pythons() -> None:
    """Find no future import and no f-string: old Pythons, which need the message, have neither."""
    tree = ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"))

    nodes = list(ast.walk(tree))
    futures = [n for n in nodes if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    modern = [n for n in nodes if isinstance(n, (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr))]
    annotated = [n for n in nodes if isinstance(n, ast.FunctionDef)]

    assert not [*futures, *modern, *annotated]
