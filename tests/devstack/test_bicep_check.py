"""The compiler on `infra/`: one that is there is heard, one that is not is missed aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.checks import bicep
from devstack.environment.root import ROOT

WARNING = "/infra/main.bicep(3,7) : Warning no-unused-params: Parameter is declared but never used."
NEWS = "WARNING: A new Bicep release is available: v0.49.2."


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for the CLI; it notes how it is called and writes what `says` holds."""
    program = tmp_path / "bicep"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> "{tmp_path}/calls"\ncat "{tmp_path}/says" >&2\n'
        f'exit "$(cat "{tmp_path}/code")"\n'
    )
    program.chmod(0o755)
    (tmp_path / "says").write_text("")
    (tmp_path / "code").write_text("0")
    monkeypatch.setenv("DOCFLOW_BICEP", str(program))
    return tmp_path


def test_every_template_is_compiled(cli: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bicep.main() == 0

    calls = (cli / "calls").read_text().splitlines()
    assert calls == [f"build {ROOT / name} --stdout" for name in bicep.TEMPLATES]
    assert capsys.readouterr().out.count("compiles without a warning") == len(bicep.TEMPLATES)


def test_templates_are_those_that_no_other_names() -> None:
    infra = ROOT / "infra"

    assert {ROOT / name for name in bicep.TEMPLATES} == set(infra.glob("*.bicep"))


def test_a_warning_fails(cli: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (cli / "says").write_text(f"{NEWS}\n{WARNING}\n")

    assert bicep.main() == 1
    printed = capsys.readouterr()
    assert "Bicep: infra/main.bicep fails." in printed.out
    assert WARNING in printed.err
    assert NEWS not in printed.err


def test_news_of_the_compiler_do_not_fail(cli: Path) -> None:
    (cli / "says").write_text(f"{NEWS}\n")

    assert bicep.main() == 0


@pytest.mark.parametrize("says", ["", "Unhandled exception."])
def test_a_compiler_that_fails_fails(
    cli: Path, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (cli / "says").write_text(says)
    (cli / "code").write_text("3")

    assert bicep.main() == 1
    assert (says or "exit code 3") in capsys.readouterr().err


def test_a_missing_compiler_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DOCFLOW_BICEP", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert bicep.main() == 0
    assert capsys.readouterr().out.startswith("Bicep: not compiled, as there is no Bicep CLI")


def test_the_build_server_asks_the_compiler() -> None:
    assert '"$python" -m devstack.checks.bicep || failed=1' in (
        (ROOT / ".ci/run").read_text("utf-8").splitlines()
    )
