"""Runs one function: turns the host's value into the Python one, calls, and turns it back.

``async def`` functions run on the event loop, ``def`` functions (orchestrators too) share one
thread pool, as in the real worker.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from azure.functions.meta import Datum

from devstack.functions_host.app.indexing import Binding, Function, Parameter, sdk_converter
from devstack.functions_host.engine.events import compact
from devstack.functions_host.engine.failures import Failure, own_traceback
from devstack.functions_host.logs import current_function

log = logging.getLogger(__name__)

_threads = threading.local()


class FunctionFailedError(Exception):
    """A function raised, or returned what cannot be handed on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class FunctionTimeoutError(FunctionFailedError):
    """A function ran longer than ``functionTimeout``; the real host then restarts the worker."""


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where the invocation belongs in a distributed trace."""

    trace_parent: str = ""
    trace_state: str = ""
    attributes: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RetryContext:
    """How often the host has retried the invocation."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: object = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a function gets as its ``context``."""

    function_name: str
    function_directory: str
    invocation_id: str
    trace_context: TraceContext
    retry_context: RetryContext
    thread_local_storage: threading.local


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a trigger as the host sends it, with the trigger metadata."""

    datum: Datum
    metadata: Mapping[str, Datum]

    @classmethod
    def of(cls, value: object, kind: str, **metadata: Datum) -> Value:
        """Make a value of a wire type such as ``json`` or ``string``."""
        return cls(Datum(value, kind), metadata)


@dataclass(frozen=True, slots=True)
class BlobReference:
    """What an SDK-type parameter is made from: a name of a setting, never its value."""

    content: bytes
    version: str = "1.0"
    source: str = "AzureStorageBlobs"
    content_type: str = "application/json"


def thread_pool() -> ThreadPoolExecutor:
    """Make the pool of the size that the real worker would have."""
    wanted = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
    size = int(wanted) if wanted.isdigit() and int(wanted) else min(32, (os.cpu_count() or 1) + 4)
    return ThreadPoolExecutor(size, thread_name_prefix="functions")


class Invoker:
    """Calls functions with the right values."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        timeout: timedelta | None,
        client_binding: Callable[[Binding], str],
        on_timeout: Callable[[], None] = lambda: None,
    ) -> None:
        self.pool = pool
        self.on_timeout = on_timeout
        self.timeout = timeout
        self._client_binding = client_binding

    async def invoke(self, function: Function, value: Value, trace_parent: str = "") -> Any:  # noqa: ANN401 - whatever the app returns
        """Run a function and return its plain Python result.

        Raises:
            FunctionFailedError: It raised, or returned something although it has no output.
        """
        invocation_id = str(uuid.uuid4())
        limit = time_limit(self.timeout)
        try:
            arguments = self._arguments(function, value, invocation_id, trace_parent)
            async with limit:
                result = await self._call(function, arguments)
            _check_result(function, result)
        except (Exception, SystemExit) as error:
            if limit.expired():
                raise self._timed_out(function) from error
            _report(function, invocation_id, error)
            raise FunctionFailedError(Failure.of(error)) from error
        return result

    def call_orchestrator(self, function: Function, payload: str) -> str | Failure:
        """Run one episode of an orchestrator in the current thread."""
        converter = sdk_converter("orchestrationTrigger")
        context = converter.decode(Datum(payload, "string"), trigger_metadata={})
        token = current_function.set(function.name)
        try:
            return str(function.call(**{function.trigger.name: context}))
        except Exception as error:  # noqa: BLE001 - whatever the app raises becomes its failure
            return Failure.of(error)
        finally:
            current_function.reset(token)

    async def run_activity(self, function: Function, text: str | None) -> str | None:
        """Run an activity on JSON text and return the JSON text of its result.

        Raises:
            FunctionFailedError: It raised, or its result is not JSON serialisable.
        """
        result = await self.invoke(function, Value.of(text or "null", "string"))
        try:
            encoded = sdk_converter("activityTrigger").encode(result, expected_type=None)
        except ValueError as error:
            _report(function, "", error)
            raise FunctionFailedError(Failure.of(error)) from error
        return None if encoded.value == "null" else str(encoded.value)

    async def _call(self, function: Function, arguments: dict[str, Any]) -> Any:  # noqa: ANN401
        token = current_function.set(function.name)
        try:
            if function.is_async:
                return await function.call(**arguments)
            context = contextvars.copy_context()
            return await asyncio.get_running_loop().run_in_executor(
                self.pool, lambda: context.run(function.call, **arguments)
            )
        finally:
            current_function.reset(token)

    def _arguments(
        self, function: Function, value: Value, invocation_id: str, trace_parent: str
    ) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        for name, parameter in function.inputs.items():
            if parameter.binding.type == "durableClient":
                arguments[name] = self._client_binding(parameter.binding)
            else:
                arguments[name] = decode(parameter, value)
        if function.wants_context:
            arguments["context"] = Context(
                function.name,
                function.directory,
                invocation_id,
                TraceContext(trace_parent),
                RetryContext(),
                _threads,
            )
        return arguments

    def _timed_out(self, function: Function) -> FunctionTimeoutError:
        self.on_timeout()
        limit = f"{self.timeout!s:0>8}"
        message = f"Timeout value of {limit} was exceeded by function: Functions.{function.name}"
        log.error("%s", message)
        return FunctionTimeoutError(Failure(message, ""))


def _report(function: Function, invocation_id: str, error: BaseException) -> None:
    """Write the line and the traceback by which a developer finds a failure."""
    log.error(
        "Executed 'Functions.%s' (Failed, Id=%s)",
        function.name,
        invocation_id,
        exc_info=(type(error), error, own_traceback(error)),
    )


def time_limit(limit: timedelta | None) -> asyncio.Timeout:
    """Make a context that ends after ``functionTimeout``; a TimeoutError of the app passes it."""
    return asyncio.timeout(None if limit is None else limit.total_seconds())


def decode(parameter: Parameter, value: Value) -> Any:  # noqa: ANN401 - depends on the binding
    """Turn the trigger's value into what the parameter asks for."""
    kind = parameter.binding.type
    if parameter.deferred:
        converter = sys.modules["azurefunctions.extensions.base"].get_binding_registry().get(kind)
        return converter.decode(
            value.datum, trigger_metadata=value.metadata, pytype=parameter.annotation
        )
    if parameter.converter == "generic":
        return _raw(value.datum.value, parameter.annotation)
    return sdk_converter(kind).decode(value.datum, trigger_metadata=value.metadata)


def _check_result(function: Function, result: object) -> None:
    if result is not None and not function.returns:
        raise RuntimeError(
            f"function {function.name!r} without a $return binding returned a non-None value"
        )


def json_value(content: object, **metadata: Datum) -> Value:
    """Make a trigger value of type json."""
    return Value.of(compact(content), "json", **metadata)


def _raw(content: str | bytes, annotation: object) -> str | bytes:
    if annotation is str and isinstance(content, bytes):
        return content.decode()
    if annotation is bytes and isinstance(content, str):
        return content.encode()
    return content
