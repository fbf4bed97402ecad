"""Azure OpenAI's chat completions over REST, answered by extraction: there is no model here."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from typing import Any

from aiohttp import web

from devstack.services.controls.faults import FaultPlan
from devstack.services.controls.operations import PLAN, ControlState, operation
from devstack.services.http.credentials import ACCESS_DENIED, has_credential
from devstack.services.model.answers import (
    MODEL_NAME,
    Completion,
    completed,
    deployment_not_found,
    error_answer,
    fault_answer,
    model_not_found,
    prompt_filtered,
    resource_not_found,
)
from devstack.services.model.deployments import ANY_DEPLOYMENT, Deployments
from devstack.services.model.generations import (
    Generation,
    reasoning_tokens,
    rejection_of,
)
from devstack.services.model.schema_answer import SchemaError, answer, check_strict
from devstack.services.model.summary import as_text
from devstack.services.model.tasks import JSON_OBJECT, facts_for

CHARS_PER_TOKEN = 4
"""Tokens are estimated as characters divided by this, rounded up, for prompts and answers."""
CONTEXT_TOKENS = 128_000
"""The context window of the models that docflow is deployed with."""
BODY_LIMIT_BYTES = 16 * 1024 * 1024
DEPLOYMENT_PATH = "/openai/deployments/{deployment}/chat/completions"
V1_PATH = "/openai/v1/chat/completions"
COMPATIBLE_PATH = "/v1/chat/completions"
"""Where OpenAI itself and other servers are asked."""


class ChatRequestError(ValueError):
    """The request is refused with 400; carries OpenAI's `param` and `code`."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


class ChatCompletions:
    """The stand-in for chat deployments.

    Args:
        control: Where to count and where the faults are.
        deployments: Which ones there are; the controls can change that until the next reset.
    """

    def __init__(self, control: ControlState, deployments: Deployments = ANY_DEPLOYMENT) -> None:
        self._control = control
        self._at_start = deployments
        self._deployments = deployments

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this stand-in."""
        complete = operation(self._control, "chat.completions", fault_answer, own_malformed=True)(
            self._complete
        )
        return [
            web.post(DEPLOYMENT_PATH, complete),
            web.post(V1_PATH, complete),
            web.post(COMPATIBLE_PATH, complete),
            web.get("/openai/models", _models),
            web.get("/openai/v1/models", _models),
            web.get("/v1/models", _models),
            web.get("/v1/models/{model:.+}", self._model),
            web.get("/_control/model", self._show),
            web.post("/_control/model", self._choose),
            web.route("*", "/openai/{rest:.*}", _nothing_there),
        ]

    def reset(self) -> None:
        """Forget what the controls have changed."""
        self._deployments = self._at_start

    async def _show(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(self._deployments.as_json())

    async def _choose(self, request: web.Request) -> web.StreamResponse:
        try:
            self._deployments = Deployments.from_json(json.loads(await request.read()))
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return await self._show(request)

    async def _model(self, request: web.Request) -> web.StreamResponse:
        if not has_credential(request):
            return error_answer(401, ACCESS_DENIED, code="401")
        name = request.match_info["model"]
        if not self._deployments.have(name):
            return model_not_found(name)
        return web.json_response(_described(name))

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        if not has_credential(request):
            return error_answer(401, ACCESS_DENIED, code="401")
        plan = request[PLAN]
        if plan.content_filter == "prompt":
            return prompt_filtered()
        try:
            body = _body_of(await request.read())
            name = str(request.match_info.get("deployment") or body.get("model") or "")
            if not self._deployments.have(name):
                is_azure = request.path.startswith("/openai/")
                return deployment_not_found() if is_azure else model_not_found(name)
            generation = self._deployments.of(name)
            completion = await asyncio.to_thread(complete, body, generation)
        except ChatRequestError as error:
            return error_answer(400, str(error), "invalid_request_error", error.param, error.code)
        self._control.stats.prompt_tokens += completion.prompt_tokens
        self._control.stats.completion_tokens += completion.completion_tokens
        return web.json_response(completed(_as_planned(completion, plan)))


async def _models(request: web.Request) -> web.StreamResponse:
    if not has_credential(request):
        return error_answer(401, ACCESS_DENIED, code="401")
    return web.json_response({"object": "list", "data": [_described(MODEL_NAME)]})


async def _nothing_there(_request: web.Request) -> web.StreamResponse:
    return resource_not_found()


def _described(model: str) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": 0, "owned_by": "devstack"}


def complete(body: dict[str, Any], generation: Generation) -> Completion:
    """Answer a chat completion request as a model of a generation."""
    rejection = rejection_of(generation, body)
    if rejection is not None:
        raise ChatRequestError(rejection.message, rejection.parameter, rejection.code)
    prompt = "".join(_text_of(message) for message in _messages(body))
    prompt_tokens = estimate_tokens(prompt + json.dumps(body.get("response_format") or ""))
    if prompt_tokens > CONTEXT_TOKENS:
        raise ChatRequestError(
            f"This model's maximum context length is {CONTEXT_TOKENS} tokens. However, your "
            f"messages resulted in {prompt_tokens} tokens. Please reduce the length of the "
            "messages.",
            "messages",
            "context_length_exceeded",
        )
    facts = facts_for(_user_text(body))
    text = _in_format(body.get("response_format"), facts, _schema_in_words(body))
    return _limited(text, prompt_tokens, _token_limit(body), reasoning_tokens(generation, body))


def estimate_tokens(text: str) -> int:
    """Return the estimated number of tokens of a text."""
    return -(-len(text) // CHARS_PER_TOKEN)


def _body_of(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        raise ChatRequestError("The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise ChatRequestError("The request body must be a JSON object.")
    if body.get("stream"):
        raise ChatRequestError("This stand-in does not stream.", "stream", "unsupported_value")
    if body.get("n") not in (None, 1):
        raise ChatRequestError("This stand-in gives one choice.", "n", "unsupported_value")
    return body


def _messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ChatRequestError("'messages' must be an array that is not empty.", "messages")
    if not all(isinstance(message, dict) and message.get("role") for message in messages):
        raise ChatRequestError("Each message must be an object with a role.", "messages")
    return messages


def _text_of(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _user_text(body: dict[str, Any]) -> str:
    """Return the last user message; the instructions of the system message are not understood."""
    texts = [_text_of(message) for message in _messages(body) if message["role"] == "user"]
    return texts[-1] if texts else ""


def _schema_in_words(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the JSON Schema at the end of the instructions, for models that are told it there."""
    for message in _messages(body):
        found = JSON_OBJECT.search(_text_of(message)) if message["role"] == "system" else None
        with contextlib.suppress(ValueError):
            schema = json.loads(found.group()) if found else None
            if isinstance(schema, dict) and "properties" in schema:
                return schema
    return None


