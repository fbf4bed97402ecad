"""Asking the model, and the form in which its answers are kept in `work`."""

from __future__ import annotations

from typing import Any, TypeVar

from docflow.answers import Answer, SummaryAnswer, UrgencyAnswer
from docflow.clients import Clients
from docflow.models import ModelCall, Payload
from docflow.ports import ModelBlocked, Prompt
from docflow.telemetry import model_seconds, model_tokens_total

AnswerT = TypeVar("AnswerT", bound=Answer)

DOCUMENT_SUMMARY = "summary.json"
URGENCY = "urgency.json"


class StoredSummary(Payload):
    """A summary with the model calls that led to it."""

    answer: SummaryAnswer
    calls: list[ModelCall]


class StoredUrgency(Payload):
    """A judgement of urgency with the model calls that led to it."""

    answer: UrgencyAnswer
    calls: list[ModelCall]


def summary_name(level: int, number: int) -> str:
    """Give the artefact that holds a summary: level 0 are the parts, higher ones their joins."""
    return f"summaries/{level}-{number:04d}.json"


def ask(
    clients: Clients, prompt: Prompt, data: dict[str, Any], form: type[AnswerT], *, max_tokens: int
) -> tuple[AnswerT, ModelCall] | ModelBlocked:
    """Ask once; give the answer and what is to be recorded of the call.

    Raises:
        TransientError: the service is busy or away, or its answer was not of the form asked for.
    """
    started = clients.clock.now()
    reply = clients.model.answer(prompt, data, form, max_tokens=max_tokens)
    if isinstance(reply, ModelBlocked) or not reply.cached:
        model_seconds.record(
            (clients.clock.now() - started).total_seconds(), {"docflow.step": prompt.step}
        )
    if isinstance(reply, ModelBlocked):
        return reply
    model_tokens_total.add(reply.prompt_tokens, {"docflow.kind": "prompt"})
    model_tokens_total.add(reply.completion_tokens, {"docflow.kind": "completion"})
    call = ModelCall(
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
    return reply.answer, call
