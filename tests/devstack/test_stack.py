"""The stack starts in order, survives a crash of the host, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace
from pathlib import Path

import pytest
import requests
from azure.storage.blob import BlobServiceClient

from devstack.environment.root import ROOT
from devstack.environment.tools import Environment
from devstack.stack.config import Ports, StackConfig, free_ports, is_open
from devstack.stack.errors import StackError
from devstack.stack.interruption import Interruption
from devstack.stack.processes import Program
from devstack.stack.programs import Programs, local_programs
from devstack.stack.record import StackRecord, find_ports
from devstack.stack.running import Stack
from devstack.testing.deadline import wait_for

pytestmark = pytest.mark.emulator

FAKE_APP = [sys.executable, "-m", "devstack.testing.fake_app", "--port"]


@pytest.fixture
def config(tmp_path: Path) -> StackConfig:
    return StackConfig(Ports(*free_ports(6)), tmp_path / "local", engine="local")


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    with Interruption() as interruption:
        yield interruption


@pytest.fixture
def tools() -> Environment:
    """Return the installed tools, as the test command names them."""
    node = os.environ.get("DOCFLOW_NODE") or shutil.which("node")
    azurite = os.environ.get("DOCFLOW_AZURITE_JS")
    assert node, "run the tests with: python3 dev.py test"
    venv = Path(azurite).parents[5] if azurite else ROOT / ".venv"
    return Environment(venv, Path(node))


def with_fakes(config: StackConfig, tools: Environment) -> Programs:
    """Return the real storage, and fakes in place of the host and the services."""
    real = local_programs(config, tools, {})
    return Programs(
        storage=real.storage,
        services=replace(real.services, command=[*FAKE_APP, str(config.ports.services)]),
        host=replace(real.host, command=[*FAKE_APP, str(config.ports.functions)]),
    )


def dying(program: Program) -> Program:
    return replace(program, command=[sys.executable, "-c", "raise SystemExit('no such setting')"])


class Told:
    """What the user was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)


def open_ports(config: StackConfig) -> Sequence[int]:
    return [port for port in astuple(config.ports) if is_open(port)]


def test_stack_runs_and_ends(
    config: StackConfig, tools: Environment, interruption: Interruption
) -> None:
    told = Told()
    with Stack(config, with_fakes(config, tools), interruption=interruption, tell=told):
        with BlobServiceClient.from_connection_string(config.ports.storage) as blobs:
            containers = {container.name for container in blobs.list_containers()}
        record = json.loads((config.local / "stack.json").read_text())
        found = find_ports({"DOCFLOW_LOCAL_DIR": str(config.local)})

    assert containers == {"incoming", "work", "results", "quarantine"}
    assert [line.split()[0] for line in told.lines] == ["storage", "stand-in", "stand-in"]
    assert set(record["pids"]) == {"dev.py", "azurite", "services", "functions"}
    assert found == config.ports
    assert open_ports(config) == []
    assert not (config.local / "stack.json").exists()


def test_crashed_host_is_started_again(
    config: StackConfig, tools: Environment, interruption: Interruption
) -> None:
    told = Told()
    with Stack(config, with_fakes(config, tools), interruption=interruption, tell=told) as stack:
        record = json.loads((config.local / "stack.json").read_text())
        os.kill(record["pids"]["functions"], signal.SIGKILL)

        def answers_again() -> bool:
            stack.supervise()
            return len(told.lines) > 3 and is_open(config.ports.functions)

        wait_for(answers_again, what="the host answers again")
        assert requests.get(f"{config.ports.app_url}/api/health", timeout=5).ok

    assert "ended with exit code -9; starting it again" in told.lines[-1]


def test_lost_storage_ends_the_stack(
    config: StackConfig, tools: Environment, interruption: Interruption
) -> None:
    with Stack(config, with_fakes(config, tools), interruption=interruption, tell=Told()) as stack:
        record = json.loads((config.local / "stack.json").read_text())
        os.kill(record["pids"]["azurite"], signal.SIGTERM)
        wait_for(lambda: not is_open(config.ports.blob), what="the storage has ended")

        def notices() -> bool:
            stack.supervise()
            return False

        with pytest.raises(StackError, match="storage emulator"):
            wait_for(notices, what="the stack notices")


