"""Azure OpenAI's chat completions over REST, answered by extraction: there is no model here."""

from __future__ import annotations

import asyncio
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
    error_answer,
    fault_answer,
    prompt_filtered,
)
from devstack.services.model.schema_answer import SchemaError, answer, check_strict
from devstack.services.model.summary import as_text
from devstack.services.model.tasks import facts_for

CHARS_PER_TOKEN = 4
"""Tokens are estimated as characters divided by this, rounded up, for prompts and answers."""
CONTEXT_TOKENS = 128_000
"""The context window of the models that docflow is deployed with."""
BODY_LIMIT_BYTES = 16 * 1024 * 1024
DEPLOYMENT_PATH = "/openai/deployments/{deployment}/chat/completions"
V1_PATH = "/openai/v1/chat/completions"


class ChatRequestError(ValueError):
    """The request is refused with 400; carries OpenAI's `param` and `code`."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


class ChatCompletions:
    """The stand-in for a chat deployment; any deployment name is taken."""

    def __init__(self, control: ControlState) -> None:
        self._control = control

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this stand-in."""
        complete = operation(self._control, "chat.completions", fault_answer, own_malformed=True)(
            self._complete
        )
        return [
            web.post(DEPLOYMENT_PATH, complete),
            web.post(V1_PATH, complete),
            web.get("/openai/models", _models),
            web.get("/openai/v1/models", _models),
        ]

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        if not has_credential(request):
            return error_answer(401, ACCESS_DENIED, code="401")
        plan = request[PLAN]
        if plan.content_filter == "prompt":
            return prompt_filtered()
        try:
            body = _body_of(await request.read())
            completion = await asyncio.to_thread(complete, body)
        except ChatRequestError as error:
            return error_answer(400, str(error), "invalid_request_error", error.param, error.code)
        self._control.stats.prompt_tokens += completion.prompt_tokens
        self._control.stats.completion_tokens += completion.completion_tokens
        return web.json_response(completed(_as_planned(completion, plan)))


async def _models(request: web.Request) -> web.StreamResponse:
    if not has_credential(request):
        return error_answer(401, ACCESS_DENIED, code="401")
    model = {"id": MODEL_NAME, "object": "model", "created": 0, "owned_by": "devstack"}
    return web.json_response({"object": "list", "data": [model]})


def complete(body: dict[str, Any]) -> Completion:
    """Answer a chat completion request."""
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
    text = _in_format(body.get("response_format"), facts)
    return _limited(text, prompt_tokens, _token_limit(body))


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


def _in_format(response_format: Any, facts: dict[str, Any]) -> str:  # noqa: ANN401
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == "json_schema":
        return _structured(response_format, facts)
    if kind == "json_object":
        return json.dumps(facts, ensure_ascii=False)
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


def _limited(text: str, prompt_tokens: int, limit: int | None) -> Completion:
    tokens = estimate_tokens(text)
    if limit is not None and tokens > limit:
        return Completion(text[: limit * CHARS_PER_TOKEN], prompt_tokens, limit, "length")
    return Completion(text, prompt_tokens, tokens, "stop")


def _as_planned(completion: Completion, plan: FaultPlan) -> Completion:
    """Return the answer, filtered or cut off where the plan says so."""
    text, reason = completion.text, completion.finish_reason
    if plan.content_filter == "completion":
        text, reason = "", "content_filter"
    elif plan.malformed:
        text = text[: max(1, len(text) // 2)].rstrip("}") + ' "cut'
    return Completion(text, completion.prompt_tokens, completion.completion_tokens, reason)
