"""Asks Azure's own worker library and the stand-in the same questions, to compare their answers.

``python -m devstack.functions_host.azure_worker azure|stand-in answers DIR`` reads questions (JSON)
from standard input: functions of the app in DIR with the values that a host would send.
``... refusals DIR...`` says of each app why it is refused, or null; ``... functions DIR`` gives the
bindings of all functions; ``... references DIR`` says what parameters that take a reference to a
blob make of the ones in the questions. ``azure`` needs Python 3.13 and the packages in
``REQUIREMENTS``.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from azure.functions.meta import Datum

from devstack.functions_host.app.indexing import (
    Binding,
    Function,
    IndexingError,
    load_app,
    sdk_converter,
)
from devstack.functions_host.app.invocation import (
    BlobReference,
    FunctionFailedError,
    Invoker,
    Value,
    decode,
    thread_pool,
)

#: What Azure runs functions with, and the SDK packages that go with its Python.
REQUIREMENTS = (
    "azure-functions-runtime==1.3.0",
    "azure-functions==2.3.0",
    "azure-functions-durable==1.7.0",
    "azurefunctions-extensions-bindings-blob==1.1.2",
)
SCRIPT = "function_app.py"

Spec = dict[str, Any]
"""A datum in JSON: ``{"type": ..., "value": ...}``; bytes are written as latin-1 text."""
Answer = dict[str, Any]


def worker_interpreter(named: str = "") -> str | None:
    """Return a Python that Azure's worker library runs on: the named one first, or None."""
    pyenv = sorted(str(p) for p in Path.home().glob(".pyenv/versions/3.1[3-9].*/bin/python"))
    check = "import sys; sys.exit(sys.version_info < (3, 13))"
    for name in (named, "python3.13", "python3.14", *pyenv):
        path = shutil.which(name) if name else None
        if path is None:
            continue
        if subprocess.run([path, "-c", check], capture_output=True, check=False).returncode == 0:
            return path
    return None


def to_datum(spec: Spec) -> Datum:
    """Make a datum of its description."""
    value = spec["value"]
    if spec["type"] == "http":
        value = {
            key: to_datum(part)
            if "type" in part
            else {name: to_datum(inner) for name, inner in part.items()}
            for key, part in value.items()
        }
    elif spec["type"] == "bytes":
        value = value.encode("latin-1")
    return Datum(value, spec["type"])


def to_spec(datum: Any) -> Any:  # noqa: ANN401 - a datum of either library, or a part of one
    """Describe a datum, or a part of one, in JSON."""
    if isinstance(datum, dict):
        return {key: to_spec(part) for key, part in datum.items()}
    if isinstance(datum, list):
        return [str(part) for part in datum]
    if datum is None or not hasattr(datum, "type"):
        return datum
    value = datum.value
    return {
        "type": datum.type,
        "value": value.decode("latin-1") if isinstance(value, bytes) else to_spec(value),
    }


async def ask_azure(folder: Path, questions: list[dict[str, Any]]) -> list[Answer]:
    """Answer with Azure's worker library; its own objects are used without protobuf."""
    _index_for_azure(folder)
    invoke = _azure("native_invocation").invocation_request_native
    answers = []
    for question in questions:
        number = str(uuid.uuid5(uuid.NAMESPACE_OID, question["function"]))
        inputs = [(name, to_datum(spec)) for name, spec in question["inputs"].items()]
        metadata = {name: to_datum(spec) for name, spec in question.get("metadata", {}).items()}
        ok, returned, _outputs, error, _trace = await invoke(
            "invocation-1", number, inputs, metadata
        )
        answers.append({"ok": ok, "returned": to_spec(returned), "error": error})
    return answers


class _Record:
    """Keeps what it is given; stands for a protobuf message."""

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)


def _azure(module: str) -> Any:  # noqa: ANN401 - installed for Python 3.13 and later only
    return importlib.import_module(f"azure_functions_runtime.{module}")


def _index_for_azure(folder: Path) -> list[Any]:
    _azure("bindings.meta").load_binding_registry()
    _azure("utils.threadpool").start_threadpool_executor()
    sys.path.insert(0, str(folder))
    loader, registry = _azure("loader"), _azure("handle_event")._functions
    functions = loader.index_function_app(str(folder / SCRIPT))
    directions = {"in": 0, "out": 1, "inout": 2, "undefined": 0}
    protos = SimpleNamespace(
        BindingInfo=type("BindingInfo", (_Record,), directions),
        RpcFunctionMetadata=_Record,
        RpcRetryOptions=_Record,
    )
    found, _ = loader.process_indexed_function(protos, registry, functions, str(folder))
    return list(found)


