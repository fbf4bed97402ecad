"""Finds the functions of an app through the SDK's own indexing, and checks what the worker checks.

``get_functions()`` accepts mistakes at which the worker in Azure refuses the whole app; those are
refused here too, with the worker's reason.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azure.functions as func

TRIGGERS = frozenset(
    {
        "httpTrigger",
        "blobTrigger",
        "timerTrigger",
        "orchestrationTrigger",
        "activityTrigger",
        "entityTrigger",
    }
)
BINDINGS = frozenset({"durableClient", "http"})


class IndexingError(Exception):
    """The app, or one of its functions, cannot be loaded."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding of a function, as its JSON says."""

    name: str
    type: str
    direction: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """How a parameter gets its value: by the converter of ``converter`` and of this type."""

    binding: Binding
    annotation: Any
    converter: str
    deferred: bool
    streams: bool = False
    """Whether it takes an HTTP request as a stream."""


@dataclass(frozen=True, slots=True)
class Function:
    """An indexed function."""

    name: str
    call: Callable[..., Any]
    trigger: Binding
    bindings: tuple[Binding, ...]
    inputs: dict[str, Parameter]
    wants_context: bool
    is_async: bool
    returns: bool
    """Whether a returned value goes anywhere; without that, returning one is an error."""
    directory: str

    @property
    def durable_name(self) -> str:
        """Return the name under which orchestrations know this function."""
        given = self.trigger.settings.get("orchestration") or self.trigger.settings.get("activity")
        return str(given or self.name)


class App:
    """The functions of an app, by what triggers them."""

    def __init__(self, functions: list[Function], skipped: Sequence[str] = ()) -> None:
        self.skipped = tuple(skipped)
        self.functions = {function.name: function for function in functions}
        self._durable: dict[tuple[str, str], Function] = {}
        for function in functions:
            if function.durable_name.startswith("@"):
                raise IndexingError(f"The name {function.durable_name!r} may not start with '@'.")
            self._durable[function.trigger.type, function.durable_name.lower()] = function

    def triggered_by(self, trigger: str) -> list[Function]:
        """Return the functions with a trigger of this type, in the order of the app."""
        return [f for f in self.functions.values() if f.trigger.type == trigger]

    @property
    def orchestrator_names(self) -> dict[str, str]:
        """Return the names of the orchestrators, by their names in lower case."""
        names = [f.durable_name for f in self.triggered_by("orchestrationTrigger")]
        return {name.lower(): name for name in names}

    def orchestrator(self, name: str) -> Function | None:
        """Find an orchestrator by its name in any case."""
        return self._durable.get(("orchestrationTrigger", name.lower()))

    def activity(self, name: str) -> Function | None:
        """Find an activity by its name in any case."""
        return self._durable.get(("activityTrigger", name.lower()))


def load_app(folder: Path, script: str, only: frozenset[str] = frozenset()) -> App:
    """Import the script of an app and index its functions.

    Raises:
        IndexingError: The worker would refuse the app. Errors of the import itself pass through.
    """
    if not (folder / script).is_file():
        raise IndexingError(f"{folder / script} is missing: it has to define the function app.")
    sys.path.insert(0, str(folder))
    module = importlib.import_module(Path(script).stem)
    return index(_registered(module, script), folder, only)


def index(registered: list[Any], folder: Path, only: frozenset[str] = frozenset()) -> App:
    """Index functions as an app's ``get_functions()`` returns them.

    Raises:
        IndexingError: The worker would refuse the app.
    """
    functions = [_index(item, folder) for item in registered]
    if only:
        unknown = only - {function.name for function in functions}
        if unknown:
            raise IndexingError(f"There is no function named {', '.join(sorted(unknown))}.")
        functions = [function for function in functions if function.name in only]
    skipped = [reason for function in functions if (reason := _unsupported(function))]
    return App([f for f in functions if not _unsupported(f)], skipped)


