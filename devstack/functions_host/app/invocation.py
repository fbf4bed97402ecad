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
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from azure.functions.meta import Datum

from devstack.functions_host.app.indexing import Binding, Function, Parameter, sdk_converter
from devstack.functions_host.engine.events import compact
from devstack.functions_host.engine.failures import Failure, app_traceback
from devstack.functions_host.logs import current_function, of_category

log = logging.getLogger(__name__)

#: The reasons that the real host names: durable functions have none, requests and calls by hand
#: share one.
NO_REASON = "(null)"
CALLED_OVER_HTTP = "This function was programmatically called via the host APIs."

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


Encode = Callable[[Any], Any]


def _unchanged(result: Any) -> Any:  # noqa: ANN401 - whatever the app returns
    return result


def _activity_result(result: object) -> str | None:
    """Return the result of an activity as JSON text; raises ValueError where there is none."""
    encoded = sdk_converter("activityTrigger").encode(result, expected_type=None)
    return None if encoded.value == "null" else str(encoded.value)


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

    async def invoke(
        self,
        function: Function,
        value: Value,
        trace_parent: str = "",
        *,
        reason: str = NO_REASON,
        encode: Encode = _unchanged,
    ) -> Any:  # noqa: ANN401 - whatever the app, or `encode`, returns
        """Run a function and return its result.

        Args:
            function: The function.
            value: What its trigger gives it.
            trace_parent: Where the invocation belongs in a distributed trace.
            reason: Why it runs, for the console.
            encode: Turns what the function returned into what is asked for; a value that it
                refuses is a failure of the function.

        Raises:
            FunctionFailedError: It raised, or returned what it may not.
        """
        limit = time_limit(self.timeout)
        with _Announced(function, reason) as announced:
            try:
                arguments = self._arguments(function, value, announced.invocation_id, trace_parent)
                async with limit:
                    result = await self._call(function, arguments)
                _check_result(function, result)
                return encode(result)
            except (Exception, SystemExit) as error:
                if limit.expired():
                    raise self._timed_out(function) from error
                announced.failed(error)
                raise FunctionFailedError(Failure.of(error)) from error

    def call_orchestrator(self, function: Function, payload: str) -> str | Failure:
        """Run one episode of an orchestrator in the current thread."""
        converter = sdk_converter("orchestrationTrigger")
        context = converter.decode(Datum(payload, "string"), trigger_metadata={})
        token = current_function.set(function.name)
        try:
            with _Announced(function, NO_REASON) as announced:
                try:
                    return str(function.call(**{function.trigger.name: context}))
                except Exception as error:  # noqa: BLE001 - what the app raises is its failure
                    announced.failed(error)
                    return Failure.of(error)
        finally:
            current_function.reset(token)

    async def run_activity(self, function: Function, text: str | None) -> str | None:
        """Run an activity on JSON text and return the JSON text of its result.

        Raises:
            FunctionFailedError: It raised, or its result is not JSON serialisable.
        """
        value = Value.of(text or "null", "string")
        encoded: str | None = await self.invoke(function, value, encode=_activity_result)
        return encoded

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


class _Announced:
    """An invocation on the console: the line that it begins with and the one that it ends with."""

    def __init__(self, function: Function, reason: str) -> None:
        self.invocation_id = str(uuid.uuid4())
        self._name = function.name
        self._reason = reason
        self._began = 0.0
        self._traceback: str | None = None

    def failed(self, error: BaseException) -> None:
        """Have the last line tell of a failure, with the traceback by which to find it."""
        self._traceback = app_traceback(error)
        log.debug("The host's own way to that failure:", exc_info=error)

    def __enter__(self) -> Self:
        self._write(
            logging.INFO,
            "Executing 'Functions.%s' (Reason='%s', Id=%s)",
            self._reason,
            self.invocation_id,
        )
        self._began = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        lasted = round((time.monotonic() - self._began) * 1000)
        end = "Succeeded" if kind is None and self._traceback is None else "Failed"
        if kind is asyncio.CancelledError:
            end = "Canceled"  # The host stops.
        self._write(
            logging.ERROR if end == "Failed" else logging.INFO,
            "Executed 'Functions.%s' (%s, Id=%s, Duration=%dms)%s",
            end,
            self.invocation_id,
            lasted,
            f"\n{self._traceback}" if self._traceback else "",
        )

    def _write(self, level: int, message: str, *values: object) -> None:
        log.log(level, message, self._name, *values, extra=of_category(f"Function.{self._name}"))


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