def refusal(who: str, folder: Path) -> str | None:
    """Say why an app is refused; None where it is accepted."""
    path = list(sys.path)
    sys.modules.pop(Path(SCRIPT).stem, None)
    importlib.invalidate_caches()
    try:
        if who == "azure":
            _index_for_azure(folder)
        else:
            load_app(folder, SCRIPT)
    except (RuntimeError, ValueError, IndexingError) as error:
        return str(error)
    finally:
        sys.path[:] = path
    return None


def bindings(who: str, folder: Path) -> dict[str, list[Any]]:
    """Return the bindings of every function, by its name."""
    if who == "azure":
        found = {item.name: list(item.raw_bindings) for item in _index_for_azure(folder)}
        return {name: [json.loads(text) for text in texts] for name, texts in found.items()}
    functions = load_app(folder, SCRIPT).functions.values()
    return {f.name: [_described(f, binding) for binding in f.bindings] for f in functions}


def _described(function: Function, binding: Binding) -> dict[str, Any]:
    """Describe a binding; once a function takes a reference, all of its bindings say whether."""
    taken = {name for name, parameter in function.inputs.items() if parameter.deferred}
    if not taken:
        return binding.settings
    return {
        **binding.settings,
        "properties": {"SupportsDeferredBinding": binding.name in taken},
    }


def references(who: str, folder: Path, questions: list[dict[str, Any]]) -> list[str]:
    """Describe what each parameter receives for a reference to a blob, which native calls lack."""
    functions = load_app(folder, SCRIPT).functions
    if who == "azure":
        _azure("bindings.meta").load_binding_registry()
    described = []
    for question in questions:
        parameter = functions[question["function"]].inputs[question["parameter"]]
        content = BlobReference(json.dumps(question["content"]).encode())
        if who == "azure":
            datum = _azure("bindings.datumdef").Datum(content, "model_binding_data")
            converter = _azure("bindings.meta").get_binding(parameter.binding.type, True)
            found = converter.decode(datum, trigger_metadata={}, pytype=parameter.annotation)
        else:
            found = decode(parameter, Value(Datum(content, "model_binding_data"), {}))
        described.append(repr(found))
    return described


async def ask_stand_in(folder: Path, questions: list[dict[str, Any]]) -> list[Answer]:
    """Answer with the stand-in's indexing and invocation."""
    app = load_app(folder, SCRIPT)
    return [await _ask(app.functions[question["function"]], question) for question in questions]


async def _ask(function: Function, question: dict[str, Any]) -> Answer:
    inputs = question["inputs"]
    clients = {name: str(spec["value"]) for name, spec in inputs.items()}
    invoker = Invoker(thread_pool(), None, lambda binding: clients[binding.name])
    metadata = {name: to_datum(spec) for name, spec in question.get("metadata", {}).items()}
    value = Value(to_datum(inputs[function.trigger.name]), metadata)
    try:
        result = await invoker.invoke(function, value)
        return {"ok": True, "returned": to_spec(_encode(function, result)), "error": None}
    except FunctionFailedError as error:
        return {"ok": False, "returned": None, "error": repr(error.__cause__)}
    except ValueError as error:
        return {"ok": False, "returned": None, "error": repr(error)}


def _encode(function: Function, result: object) -> Datum | None:
    returns = [b.type for b in function.bindings if b.name == "$return"]
    kind = returns[0] if returns else function.trigger.type
    if not function.returns:
        return None
    encoded: Datum = sdk_converter(kind).encode(result, expected_type=None)
    return encoded


def main(arguments: list[str]) -> int:
    """Write the answers, or the refusals, to standard output as JSON."""
    who, what, *folders = arguments
    if what == "refusals":
        content: object = [refusal(who, Path(folder).resolve()) for folder in folders]
    elif what == "functions":
        content = bindings(who, Path(folders[0]).resolve())
    elif what == "references":
        content = references(who, Path(folders[0]).resolve(), json.load(sys.stdin))
    else:
        ask = ask_azure if who == "azure" else ask_stand_in
        content = asyncio.run(ask(Path(folders[0]).resolve(), json.load(sys.stdin)))
    print("ANSWERS " + json.dumps(content), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