def test_host_that_cannot_start_is_quoted(
    config: StackConfig, tools: Environment, interruption: Interruption
) -> None:
    programs = with_fakes(config, tools)
    broken = replace(programs, host=dying(programs.host))
    stack = Stack(config, broken, interruption=interruption, tell=Told())

    with pytest.raises(StackError, match="no such setting"), stack:
        pass

    assert open_ports(config) == []


def test_port_in_use_is_named_with_the_option_that_changes_it(
    config: StackConfig, tools: Environment, interruption: Interruption
) -> None:
    other = replace(config, local=config.local.with_name("other"))
    with Stack(config, with_fakes(config, tools), interruption=interruption, tell=Told()):
        stack = Stack(other, with_fakes(other, tools), interruption=interruption, tell=Told())
        with pytest.raises(StackError) as refused, stack:
            pass

    message = str(refused.value)
    assert f"Port {config.ports.functions} (Functions host) is in use" in message
    assert "--port or DOCFLOW_FUNCTIONS_PORT" in message
    assert "--blob-port or DOCFLOW_BLOB_PORT" in message


def test_what_a_killed_stack_left_is_waited_for(
    config: StackConfig, tools: Environment, interruption: Interruption
) -> None:
    config.local.mkdir()
    StackRecord(config.ports, {}).write(config.local)
    with socket.create_server(("127.0.0.1", config.ports.services)) as ending:
        ends = threading.Timer(0.3, ending.close)
        ends.start()
        stack = Stack(config, with_fakes(config, tools), interruption=interruption, tell=Told())
        with stack:
            assert is_open(config.ports.functions)
        ends.join()


def test_two_stacks_never_share_a_folder(
    config: StackConfig, tools: Environment, interruption: Interruption
) -> None:
    moved = replace(config, ports=Ports(*free_ports(6)))
    with Stack(config, with_fakes(config, tools), interruption=interruption, tell=Told()):
        stack = Stack(moved, with_fakes(moved, tools), interruption=interruption, tell=Told())
        with pytest.raises(StackError, match="DOCFLOW_LOCAL_DIR"), stack:
            pass


def test_fresh_stack_forgets_what_was_stored(
    config: StackConfig, tools: Environment, interruption: Interruption
) -> None:
    def documents(*, fresh: bool, upload: bool) -> list[str]:
        programs = with_fakes(config, tools)
        stack = Stack(config, programs, interruption=interruption, tell=Told(), fresh=fresh)
        with (
            stack,
            BlobServiceClient.from_connection_string(config.ports.storage) as blobs,
        ):
            incoming = blobs.get_container_client("incoming")
            if upload:
                incoming.upload_blob("letter.pdf", b"%PDF")
            return [blob.name for blob in incoming.list_blobs()]

    temporary = config.temporary / "app" / "process-1"
    temporary.mkdir(parents=True)
    assert documents(fresh=False, upload=True) == ["letter.pdf"]
    assert documents(fresh=False, upload=False) == ["letter.pdf"]
    assert temporary.exists()
    assert documents(fresh=True, upload=False) == []
    assert not temporary.exists()


def test_what_killed_services_were_reading_is_gone_after_the_next_start(
    config: StackConfig, tools: Environment, interruption: Interruption
) -> None:
    programs = with_fakes(config, tools)
    folder = Path(programs.services.environment["TMPDIR"])
    scan = folder / "docflow-ocr-1" / "scan"
    scan.parent.mkdir(parents=True)
    scan.write_bytes(b"%PDF")

    with Stack(config, programs, interruption=interruption, tell=Told()):
        assert list(folder.iterdir()) == []

    assert folder.is_relative_to(config.local)


def test_stack_runs_the_app_and_logs_the_storage_that_it_is_told_to(
    config: StackConfig, tools: Environment, tmp_path: Path
) -> None:
    usual = local_programs(config, tools, {})
    other = local_programs(
        replace(config, app=tmp_path / "other", storage_access_log=True), tools, {}
    )

    apps = [
        programs.host.command[programs.host.command.index("--app") + 1]
        for programs in (usual, other)
    ]
    assert apps == [str(ROOT), str(tmp_path / "other")]
    assert ["--silent" in programs.storage.command for programs in (usual, other)] == [True, False]