def _unsupported(function: Function) -> str:
    """Say why this host cannot serve a function; empty where it can."""
    if any(parameter.streams for parameter in function.inputs.values()):
        return (
            f"The function {function.name} is left out: this stand-in host has no HTTP streams "
            "(azurefunctions-extensions-http-...). Take func.HttpRequest and return "
            "func.HttpResponse, or run it with Azure Functions Core Tools."
        )
    for binding in function.bindings:
        if binding.type not in TRIGGERS and binding.type not in BINDINGS:
            return (
                f"The function {function.name} is left out: this stand-in host has no "
                f"{binding.type} binding. Run it with Azure Functions Core Tools."
            )
    return ""


def sdk_converter(binding_type: str) -> Any:  # noqa: ANN401 - a class of the SDK, or None
    """Return the SDK's converter between host values and Python values for a binding type."""
    return func.get_binding_registry().get(binding_type)  # type: ignore[no-untyped-call]


def _registered(module: Any, script: str) -> list[Any]:  # noqa: ANN401 - the app's own module
    found = [
        value
        for name in dir(module)
        if isinstance(value := getattr(module, name, None), func.FunctionRegister)
    ]
    if len(found) > 1:
        raise IndexingError(
            f"More than one {type(found[0]).__name__} or other top level function app instances "
            "are defined."
        )
    if not found:
        raise IndexingError(f"Could not find top level function app instances in {script}.")
    try:
        return list(found[0].get_functions())
    except ValueError as error:
        raise IndexingError(str(error)) from error


def _index(item: Any, folder: Path) -> Function:  # noqa: ANN401 - an SDK object without types
    name = item.get_function_name()
    call = item.get_user_function()
    raw = [json.loads(text) for text in item.get_raw_bindings()]
    bindings = tuple(Binding(b["name"], b["type"], b["direction"], b) for b in raw)
    parameters = dict(inspect.signature(call).parameters)
    annotations = typing.get_type_hints(call)
    bound = {b.name: b for b in bindings if b.name != "$return"}
    wants_context = _take_context(name, parameters, bound, annotations)
    _check_names(name, set(parameters), set(bound))
    inputs = _parameters(name, bound, annotations)
    if "return" in annotations and not any(found.streams for found in inputs.values()):
        _check_return(name, bindings, annotations["return"])
    return Function(
        name=name,
        call=call,
        trigger=_trigger(name, bindings),
        bindings=bindings,
        inputs=inputs,
        wants_context=wants_context,
        is_async=inspect.iscoroutinefunction(call),
        returns=any(b.name == "$return" or _implicit_output(b.type) for b in bindings),
        directory=str(folder),
    )


def _trigger(name: str, bindings: tuple[Binding, ...]) -> Binding:
    for binding in bindings:
        if binding.type.lower().endswith("trigger"):
            return binding
    raise IndexingError(f"The function {name} has no trigger.")


def _take_context(
    name: str,
    parameters: dict[str, inspect.Parameter],
    bound: dict[str, Binding],
    annotations: dict[str, Any],
) -> bool:
    """Take the invocation context out of the parameters, if the function asks for it."""
    if "context" not in parameters or "context" in bound:
        return False
    del parameters["context"]
    annotation = annotations.get("context")
    if "context" in annotations and getattr(annotation, "__name__", "") != "Context":
        raise _load_error(
            name,
            'the "context" parameter is expected to be of type azure.functions.Context, got '
            f'"{annotation!r}"',
        )
    return True


def _check_names(name: str, declared: set[str], bound: set[str]) -> None:
    if declared - bound:
        raise _load_error(
            name,
            "the following parameters are declared in Python but not in the function definition "
            f"(function.json or function decorators): {declared - bound!r}",
        )
    if bound - declared:
        raise _load_error(
            name,
            "Extra parameters in binding definition: the following parameters are declared as "
            f"bindings but are not present in Python: {bound - declared!r}",
        )


