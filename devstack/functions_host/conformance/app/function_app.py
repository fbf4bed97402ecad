"""Orchestrations that show one behaviour of the Durable engine each; see ``scenarios``."""
# mypy: disable-error-code="untyped-decorator, attr-defined, no-untyped-call, type-arg"
# mypy: disable-error-code="unreachable, index, arg-type"

from __future__ import annotations

import json
import os
import time
from base64 import b64decode
from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

Client = df.DurableOrchestrationClient
Context = df.DurableOrchestrationContext
Story = Generator[Any, Any, Any]

#: The container whose blobs start a function, and the setting with its connection.
CONTAINER, STORAGE = "conformance", "AzureWebJobsStorage"

#: The gates at which no activity waits any more.
OPEN_GATES: set[str] = set()

#: What the blob function saw, by the name of the blob.
BLOBS: dict[str, list[dict[str, Any]]] = {}

#: How often an activity was tried, or an orchestrator called, by a name.
TRIES: dict[str, int] = {}


def orchestrator(story: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - a builder of the SDK
    """Register an orchestrator under the name of its function."""
    return app.orchestration_trigger(context_name="context")(story)


def after(context: Context, seconds: float) -> Any:  # noqa: ANN401 - a timer of the SDK
    """Return a timer that fires in some seconds."""
    return context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))


def body_of(req: func.HttpRequest) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON of a request, or None where there is no body."""
    body = req.get_body()
    return json.loads(body) if body else None


# What the scenarios call over HTTP.


@app.route(route="start/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Start an orchestrator by the Python client."""
    name, chosen = req.route_params["name"], req.params.get("id")
    instance_id = await client.start_new(name, chosen, body_of(req))
    return client.create_check_status_response(req, instance_id)


