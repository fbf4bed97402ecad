"""The commands and options of `dev.py`. Every command has a module of its own beside this one."""

from __future__ import annotations

import argparse
from pathlib import Path

from devstack.stack.config import PORT_NAMES
from devstack.stack.engine import ENGINE_VARIABLE, ENGINES

_EPILOG = """\
Every port can be set by an option of up and demo, or by an environment variable
(DOCFLOW_FUNCTIONS_PORT, DOCFLOW_SERVICES_PORT, DOCFLOW_BLOB_PORT, DOCFLOW_QUEUE_PORT,
DOCFLOW_TABLE_PORT, DOCFLOW_RPC_PORT); DOCFLOW_LOCAL_DIR sets the folder of local state.
DOCFLOW_ENGINE chooses the Functions host (auto, func, local); DOCFLOW_FUNC names a func
that is not on the PATH; DOCFLOW_APP_KEY is sent to an app that asks for keys.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="dev.py",
        description="Runs docflow on this machine: no cloud account, no Docker, no root.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (_demo, _test, _up, _drop, _status, _approve, _reject, _host):
        add(commands)
    for add in (_check, _bench, _eval, _lock):
        add(commands)
    return top


_Commands = argparse._SubParsersAction


def _add(commands: _Commands[argparse.ArgumentParser], name: str, text: str) -> _Parser:
    return commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
    )


_Parser = argparse.ArgumentParser


def _demo(commands: _Commands[_Parser]) -> None:
    demo = _add(
        commands, "demo", "process the files of samples/ to their end, then stop everything"
    )
    demo.add_argument(
        "--keep", action="store_true", help="leave the stack running (Ctrl-C ends it)"
    )
    add_engine(demo)
    _add_ports(demo)


def _test(commands: _Commands[_Parser]) -> None:
    test = _add(commands, "test", "run the tests")
    add_engine(test)
    test.add_argument("pytest", nargs=argparse.REMAINDER, help="arguments for pytest")


def _up(commands: _Commands[_Parser]) -> None:
    up = _add(commands, "up", "start the whole stack; Ctrl-C stops it")
    add_engine(up, default="auto")
    up.add_argument("--fresh", action="store_true", help="forget everything stored before")
    _add_ports(up)


def _drop(commands: _Commands[_Parser]) -> None:
    drop = _add(commands, "drop", "upload files to the container incoming")
    drop.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    drop.add_argument(
        "--wait",
        action="store_true",
        help="show progress until each one is waiting for review or at an end",
    )


def _status(commands: _Commands[_Parser]) -> None:
    status = _add(commands, "status", "list documents, or show one")
    status.add_argument("wanted", nargs="?", metavar="ID", help="an id, its beginning, or a name")
    status.add_argument("--json", action="store_true", help="the app's own answer")


def _approve(commands: _Commands[_Parser]) -> None:
    _add_decision(_add(commands, "approve", "approve a document that waits for review"))


def _reject(commands: _Commands[_Parser]) -> None:
    _add_decision(_add(commands, "reject", "reject a document that waits for review"))


def _host(commands: _Commands[_Parser]) -> None:
    host = _add(commands, "host", "run any Python v2-model function app on the stand-in host")
    host.add_argument("--app", type=Path, required=True, metavar="DIR", help="folder of the app")
    host.add_argument(
        "--port",
        type=int,
        metavar="N",
        help="port to listen on (Host.LocalHttpPort of local.settings.json, else 7071)",
    )
    host.add_argument(
        "--python",
        metavar="PYTHON",
        help="interpreter of the app: a path, a name on PATH, or the folder of an environment "
        "(default: the activated environment, else the app's .venv, else docflow's)",
    )
    host.epilog = (
        "Further options go to the host as they are: --rpc-port N, --state FILE, --enableAuth, "
        "--functions NAME..., --record DIR, --verbose."
    )


def _check(commands: _Commands[_Parser]) -> None:
    _add(commands, "check", "lint, types, layering: everything static that CI checks")


def _bench(commands: _Commands[_Parser]) -> None:
    bench = _add(commands, "bench", "run the benchmarks, or some of them")
    bench.add_argument(
        "scenarios",
        nargs="*",
        metavar="SCENARIO",
        help="what to measure (default: all that do not take long)",
    )
    bench.add_argument("--list", action="store_true", help="name the scenarios and run none")
    add_engine(bench)
    bench.add_argument(
        "--app",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="measure the app of this checkout instead; can be given more than once",
    )
    bench.add_argument(
        "--seeds", type=_count, metavar="N", help="how often to draw lots, where a scenario does"
    )
    bench.add_argument(
        "--small", action="store_true", help="take small sizes, to see whether it runs"
    )
    bench.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")


def _eval(commands: _Commands[_Parser]) -> None:
    evaluate = _add(commands, "eval", "measure urgency and summaries on labelled documents")
    evaluate.add_argument(
        "--against",
        action="append",
        choices=("rules", "stand-in", "endpoint"),
        default=[],
        help="who judges: the rules alone, the steps with the stand-in for the model, or the steps "
        "with the model that MODEL_BASE_URL or AZURE_OPENAI_ENDPOINT names; can be given more "
        "than once (default: rules and stand-in)",
    )
    evaluate.add_argument(
        "--language",
        action="append",
        default=[],
        metavar="CODE",
        help="take the documents in this language alone; can be given more than once",
    )
    evaluate.add_argument(
        "--twins", action="store_true", help="judge the twins of documents with the model, too"
    )
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    evaluate.add_argument(
        "--html", type=Path, metavar="FILE", help="also write a page with plots and failures there"
    )
    evaluate.add_argument(
        "--compare",
        nargs=2,
        type=Path,
        metavar=("BEFORE", "AFTER"),
        help="show how two files of --json differ, and evaluate nothing",
    )
    evaluate.add_argument(
        "--check",
        action="store_true",
        help="fail where a figure is worse than evals/baseline.json by more than its margin",
    )
    evaluate.add_argument(
        "--write-baseline", action="store_true", help="take these figures as the new baseline"
    )


def _lock(commands: _Commands[_Parser]) -> None:
    _add(commands, "lock", "write constraints.txt again, from the requirements")


def add_engine(command: _Parser, *, default: str = "local") -> None:
    """Add the option that chooses the Functions host; None stands for the environment's choice.

    Args:
        command: The parser of the command.
        default: What is taken where neither the option nor the environment says otherwise.
    """
    command.add_argument(
        "--engine",
        choices=ENGINES,
        help="func is Azure Functions Core Tools, local the stand-in host of this repository, "
        f"auto takes func where it is found (default: {ENGINE_VARIABLE}, else {default})",
    )


def _add_decision(command: _Parser) -> None:
    command.add_argument("wanted", metavar="ID", help="an id, its beginning, or a name")
    command.add_argument("--reviewer", metavar="WHO", help="who decided (default: this user)")
    command.add_argument("--comment", metavar="TEXT", help="why")


def _add_ports(command: _Parser) -> None:
    ports = command.add_argument_group("ports")
    for name in PORT_NAMES:
        ports.add_argument(
            name.option,
            dest=name.field,
            type=_port,
            metavar="N",
            help=f"{name.title} ({name.default}; {name.variable})",
        )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"that is a number from 1 on, not {text!r}")
    return int(text)


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)
