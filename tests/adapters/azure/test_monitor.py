from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

CONNECTION = "InstrumentationKey=00000000-0000-0000-0000-000000000000"


def exporting(settings: str) -> str:
    """Start the export with these settings; give which tracer provider then serves."""
    program = (
        "from docflow.settings import Settings\n"
        "from docflow.clients import start_export\n"
        "from opentelemetry import trace\n"
        f"start_export(Settings.load({settings}))\n"
        "print(type(trace.get_tracer_provider()).__module__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout.strip()


def test_nothing_is_exported_without_a_connection_string() -> None:
    assert exporting("{}") == "opentelemetry.trace"


def test_a_connection_string_turns_the_export_on(tmp_path: Path) -> None:
    settings = repr(
        {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": CONNECTION,
            "TEMPORARY_FOLDER": str(tmp_path),
        }
    )

    assert exporting(settings) == "opentelemetry.sdk.trace"
    assert [path.name for path in tmp_path.iterdir()] == ["telemetry"]


def test_a_client_id_makes_the_export_use_the_identity(tmp_path: Path) -> None:
    settings = repr(
        {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": CONNECTION,
            "AZURE_CLIENT_ID": str(UUID(int=7)),
            "TEMPORARY_FOLDER": str(tmp_path),
        }
    )

    assert exporting(settings) == "opentelemetry.sdk.trace"


def test_a_connection_string_that_is_none_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import function_app"],
        env={**os.environ, "APPLICATIONINSIGHTS_CONNECTION_STRING": "nonsense"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 1
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING: is no" in done.stderr.splitlines()[-1]