def _in_format(
    response_format: Any,  # noqa: ANN401
    facts: dict[str, Any],
    told: dict[str, Any] | None,
) -> str:
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == "json_schema":
        return _structured(response_format, facts)
    if kind == "json_object" or told is not None:
        wanted = facts if told is None else answer(told, facts)
        return json.dumps(wanted, ensure_ascii=False)
    if response_format is not None and kind != "text":
        raise ChatRequestError("Invalid value for 'response_format'.", "response_format")
    return str(facts.get("summary") or as_text(facts))


def _structured(response_format: dict[str, Any], facts: dict[str, Any]) -> str:
    wrapper = response_format.get("json_schema")
    if not isinstance(wrapper, dict) or not isinstance(wrapper.get("schema"), dict):
        raise ChatRequestError(
            "Missing required parameter: 'response_format.json_schema.schema'.",
            "response_format.json_schema",
            "missing_required_parameter",
        )
    try:
        if wrapper.get("strict"):
            check_strict(wrapper["schema"])
        return json.dumps(answer(wrapper["schema"], facts), ensure_ascii=False)
    except SchemaError as error:
        raise ChatRequestError(
            f"Invalid schema for response_format {str(wrapper.get('name'))!r}: {error}",
            "response_format",
        ) from error


def _token_limit(body: dict[str, Any]) -> int | None:
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise ChatRequestError(f"Invalid 'max_tokens': {limit!r} is not 1 or more.", "max_tokens")
    return limit


def _limited(text: str, prompt_tokens: int, limit: int | None, reasoning: int) -> Completion:
    """Return the answer; the limit holds for the hidden reasoning, too, which comes first."""
    tokens = reasoning + estimate_tokens(text)
    if limit is not None and tokens > limit:
        hidden = min(reasoning, limit)
        cut = text[: (limit - hidden) * CHARS_PER_TOKEN]
        return Completion(cut, prompt_tokens, limit, "length", hidden)
    return Completion(text, prompt_tokens, tokens, "stop", reasoning)


def _as_planned(completion: Completion, plan: FaultPlan) -> Completion:
    """Return the answer, filtered or cut off where the plan says so."""
    text, reason = completion.text, completion.finish_reason
    if plan.content_filter == "completion":
        text, reason = "", "content_filter"
    elif plan.malformed:
        text = text[: max(1, len(text) // 2)].rstrip("}") + ' "cut'
    return dataclasses.replace(completion, text=text, finish_reason=reason)
