"""Run the stand-in services: `python -m devstack.services --port 7072`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

from aiohttp import web

from devstack.services.app import TessdataMissingError, build_app, default_workers
from devstack.services.model.deployments import Deployments
from devstack.services.model.generations import Generation

DEFAULT_PORT = 7072
SHUTDOWN_SECONDS = 0.5
"""Open connections get this long when the service stops; a hanging fault must not hold it."""


def main() -> int:
    """Parse the command line, serve until a signal, and return the exit code."""
    options = _parse()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        deployments = Deployments(options.model_generation, frozenset(options.deployment) or None)
        app = build_app(options.tessdata, options.ocr_workers, deployments)
        asyncio.run(_serve(app, options.host, options.port))
    except TessdataMissingError as error:
        print(f"services: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"services: cannot listen on {options.host}:{options.port}: {error.strerror or error} "
            "(is another stack running? choose another with --port)",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="devstack.services", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--tessdata",
        type=Path,
        default=Path(sys.prefix) / "tessdata",
        help="folder of Tesseract language data (default: %(default)s)",
    )
    parser.add_argument(
        "--ocr-workers", type=int, default=default_workers(), help="pages read at once"
    )
    parser.add_argument(
        "--model-generation",
        type=Generation,
        choices=list(Generation),
        help="of all deployments (default: what their names say, else the newest)",
    )
    parser.add_argument(
        "--deployment",
        action="append",
        default=[],
        metavar="NAME",
        help="a deployment that exists, may be repeated (default: any name is taken)",
    )
    options = parser.parse_args()
    if options.ocr_workers < 1:
        parser.error("--ocr-workers must be 1 or more")
    return options


async def _serve(app: web.Application, host: str, port: int) -> None:
    stop = asyncio.Event()
    _on_stop_signals(stop)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        print(f"Stand-in services listening on http://{host}:{bound}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


def _on_stop_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows loops take no signal handlers; Ctrl-C arrives there as KeyboardInterrupt.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)


if __name__ == "__main__":
    sys.exit(main())
