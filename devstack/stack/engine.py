"""Which Functions host runs the app: the real one, or the stand-in of this repository."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

from devstack.stack.errors import StackError

ENGINES = ("auto", "func", "local")
ENGINE_VARIABLE = "DOCFLOW_ENGINE"
FUNC_VARIABLE = "DOCFLOW_FUNC"


def wanted_engine(option: str | None, environ: Mapping[str, str], *, default: str = "local") -> str:
    """Return what was asked for: by the option, else by the environment, else the default.

    Raises:
        StackError: the environment names no engine.
    """
    wanted = option or environ.get(ENGINE_VARIABLE) or default
    if wanted not in ENGINES:
        raise StackError(f"{ENGINE_VARIABLE} must be one of {', '.join(ENGINES)}, not {wanted!r}.")
    return wanted


def choose_engine(wanted: str, environ: Mapping[str, str]) -> str:
    """Return `func` or `local`: what is wanted, or for `auto` what is installed.

    Raises:
        StackError: `func` is wanted and not installed.
    """
    if wanted == "local":
        return wanted
    present = func_program(environ) is not None
    if wanted == "func" and not present:
        raise StackError(
            "Azure Functions Core Tools (func) are not on the PATH.\n"
            f"Install them, name the program in {FUNC_VARIABLE}, "
            "or use the stand-in host: --engine local"
        )
    return "func" if present else "local"


def engine_in_use() -> str:
    """Return the engine that the environment of this process chooses: `func` or `local`.

    Raises:
        StackError: as `wanted_engine` and `choose_engine`.
    """
    return choose_engine(wanted_engine(None, os.environ), os.environ)


def func_program(environ: Mapping[str, str]) -> str | None:
    """Return the path of `func`, as the environment names it or as the PATH finds it.

    Raises:
        StackError: the environment names a program that is none.
    """
    named = environ.get(FUNC_VARIABLE)
    if not named:
        return shutil.which("func", path=environ.get("PATH"))
    found = shutil.which(os.path.expanduser(named))  # noqa: PTH111 - a bare name stays one
    if found is None:
        raise StackError(f"{FUNC_VARIABLE} must be a program that can be run, not {named!r}.")
    return found
