"""The command, the folder and the environment of each program of the local stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.environment.root import ROOT
from devstack.environment.tools import Environment
from devstack.stack.config import STORAGE_PROGRAM, StackConfig
from devstack.stack.engine import choose_engine, func_program
from devstack.stack.processes import Program, with_first_on_path

# The Durable extension warns where host.json turns traces on and nothing is there to take them.
# Settings of host.json stand below AzureFunctionsJobHost in the environment of a Functions host,
# and below AzureWebJobs where a WebJobs host runs the same extension.
_NO_TRACES = {
    f"{section}__extensions__durableTask__tracing__version": "None"
    for section in ("AzureFunctionsJobHost", "AzureWebJobs")
}


@dataclass(frozen=True, slots=True)
class Programs:
    """The three parts of a stack."""

    storage: Program
    services: Program
    host: Program


def local_programs(
    config: StackConfig, tools: Environment, settings: Mapping[str, str]
) -> Programs:
    """Return the parts of a stack on this machine; `settings` are those of the app."""
    make_host = (
        _core_tools if choose_engine(config.engine, os.environ) == "func" else _stand_in_host
    )
    return Programs(
        storage=_azurite(config, tools),
        services=_services(config, tools),
        host=make_host(config, tools, _for_python(tools, settings)),
    )


def services_temporary(config: StackConfig) -> Path:
    """Return the folder in which the stand-in services keep what they are reading."""
    return config.temporary / "services"


def azurite_command(
    tools: Environment, ports: Mapping[str, int], location: Path, *, access_log: bool = False
) -> list[str]:
    """Return the command that starts Azurite.

    Args:
        tools: Where Azurite is installed.
        ports: The port of each service: `blob`, `queue` and `table`, or some of them.
        location: The folder of its data.
        access_log: Whether it prints a line for each request.
    """
    # The SDKs are newer than the versions it knows, and telemetry is on unless told otherwise.
    options = ["--skipApiVersionCheck", "--disableTelemetry"]
    options += [] if access_log else ["--silent"]
    listening = [text for kind, port in ports.items() for text in (f"--{kind}Port", str(port))]
    place = ["--location", str(location)]
    loaded = ["--require", str(ROOT / "devstack" / "azurite" / "any_name.js")]
    return [str(tools.node), *loaded, str(tools.azurite_js), *place, *options, *listening]


def _azurite(config: StackConfig, tools: Environment) -> Program:
    ports = {"blob": config.ports.blob, "queue": config.ports.queue, "table": config.ports.table}
    location = config.local / "azurite"
    command = azurite_command(tools, ports, location, access_log=config.storage_access_log)
    return Program(STORAGE_PROGRAM, "storage emulator (Azurite)", command, os.environ, config.local)


def _services(config: StackConfig, tools: Environment) -> Program:
    command = [sys.executable, "-m", "devstack.services", "--port", str(config.ports.services)]
    command += ["--tessdata", str(tools.tessdata)]
    temporary = dict.fromkeys(("TEMP", "TMP", "TMPDIR"), str(services_temporary(config)))
    environment = _for_python(tools, temporary)
    return Program("services", "stand-in services", command, environment, ROOT)


def _stand_in_host(
    config: StackConfig, _tools: Environment, environment: Mapping[str, str]
) -> Program:
    command = [sys.executable, "-m", "devstack.functions_host", "--app", str(config.app)]
    command += ["--port", str(config.ports.functions), "--rpc-port", str(config.ports.rpc)]
    # Much more often than the real host: on a laptop one looks at the screen while waiting.
    command += ["--state", str(config.host_state), "--scan-interval", "0.2"]
    return Program("functions", "stand-in Functions host", command, environment, ROOT)


def _core_tools(config: StackConfig, tools: Environment, environment: Mapping[str, str]) -> Program:
    command = [func_program(os.environ) or "func", "start", "--port", str(config.ports.functions)]
    # Core Tools run the app with the first `python` on the path.
    activated = with_first_on_path(environment, tools.python.parent)
    activated["VIRTUAL_ENV"] = str(tools.venv)
    if not environment.get("APPLICATIONINSIGHTS_CONNECTION_STRING"):
        activated = {**_NO_TRACES, **activated}
    return Program("functions", "Azure Functions Core Tools", command, activated, config.app)


def _for_python(tools: Environment, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a Python child: logs appear as they are written."""
    unbuffered = {"PYTHONUNBUFFERED": "1", "DOCFLOW_TESSDATA": str(tools.tessdata)}
    return {**os.environ, **unbuffered, **settings}
