"""Where a stack listens and where it keeps its state. Two stacks differ in nothing else."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from devstack.environment.root import ROOT
from devstack.stack.errors import StackError

LOCAL_DIR_VARIABLE = "DOCFLOW_LOCAL_DIR"
FUNCTIONS_PORT_VARIABLE = "DOCFLOW_FUNCTIONS_PORT"
HOST = "127.0.0.1"
STORAGE_PROGRAM = "azurite"

# The account that every Azurite has; its key is public and opens nothing else.
_ACCOUNT = "devstoreaccount1"
_ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


@dataclass(frozen=True, slots=True)
class PortName:
    """How a user speaks of one port."""

    field: str
    option: str
    variable: str
    default: int
    title: str


PORT_NAMES = (
    PortName("functions", "--port", FUNCTIONS_PORT_VARIABLE, 7071, "Functions host"),
    PortName("services", "--services-port", "DOCFLOW_SERVICES_PORT", 7072, "stand-in services"),
    PortName("blob", "--blob-port", "DOCFLOW_BLOB_PORT", 10000, "Azurite blobs"),
    PortName("queue", "--queue-port", "DOCFLOW_QUEUE_PORT", 10001, "Azurite queues"),
    PortName("table", "--table-port", "DOCFLOW_TABLE_PORT", 10002, "Azurite tables"),
    PortName("rpc", "--rpc-port", "DOCFLOW_RPC_PORT", 17071, "durable client listener"),
)


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one stack, all on the loopback address."""

    functions: int = 7071
    services: int = 7072
    blob: int = 10000
    queue: int = 10001
    table: int = 10002
    rpc: int = 17071

    @property
    def app_url(self) -> str:
        """Return the address of the Functions host."""
        return f"http://{HOST}:{self.functions}"

    @property
    def services_url(self) -> str:
        """Return the address of the stand-in services."""
        return f"http://{HOST}:{self.services}"

    @property
    def storage(self) -> str:
        """Return the connection string of the storage emulator."""
        endpoints = {"Blob": self.blob, "Queue": self.queue, "Table": self.table}
        addresses = "".join(
            f"{kind}Endpoint=http://{HOST}:{port}/{_ACCOUNT};" for kind, port in endpoints.items()
        )
        return (
            "DefaultEndpointsProtocol=http;"
            f"AccountName={_ACCOUNT};AccountKey={_ACCOUNT_KEY};{addresses}"
        )


@dataclass(frozen=True, slots=True)
class StackConfig:
    """One stack: its ports, its folder, and what runs which app."""

    ports: Ports
    local: Path
    engine: str = "auto"
    app: Path = ROOT
    """The folder of the app: this checkout, or another one to compare with."""
    storage_access_log: bool = False
    """Whether the storage emulator writes a line for each request into its log."""

    @property
    def logs(self) -> Path:
        """Return the folder with one log file per process."""
        return self.local / "logs"

    @property
    def storage_log(self) -> Path:
        """Return the log of the storage emulator."""
        return self.logs / f"{STORAGE_PROGRAM}.log"

    @property
    def temporary(self) -> Path:
        """Return the folder for the temporary files of its programs."""
        return self.local / "tmp"

    @property
    def host_state(self) -> Path:
        """Return the database of the stand-in host."""
        return self.local / "functions-host.sqlite"


def choose_ports(options: Mapping[str, int | None], environ: Mapping[str, str]) -> Ports:
    """Return the ports from options, else environment variables, else the defaults."""
    chosen = {}
    for name in PORT_NAMES:
        given = options.get(name.field)
        chosen[name.field] = _port_from(name, environ) if given is None else given
    taken: dict[int, PortName] = {}
    for name in PORT_NAMES:
        other = taken.setdefault(chosen[name.field], name)
        if other is not name:
            raise StackError(
                f"Port {chosen[name.field]} is given twice: for the {other.title} "
                f"({other.option}) and for the {name.title} ({name.option})."
            )
    return Ports(**chosen)


def local_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of local state."""
    return Path(environ.get(LOCAL_DIR_VARIABLE) or ROOT / ".local").expanduser().resolve()


def check_ports(ports: Ports) -> None:
    """Refuse ports that something else listens on, naming the option that changes each."""
    busy = _busy(ports)
    if busy:
        lines = [
            f"Port {getattr(ports, name.field)} ({name.title}) is in use: choose another with "
            f"{name.option} or {name.variable}."
            for name in busy
        ]
        hint = "If it is another stack of this repository, stop that one first (Ctrl-C)."
        raise StackError("\n".join([*lines, hint]))


def ports_are_free(ports: Ports) -> bool:
    """Return whether a stack could listen on all of its ports."""
    return not _busy(ports)


def _busy(ports: Ports) -> list[PortName]:
    return [name for name in PORT_NAMES if not is_free(getattr(ports, name.field))]


def move_busy_defaults(ports: Ports) -> Ports:
    """Return the same ports, but for each default that is in use a free one; chosen ones stay."""
    usual = {name.field: name.default for name in PORT_NAMES}
    wanted = {field: getattr(ports, field) for field in usual}
    busy = [name for name, port in wanted.items() if port == usual[name] and not is_free(port)]
    return replace(ports, **dict(zip(busy, free_ports(len(busy)), strict=True)))


def is_free(port: int) -> bool:
    """Return whether a server could listen on a port of the loopback address."""
    if is_open(port):
        return False
    with socket.socket() as listener:
        # As a server does, so that connections of an earlier run that still linger don't count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Return whether something listens on a port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on, all different."""
    listeners = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def _port_from(name: PortName, environ: Mapping[str, str]) -> int:
    text = environ.get(name.variable)
    if not text:
        return name.default
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise StackError(f"{name.variable} must be a port from 1 to 65535, not {text!r}.")
    return int(text)
