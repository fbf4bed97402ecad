"""``python -m devstack.functions_host --app DIR``: runs a function app on the stand-in host."""

from __future__ import annotations

import argparse
import asyncio
import io
import logging
import os
import sys
from pathlib import Path

from devstack.functions_host import logs
from devstack.functions_host.app.import_path import give_way
from devstack.functions_host.app.indexing import App, IndexingError, load_app
from devstack.functions_host.engine.failures import app_traceback
from devstack.functions_host.host import Host, Options, PortTakenError
from devstack.functions_host.hub.recovery import RecoveryTimes
from devstack.functions_host.hub.state_file import StoreError
from devstack.functions_host.hub.store import Store
from devstack.functions_host.settings import (
    HostSettings,
    SettingsError,
    disabled,
    load_host_json,
    load_local_settings,
)
from devstack.functions_host.triggers.blob_paths import BlobPathError
from devstack.functions_host.triggers.timers import ScheduleError
from devstack.functions_host.web.routing import RouteError
from devstack.functions_host.web.server import Route, WebHost

DEFAULT_PORT = 7071
_STATE = "functions-host.sqlite"
_REFUSED = (
    SettingsError,
    IndexingError,
    StoreError,
    PortTakenError,
    RouteError,
    ScheduleError,
    BlobPathError,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the host; return the exit code of the process."""
    parsed = _parser().parse_args(arguments)
    folder, started_in = Path(parsed.app).resolve(), Path.cwd()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # The app's prints show at once.
    try:
        host = _prepare(folder, parsed)
    except _REFUSED as error:
        return _refuse(error)
    try:
        asyncio.run(host.run(lambda web_host: _banner(host, web_host)))
    except _REFUSED as error:
        return _refuse(error)
    finally:
        host.store.close()
    logging.shutdown()
    sys.stdout.flush()
    if host.restart:
        os.chdir(started_in)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself again
    # Threads of functions that did not end in time must not keep the process alive.
    os._exit(0)


def _prepare(folder: Path, parsed: argparse.Namespace) -> Host:
    if not folder.is_dir():
        raise SettingsError(f"{folder} is not a folder.")
    settings = load_host_json(folder)
    local = load_local_settings(folder, os.environ)
    port = parsed.port or local.port or DEFAULT_PORT
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    os.environ.setdefault("FUNCTIONS_WORKER_RUNTIME", "python")
    os.environ["WEBSITE_HOSTNAME"] = f"localhost:{port}"
    os.environ["AzureWebJobsScriptRoot"] = str(folder)  # noqa: SIM112 - the host's own spelling
    logs.configure(settings.log_levels, verbose=parsed.verbose)
    state = Path(parsed.state).resolve() if parsed.state else folder / ".local" / _STATE
    store = Store(state, _recovery_times(parsed, settings))
    os.chdir(folder)
    try:
        app = _load(folder, parsed)
    except BaseException:
        store.close()
        raise
    options = Options(
        folder=folder,
        port=port,
        rpc_port=parsed.rpc_port,
        state=state,
        scan_interval=parsed.scan_interval,
        ask_for_keys=parsed.keys,
        record=Path(parsed.record).resolve() if parsed.record else None,
        cors=local.cors,
    )
    return Host(app, settings, store, options)


def _recovery_times(parsed: argparse.Namespace, settings: HostSettings) -> RecoveryTimes | None:
    if parsed.recovery == "instant":
        return None
    # For tests of this host, which cannot wait for minutes.
    scale = float(os.environ.get("FUNCTIONS_HOST_RECOVERY_SCALE", "1"))
    return RecoveryTimes.of(settings).scaled(scale)


def _load(folder: Path, parsed: argparse.Namespace) -> App:
    script = os.environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
    give_way()
    try:
        return load_app(folder, script, frozenset(parsed.functions or ()))
    except IndexingError:
        raise
    except Exception as error:
        print(app_traceback(error), file=sys.stderr)
        raise IndexingError(_import_failure(script, error)) from error


def _import_failure(script: str, error: Exception) -> str:
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing is None:
        return f"{script} cannot be imported ({type(error).__name__}); see the traceback above."
    return (
        f"{script} cannot be imported: there is no module {missing!r} in the app's folder, nor in "
        f"the environment of {sys.executable}. Install the app's requirements there, or name "
        "another interpreter with --python."
    )


def _banner(host: Host, web_host: WebHost) -> None:
    """List the functions the way ``func start`` does."""
    print("\nFunctions:\n")
    routes = {route.function.name: route for route in web_host.routes}
    for name, function in sorted(host.app.functions.items()):
        mark = " (disabled)" if disabled(name) else ""
        if name in routes:
            print(f"\t{name}: {_address(routes[name], host.options.port)}{mark}\n")
        else:
            print(f"\t{name}: {function.trigger.type}{mark}\n")
    for reason in host.app.skipped:
        print(reason, file=sys.stderr)
    print(f"Host ready on http://localhost:{host.options.port}", flush=True)


def _address(route: Route, port: int) -> str:
    methods = ",".join(m for m in (route.function.trigger.settings.get("methods") or ()) if m)
    shown = f"[{methods}] " if methods else ""
    return f"{shown}http://localhost:{port}/{route.template.template}"


def _refuse(error: Exception) -> int:
    print(error, file=sys.stderr, flush=True)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="functions_host", description=__doc__)
    parser.add_argument("--app", required=True, help="folder with host.json and function_app.py")
    parser.add_argument("-p", "--port", type=int, help="port of the app (default: 7071)")
    parser.add_argument(
        "--rpc-port", type=int, default=17071, help="port of the durable RPC (default: 17071)"
    )
    parser.add_argument("--state", help="state file (default: .local/functions-host.sqlite)")
    parser.add_argument(
        "--scan-interval",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="pause between two scans of a container (default: 10)",
    )
    parser.add_argument(
        "--keys", "--enable-auth", "--enableAuth", action="store_true", help="ask for access keys"
    )
    parser.add_argument("--functions", nargs="+", metavar="NAME", help="load only these")
    parser.add_argument(
        "--recovery",
        choices=("instant", "azure"),
        default="instant",
        help="when work of a killed host is taken up: at once, or after the waits of Azure",
    )
    parser.add_argument("--record", metavar="DIR", help="write the history of each instance there")
    parser.add_argument("--verbose", action="store_true", help="show debug messages")
    return parser


if __name__ == "__main__":
    sys.exit(main())