def _parameters(
    name: str, bound: dict[str, Binding], annotations: dict[str, Any]
) -> dict[str, Parameter]:
    inputs = {}
    for parameter, binding in bound.items():
        annotation = annotations.get(parameter)
        if binding.direction == "INOUT":
            raise _load_error(name, '"inout" bindings are not supported')
        if binding.direction == "OUT":
            continue
        annotated = parameter in annotations
        if annotated:
            _check_annotation(name, parameter, annotation)
        if binding.type == "httpTrigger" and _is_request_stream(annotation):
            inputs[parameter] = Parameter(binding, annotation, binding.type, False, streams=True)
            continue
        deferred = _is_sdk_type(annotation)
        raw = annotation in (str, bytes) and not _implicit_output(binding.type)
        converter = "generic" if raw else binding.type
        if annotated and not _accepts(converter, annotation, deferred):
            raise _load_error(
                name,
                f'binding type "{parameter!r}" and dataType "{binding.type}" in the binding '
                "decorator do not match the corresponding function parameter's Python type "
                f"annotation {getattr(annotation, '__name__', annotation)}",
            )
        inputs[parameter] = Parameter(binding, annotation, converter, deferred)
    return inputs


def _check_annotation(name: str, parameter: str, annotation: object) -> None:
    """Refuse what the worker refuses: ``Optional``, ``X | None``, ``dict[str, int]``, strings."""
    old_generic = hasattr(annotation, "__module__") and (
        type(annotation).__name__ in ("_GenericAlias", "_SpecialGenericAlias")
        and typing.get_origin(annotation) is not typing.Union
    )
    if not isinstance(annotation, type) and not old_generic:
        raise _load_error(
            name, f"binding {parameter} has invalid non-type annotation {annotation!r}"
        )
    if typing.get_origin(annotation) is not None and not old_generic:
        raise _load_error(
            name, f"binding {parameter} has invalid non-type annotation {annotation!r}"
        )


def _check_return(name: str, bindings: tuple[Binding, ...], annotation: object) -> None:
    kind = next((b.type for b in bindings if b.name == "$return"), None)
    if kind is None:
        return
    if not isinstance(annotation, type):
        raise _load_error(name, f"has invalid non-type return annotation {annotation!r}")
    converter = sdk_converter(kind)
    if converter is not None and not converter.check_output_type_annotation(annotation):
        raise _load_error(
            name,
            f'Python return annotation "{annotation.__name__}" does not match binding type '
            f'"{kind}"',
        )


def _accepts(converter: str, annotation: object, deferred: bool) -> bool:
    if deferred or not isinstance(annotation, type):
        return True
    if converter == "generic":
        return issubclass(annotation, str | bytes)
    found = sdk_converter(converter)
    return found is None or bool(found.check_input_type_annotation(annotation))


def _is_sdk_type(annotation: object) -> bool:
    """Return whether a parameter asks for a client (BlobClient, ...) instead of content."""
    base = sys.modules.get("azurefunctions.extensions.base")
    if base is None or annotation is None:
        return False
    return bool(base.get_binding_registry().check_supported_type(annotation))


def _is_request_stream(annotation: object) -> bool:
    """Return whether a parameter is the request type of an extension for HTTP streams."""
    base = sys.modules.get("azurefunctions.extensions.base")
    tracker = getattr(base, "RequestTrackerMeta", None)
    return tracker is not None and bool(tracker.check_type(annotation))


def _implicit_output(binding_type: str) -> bool:
    """Return whether a function with such a binding may return a value without saying where to."""
    converter = sdk_converter(binding_type)
    if converter is None:
        return binding_type != "durableClient"
    return bool(getattr(converter, "has_implicit_output", lambda: False)())


def _load_error(name: str, reason: str) -> IndexingError:
    return IndexingError(f"cannot load the {name} function: {reason}")