@app.route(route="wait/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def wait(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Start an orchestrator and wait some milliseconds for its end."""
    instance_id = await client.start_new(req.route_params["name"], None, body_of(req))
    limit = int(req.params.get("ms", "3000"))
    return await client.wait_for_completion_or_create_check_status_response(
        req, instance_id, limit, 200
    )


@app.route(route="client/{call}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def client_call(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Do one operation of the Python client and tell what it returned or raised."""
    call, instance_id = req.route_params["call"], req.route_params["id"]
    operations: dict[str, Callable[[], Any]] = {
        "status": lambda: client.get_status(
            instance_id, show_history=True, show_history_output=True, show_input=True
        ),
        "event": lambda: client.raise_event(instance_id, "Go", body_of(req)),
        "terminate": lambda: client.terminate(instance_id, "because"),
        "purge": lambda: client.purge_instance_history(instance_id),
        "suspend": lambda: client.suspend(instance_id, "hold on"),
        "resume": lambda: client.resume(instance_id, "go on"),
        "rewind": lambda: client.rewind(instance_id, "again"),
        "start": lambda: client.start_new("echo", instance_id, body_of(req)),
    }
    try:
        returned = await operations[call]()
    except Exception as error:  # noqa: BLE001 - whatever the client raises is the answer
        return func.HttpResponse(f"{type(error).__name__}: {error}", status_code=500)
    if call == "status":
        shown = returned.to_json() if returned else None
        return func.HttpResponse(json.dumps(shown, default=str))
    if call == "purge":
        return func.HttpResponse(json.dumps(returned.instances_deleted))
    return func.HttpResponse("done")


@app.route(route="open/{gate}", methods=["POST"])
def open_gate(req: func.HttpRequest) -> str:
    """Let the activity that waits at a gate end."""
    OPEN_GATES.add(req.route_params["gate"])
    return "open"


# Blobs.


@app.blob_trigger(arg_name="blob", path=f"{CONTAINER}/{{name}}.txt", connection=STORAGE)
def blob_arrived(blob: func.InputStream) -> None:
    """Keep what was seen of a blob; fail where its text says so."""
    content = blob.read().decode()
    seen = {"name": blob.name, "uri": blob.uri, "length": blob.length, "content": content}
    BLOBS.setdefault(str(blob.name), []).append(seen)
    if content == "fail":
        raise ValueError("as the blob says")


@app.route(route="blobs/{name}", methods=["GET", "POST"])
def blobs(req: func.HttpRequest) -> func.HttpResponse:
    """Upload a blob with the body as its text, or tell what the trigger saw of one."""
    name = req.route_params["name"]
    if req.method == "POST":
        service = BlobServiceClient.from_connection_string(os.environ[STORAGE])
        with suppress(ResourceExistsError):
            service.create_container(CONTAINER)
        service.get_blob_client(CONTAINER, name).upload_blob(req.get_body(), overwrite=True)
    seen = BLOBS.get(f"{CONTAINER}/{name}", [])
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@app.route(route="poison/{name}", methods=["GET"])
def poison(req: func.HttpRequest) -> func.HttpResponse:
    """Return the message that the poison queue holds for a blob, or null."""
    queue = QueueClient.from_connection_string(os.environ[STORAGE], "webjobs-blobtrigger-poison")
    messages = []
    with suppress(ResourceNotFoundError):
        messages = [json.loads(b64decode(m.content)) for m in queue.peek_messages(32)]
    found = [m for m in messages if m["BlobName"] == req.route_params["name"]]
    return func.HttpResponse(json.dumps(found[0] if found else None), mimetype="application/json")


# Activities.


@app.activity_trigger(input_name="value")
def same(value: Any) -> Any:  # noqa: ANN401 - every JSON value
    """Return the input."""
    return value


@app.activity_trigger(input_name="value")
def double(value: int) -> int:
    """Return twice the input."""
    return value * 2


@app.activity_trigger(input_name="value")
def fails(value: str) -> str:
    """Raise the input."""
    raise ValueError(value)


@app.activity_trigger(input_name="value")
def slow(value: float) -> float:
    """Take as many seconds as the input says."""
    time.sleep(value)
    return value


@app.activity_trigger(input_name="value")
def gate(value: str) -> str:
    """Wait until a scenario opens the gate."""
    end = time.monotonic() + 60
    while value not in OPEN_GATES and time.monotonic() < end:
        time.sleep(0.05)
    return value


@app.activity_trigger(input_name="value")
def nothing(value: str) -> None:
    """Return nothing."""


@app.activity_trigger(input_name="value")
def big(value: int) -> str:
    """Return a text of this length."""
    return "x" * value


@app.activity_trigger(input_name="value")
def flaky(value: dict) -> int:  # the worker refuses dict[str, Any]
    """Fail ``value["fails"]`` times per ``value["key"]``, then return the number of tries."""
    tries = TRIES[value["key"]] = TRIES.get(value["key"], 0) + 1
    if tries <= value["fails"]:
        raise RuntimeError(f"try {tries}")
    return tries


# Values.


@orchestrator
def echo(context: Context) -> Story:
    """Return the input, without a single task."""
    return context.get_input()
    yield


@orchestrator
def returns_nothing(context: Context) -> Story:
    """End without a value, after an activity without one."""
    yield context.call_activity("nothing", "a")


@orchestrator
def types(context: Context) -> Story:
    """Send every kind of JSON value through an activity."""
    values: tuple[Any, ...] = (
        *(None, True, 0, 1.5, "text", ""),
        *([1, "two", None], {"a": {"b": []}}, "2026-11-27T10:00:00Z", 12345678901234567890),
    )
    results = []
    for value in values:
        results.append((yield context.call_activity("same", value)))
    return results


@orchestrator
def big_payloads(context: Context) -> Story:
    """Send a text of 200 kB to an activity and back."""
    text = yield context.call_activity("big", 200_000)
    back = yield context.call_activity("same", text)
    return len(back)


@orchestrator
def big_output(context: Context) -> Story:
    """End with an output of 150 kB."""
    return (yield context.call_activity("big", 150_000))


@orchestrator
def guids(context: Context) -> Story:
    """Make ids that differ, before and after an activity."""
    a, b = context.new_guid(), context.new_guid()
    yield context.call_activity("double", 1)
    c = context.new_guid()
    return [a != b, b != c, str(a)[14], len(str(a))]


@orchestrator
def replaying(context: Context) -> Story:
    """Tell at each step whether it is replayed."""
    seen = [context.is_replaying]
    yield context.call_activity("double", 1)
    seen.append(context.is_replaying)
    yield context.call_activity("double", 2)
    seen.append(context.is_replaying)
    return seen


@orchestrator
def facts(context: Context) -> Story:
    """Tell the parent and the length of the history."""
    yield context.call_activity("double", 1)
    parent, events = context.parent_instance_id, len(context.histories)
    return {"parent": parent, "name": "facts", "history": events}


@orchestrator
def status_shown(context: Context) -> Story:
    """Set a custom status twice."""
    context.set_custom_status({"step": 1})
    yield context.call_activity("slow", 0.3)
    context.set_custom_status("two")
    yield context.call_activity("slow", 0.3)
    return "end"


# Sequences, fan-out and fan-in.


@orchestrator
def chain(context: Context) -> Story:
    """Call two activities, one after the other."""
    a = yield context.call_activity("double", 1)
    b = yield context.call_activity("double", a)
    return [a, b]


@orchestrator
def fan_out(context: Context) -> Story:
    """Wait for five activities at once."""
    return (yield context.task_all([context.call_activity("double", n) for n in range(5)]))


@orchestrator
def fan_out_uneven(context: Context) -> Story:
    """Wait for activities that end in another order than they were called."""
    tasks = [context.call_activity("slow", s) for s in (0.6, 0.1, 0.3)]
    return (yield context.task_all(tasks))


@orchestrator
def fan_out_one_fails(context: Context) -> Story:
    """Go on after one of three has failed, while the others still run."""
    tasks = [
        context.call_activity("slow", 0.7),
        context.call_activity("fails", "two"),
        context.call_activity("slow", 1.4),
    ]
    try:
        yield context.task_all(tasks)
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        first = type(error).__name__
        again = yield context.call_activity("double", 21)
        return [first, again]
    return "nothing failed"


@orchestrator
def many(context: Context) -> Story:
    """Wait for fifty activities at once."""
    results = yield context.task_all([context.call_activity("double", i) for i in range(50)])
    return sum(results)


@orchestrator
def any_of_two(context: Context) -> Story:
    """End with the first of two activities; the other one still runs."""
    quick, late = context.call_activity("slow", 0.1), context.call_activity("slow", 1.5)
    first = yield context.task_any([quick, late])
    return {"quick": first == quick, "result": first.result}


@orchestrator
def any_then_late(context: Context) -> Story:
    """Wait for the first of two activities, then for the other one."""
    quick, late = context.call_activity("slow", 0.1), context.call_activity("slow", 1.5)
    first = yield context.task_any([quick, late])
    second = yield late
    return [first.result, second]


@orchestrator
def any_already_done(context: Context) -> Story:
    """Wait for any of two where one is done already."""
    a = context.call_activity("double", 1)
    yield a
    b = context.call_activity("slow", 0.3)
    first = yield context.task_any([a, b])
    return first == a


@orchestrator
def window(context: Context) -> Story:
    """Keep three of eight activities running, as far as the host lets it."""
    waiting: list[Any] = []
    done = []
    started = 0
    while started < 8 or waiting:
        while started < 8 and len(waiting) < 3:
            waiting.append(context.call_activity("slow", 0.2))
            started += 1
        first = yield context.task_any(waiting)
        waiting.remove(first)
        done.append(first.result)
    return done


@orchestrator
def one_by_one_after_start(context: Context) -> Story:
    """Make three tasks at once and wait for one after the other."""
    tasks = [context.call_activity("slow", s) for s in (0.5, 0.1, 0.3)]
    results = []
    for task in tasks:
        results.append((yield task))
    return results


@orchestrator
def never_awaited(context: Context) -> Story:
    """Make a task and never wait for it."""
    context.call_activity("double", 1)
    return (yield context.call_activity("double", 2))


@orchestrator
def nested_all(context: Context) -> Story:
    """Wait for a group of tasks inside another one."""
    pair = [context.call_activity("double", 1), context.call_activity("double", 2)]
    inner = context.task_all(pair)
    return (yield context.task_all([inner, context.call_activity("double", 3)]))


@orchestrator
def all_in_any(context: Context) -> Story:
    """Race a group of tasks with a timer."""
    pair = context.task_all([context.call_activity("double", n) for n in (1, 2)])
    timer = after(context, 120)
    first = yield context.task_any([pair, timer])
    timer.cancel()
    return {"pair": first == pair, "result": pair.result}


# Timers.


@orchestrator
def timer_only(context: Context) -> Story:
    """Wait for a timer."""
    yield after(context, 1)
    return "rung"


@orchestrator
def timer_past(context: Context) -> Story:
    """Wait for a timer whose time has passed."""
    yield after(context, -5)
    return "rung"


@orchestrator
def timer_cancelled(context: Context) -> Story:
    """Cancel the timer that lost."""
    timer = after(context, 120)
    work = context.call_activity("double", 1)
    first = yield context.task_any([work, timer])
    timer.cancel()
    return {"work": first == work}


@orchestrator
def timer_not_cancelled(context: Context) -> Story:
    """Leave the timer that lost to fire."""
    timer = after(context, 3)
    work = context.call_activity("double", 1)
    first = yield context.task_any([work, timer])
    return {"work": first == work}


# Events.


@orchestrator
def event(context: Context) -> Story:
    """Wait for an event."""
    return (yield context.wait_for_external_event("Go"))


@orchestrator
def hold(context: Context) -> Story:
    """Wait for an event, then call an activity."""
    yield context.wait_for_external_event("Go")
    return (yield context.call_activity("double", 4))


@orchestrator
def event_twice(context: Context) -> Story:
    """Wait twice for an event of one name."""
    first = yield context.wait_for_external_event("Go")
    second = yield context.wait_for_external_event("Go")
    return [first, second]


@orchestrator
def two_events_all(context: Context) -> Story:
    """Wait for two events at once."""
    waits = [context.wait_for_external_event(name) for name in ("A", "B")]
    return (yield context.task_all(waits))


@orchestrator
def event_late_wait(context: Context) -> Story:
    """Begin to wait after the event has come."""
    yield context.call_activity("gate", f"{context.instance_id}-0")
    return (yield context.wait_for_external_event("Go"))


@orchestrator
def event_or_timer(context: Context) -> Story:
    """Race an event with a timer of as many seconds as the input says."""
    go, timer = context.wait_for_external_event("Go"), after(context, context.get_input())
    first = yield context.task_any([go, timer])
    if first == go:
        timer.cancel()
        return {"event": go.result}
    return "timeout"


@orchestrator
def event_or_timer_rounds(context: Context) -> Story:
    """Race one event with a new timer each round; the input is how long they are."""
    go = context.wait_for_external_event("Go")
    rounds = 0
    while rounds < 3:
        timer = after(context, context.get_input()[rounds])
        first = yield context.task_any([go, timer])
        if first == go:
            timer.cancel()
            return {"event": go.result, "rounds": rounds}
        rounds += 1
        yield context.call_activity("double", rounds)
    return {"timeout": rounds}


@orchestrator
def reminder_during_activity(context: Context) -> Story:
    """Make the wait before an activity; the event comes while that runs."""
    go = context.wait_for_external_event("Go")
    value = yield context.call_activity("gate", f"{context.instance_id}-0")
    timer = after(context, 120)
    first = yield context.task_any([go, timer])
    if first == go:
        timer.cancel()
        return ["event", go.result, value]
    return ["timeout", value]


@orchestrator
def mixed_any(context: Context) -> Story:
    """Keep one wait across rounds beside an activity that is new each round."""
    go = context.wait_for_external_event("Go")
    out = []
    for n in range(3):
        work = context.call_activity("gate", f"{context.instance_id}-{n}")
        first = yield context.task_any([go, work])
        out.append("event" if first == go else "work")
        if first == go:
            break
    return out


# Sub-orchestrations.


@orchestrator
def child(context: Context) -> Story:
    """Double the input."""
    return (yield context.call_activity("double", context.get_input()))


@orchestrator
def child_fails(context: Context) -> Story:
    """Let an activity fail."""
    yield context.call_activity("fails", "in the child")


@orchestrator
def child_waits(context: Context) -> Story:
    """Wait for an event."""
    value = yield context.wait_for_external_event("Go")
    return {"child": value}


@orchestrator
def child_retry(context: Context) -> Story:
    """Call an activity that fails at first."""
    return (yield context.call_activity("flaky", context.get_input()))


@orchestrator
def parent(context: Context) -> Story:
    """Call two children, the second one by an id of its own."""
    one = yield context.call_sub_orchestrator("child", 1)
    named = yield context.call_sub_orchestrator("child", 2, f"{context.instance_id}-named")
    return [one, named]


@orchestrator
def parent_all(context: Context) -> Story:
    """Wait for four children at once."""
    return (yield context.task_all([context.call_sub_orchestrator("child", n) for n in range(4)]))


@orchestrator
def parent_any(context: Context) -> Story:
    """Race a child with a timer."""
    kid = context.call_sub_orchestrator("child", 4)
    timer = after(context, 120)
    first = yield context.task_any([kid, timer])
    timer.cancel()
    return {"kid": first == kid, "result": kid.result}


@orchestrator
def parent_child_event(context: Context) -> Story:
    """Call a child that waits for an event of its own."""
    return (yield context.call_sub_orchestrator("child_waits", None, f"{context.instance_id}-kid"))


@orchestrator
def parent_of_failing(context: Context) -> Story:
    """Catch the failure of a child."""
    try:
        yield context.call_sub_orchestrator("child_fails", None)
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        return type(error).__name__
    return "nothing failed"


@orchestrator
def parent_unhandled(context: Context) -> Story:
    """Fail with a child."""
    yield context.call_sub_orchestrator("child_fails", None)


@orchestrator
def parent_retry(context: Context) -> Story:
    """Call a child again that failed at first."""
    retry, key = df.RetryOptions(200, 3), context.instance_id
    given = {"key": key, "fails": 1}
    return (yield context.call_sub_orchestrator_with_retry("child_retry", retry, given))


# Failures and retries.


@orchestrator
def fails_unhandled(context: Context) -> Story:
    """Fail with an activity."""
    yield context.call_activity("fails", "unhandled")


@orchestrator
def raises(context: Context) -> Story:
    """Raise after an activity."""
    yield context.call_activity("double", 1)
    raise RuntimeError("raised by the orchestrator")


@orchestrator
def raises_at_once(context: Context) -> Story:
    """Raise before any task."""
    raise KeyError("at once")
    yield


@orchestrator
def retry_succeeds(context: Context) -> Story:
    """Succeed at the third try."""
    retry, given = df.RetryOptions(200, 4), {"key": context.instance_id, "fails": 2}
    return (yield context.call_activity_with_retry("flaky", retry, given))


@orchestrator
def retry_gives_up(context: Context) -> Story:
    """Fail three times and catch the failure."""
    try:
        yield context.call_activity_with_retry("fails", df.RetryOptions(200, 3), "no")
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        return type(error).__name__
    return "nothing failed"


@orchestrator
def retry_backoff(context: Context) -> Story:
    """Retry two activities at once."""
    retry, key = df.RetryOptions(300, 4), context.instance_id
    tasks = [
        context.call_activity_with_retry("flaky", retry, {"key": f"{key}a", "fails": 1}),
        context.call_activity_with_retry("flaky", retry, {"key": f"{key}b", "fails": 3}),
    ]
    return (yield context.task_all(tasks))


@orchestrator
def unknown_activity(context: Context) -> Story:
    """Call an activity that does not exist."""
    yield context.call_activity("nobody", 1)


@orchestrator
def unknown_child(context: Context) -> Story:
    """Call a sub-orchestrator that does not exist."""
    yield context.call_sub_orchestrator("nobody", 1)


@orchestrator
def not_deterministic(context: Context) -> Story:
    """Call another activity each time the code runs."""
    calls = TRIES[context.instance_id] = TRIES.get(context.instance_id, 0) + 1
    yield context.call_activity("double" if calls % 2 else "same", 1)
    yield context.call_activity("same", 2)


# Continue as new.


@orchestrator
def again(context: Context) -> Generator[Any, Any, Any]:
    """Start over three times."""
    n = context.get_input() or 0
    yield context.call_activity("double", n)
    if n < 3:
        context.continue_as_new(n + 1)
        return None
    return n


@orchestrator
def again_keeps_events(context: Context) -> Generator[Any, Any, Any]:
    """Start over while an event waits that nobody has asked for yet."""
    if context.get_input() is None:
        yield context.call_activity("gate", f"{context.instance_id}-0")
        context.continue_as_new(1)
        return None
    return (yield context.wait_for_external_event("Go"))
