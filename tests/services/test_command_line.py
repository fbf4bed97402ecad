"""Starting and stopping: the address, clear errors, exit codes."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 20


def _command(*options: str) -> list[str]:
    return [sys.executable, "-m", "devstack.services", *options]


def _fail(*options: str) -> str:
    ended = subprocess.run(
        _command(*options), cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        message = _fail("--port", str(port))

    assert f"127.0.0.1:{port}" in message
    assert "--port" in message


def test_missing_language_data_is_named(tmp_path: Path) -> None:
    message = _fail("--port", "0", "--tessdata", str(tmp_path))

    assert str(tmp_path) in message
    assert "eng.traineddata" in message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_zero(number: signal.Signals) -> None:
    with subprocess.Popen(
        _command("--port", "0"), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Stand-in services listening on http://")
        process.send_signal(number)

        assert process.wait(TIMEOUT_SECONDS) == 0
