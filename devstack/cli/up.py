"""`dev.py up`: the whole stack in the foreground."""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import fields

from devstack.environment.root import ROOT
from devstack.environment.setup import ensure_environment
from devstack.stack.app_settings import app_settings, user_choices
from devstack.stack.config import Ports, StackConfig, choose_ports, local_folder
from devstack.stack.engine import wanted_engine
from devstack.stack.interruption import Interrupted, Interruption
from devstack.stack.programs import local_programs
from devstack.stack.running import Stack

_POLL_SECONDS = 0.25


def run(arguments: argparse.Namespace) -> int:
    """Start the stack and keep it until somebody ends it."""
    config = StackConfig(
        ports=choose_ports(port_options(arguments), os.environ),
        local=local_folder(os.environ),
        engine=wanted_engine(arguments.engine, os.environ, default="auto"),
    )
    settings = app_settings(config, user_choices(ROOT, os.environ))
    with Interruption() as interruption:
        programs = local_programs(config, ensure_environment(), settings)
        stack = Stack(config, programs, interruption=interruption, tell=tell, fresh=arguments.fresh)
        tell("Starting the local stack")
        try:
            with stack:
                print_addresses(config.ports)
                tell("\nCtrl-C stops all of it.")
                keep(stack)
        except Interrupted as stop:
            tell("Stopped.")
            # Ctrl-C is how this command is meant to end.
            return 0 if stop.by_user else stop.exit_code
    return 0


def keep(stack: Stack) -> None:
    """Watch over the stack until a signal ends this."""
    while True:
        stack.supervise()
        time.sleep(_POLL_SECONDS)


def port_options(arguments: argparse.Namespace) -> dict[str, int | None]:
    """Return the ports that were given as options."""
    return {field.name: getattr(arguments, field.name) for field in fields(Ports)}


def print_addresses(ports: Ports) -> None:
    """Say where everything is."""
    rows = {
        "App": f"{ports.app_url}/api/documents",
        "Health": f"{ports.app_url}/api/health",
        "Stand-in Jira": f"{ports.services_url}/jira",
        "Stand-in counts": f"{ports.services_url}/_control/stats",
        "Blobs, queues, tables": f"127.0.0.1:{ports.blob}, {ports.queue}, {ports.table}",
    }
    tell("")
    for title, address in rows.items():
        tell(f"  {title:<22} {address}")


def tell(text: str) -> None:
    """Print a line at once, also where the output is a pipe."""
    print(text, flush=True)
