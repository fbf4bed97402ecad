"""Calls of the model about a document, and their usage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from docflow.clients import Clients
from docflow.errors import WastedAnswerError
from docflow.models.outputs import ModelAnswer
from docflow.models.usage import ModelCall, UsageLine
from docflow.ports import ModelBlocked, ModelReply, Prompt
from docflow.telemetry import model_seconds, model_tokens_total
from docflow.work.folder import WorkFolder

AnswerT = TypeVar("AnswerT", bound=ModelAnswer)


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the model about a document; `mark` identifies it within the document."""

    mark: str
    prompt: Prompt
    data: dict[str, Any]
    max_tokens: int


def ask(
    clients: Clients, work: WorkFolder, question: Question, schema: type[AnswerT]
) -> AnswerT | ModelBlocked:
    """Ask the model once and store the usage of the call, also if the answer is not valid.

    Args:
        clients: of the activity.
        work: the folder of the document, where the usage is stored.
        question: the prompt and the data.
        schema: the class that defines the schema of the answer.

    Raises:
        TransientError: the service is busy or down, or its answer did not match the schema.
    """
    prompt = question.prompt
    started = clients.clock.now()
    try:
        reply = clients.model.answer(prompt, question.data, schema, max_tokens=question.max_tokens)
    except WastedAnswerError as error:
        _count(work, question, started, _unused_call(prompt, error, clients))
        raise
    if isinstance(reply, ModelBlocked) or not reply.cached:
        seconds = (clients.clock.now() - started).total_seconds()
        model_seconds.record(seconds, {"docflow.step": prompt.step})
    if isinstance(reply, ModelBlocked):
        if reply.prompt_tokens or reply.completion_tokens:
            _count(work, question, started, _unused_call(prompt, reply, clients))
        return reply
    _count(work, question, started, _call(prompt, reply))
    return reply.answer


def _count(work: WorkFolder, question: Question, asked_at: datetime, call: ModelCall) -> None:
    model_tokens_total.add(call.prompt_tokens, {"docflow.kind": "prompt"})
    model_tokens_total.add(call.completion_tokens, {"docflow.kind": "completion"})
    work.add_usage(UsageLine(key=f"{question.mark} {asked_at.isoformat()}", call=call))


def _call(prompt: Prompt, reply: ModelReply[Any]) -> ModelCall:
    return ModelCall(
        step=prompt.step,
        deployment=reply.deployment,
        model=reply.model,
        prompt_version=prompt.version,
        prompt_sha256=prompt.sha256,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cached_calls=int(reply.cached),
        saved_prompt_tokens=reply.saved_prompt_tokens,
        saved_completion_tokens=reply.saved_completion_tokens,
    )


def _unused_call(
    prompt: Prompt, answer: WastedAnswerError | ModelBlocked, clients: Clients
) -> ModelCall:
    """Return the usage of a call whose answer cannot be used."""
    return ModelCall(
        step=prompt.step,
        deployment=clients.settings.model,
        model=answer.model,
        prompt_version=prompt.version,
        prompt_sha256=prompt.sha256,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
    )
