"""Azure OpenAI's chat completions over REST, answered by extraction: there is no model here."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiohttp import web

from devstack.services.controls.faults import FaultPlan
from devstack.services.controls.operations import PLAN, ControlState, operation, retry_header
from devstack.services.http.credentials import ACCESS_DENIED, has_credential
from devstack.services.http.timestamps import unix_seconds
from devstack.services.model.schema_answer import SchemaError, answer, check_strict
from devstack.services.model.summary import as_text, combine, summarize
from devstack.services.model.urgency import judge
from devstack.services.text.sentences import PageText

MODEL_NAME = "docflow-extractive-1"
CHARS_PER_TOKEN = 4
"""Tokens are estimated as characters divided by this, rounded up, for prompts and answers."""

CONTEXT_TOKENS = 128_000
"""The context window of the models that docflow is deployed with."""

BODY_LIMIT_BYTES = 16 * 1024 * 1024
SEVERITIES = ("hate", "self_harm", "sexual", "violence")
DEPLOYMENT_PATH = "/openai/deployments/{deployment}/chat/completions"
V1_PATH = "/openai/v1/chat/completions"
JSON_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


class ChatRequestError(ValueError):
    """The request is refused with 400; carries OpenAI's `param` and `code`."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


@dataclass(frozen=True, slots=True)
class Completion:
    """The text of an answer and what it cost."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str


class ChatCompletions:
    """The stand-in for a chat deployment; any deployment name is taken."""

    def __init__(self, control: ControlState) -> None:
        self._control = control

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this stand-in."""
        complete = operation(self._control, "chat.completions", _fault_body, own_malformed=True)(
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
            return _error(401, ACCESS_DENIED, code="401")
        plan = request[PLAN]
        if plan.content_filter == "prompt":
            return _prompt_filtered()
        try:
            body = _body_of(await request.read())
            completion = await asyncio.to_thread(complete, body)
        except ChatRequestError as error:
            return _error(400, str(error), "invalid_request_error", error.param, error.code)
        self._control.stats.prompt_tokens += completion.prompt_tokens
        self._control.stats.completion_tokens += completion.completion_tokens
        return web.json_response(_envelope(_as_planned(completion, plan)))


async def _models(request: web.Request) -> web.StreamResponse:
    if not has_credential(request):
        return _error(401, ACCESS_DENIED, code="401")
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


def facts_for(user_text: str) -> dict[str, Any]:
    """Return what the engine finds for one user message, docflow's or any other text."""
    payload = _payload_of(user_text)
    task = str(payload.get("task", ""))
    parts = payload.get("parts")
    if task == "combine_summaries" or (isinstance(parts, list) and "document" not in payload):
        return combine([part for part in parts or [] if isinstance(part, dict)])
    name, pages = _document_of(payload, user_text)
    if task == "judge_urgency":
        return _with_verdict({}, judge([*pages, *_quoted_pages(payload.get("summary"), pages)]))
    return _with_verdict(summarize(name, pages), judge(pages))


def _with_verdict(facts: dict[str, Any], verdict: dict[str, Any]) -> dict[str, Any]:
    plain = as_text(facts) if facts else "; ".join(verdict["reasons"])
    return {**facts, **verdict, "urgent": verdict["level"] == "urgent", "summary": plain}


def _quoted_pages(summary: Any, pages: list[PageText]) -> list[PageText]:  # noqa: ANN401
    """Return what the summary says of pages that were not sent: its bullets and actions."""
    sent = {page.number for page in pages}
    entries = [
        entry
        for field in ("bullets", "actions")
        for entry in (summary.get(field) or [] if isinstance(summary, dict) else [])
        if isinstance(entry, dict)
    ]
    quoted = [_page({"page": entry.get("page"), "text": entry.get("text")}, 0) for entry in entries]
    return [page for page in quoted if page.number not in sent]


def _payload_of(user_text: str) -> dict[str, Any]:
    """Read the JSON object in the message, also where there are words around it."""
    found = JSON_OBJECT.search(user_text)
    for candidate in (user_text, found.group() if found else ""):
        try:
            payload = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(payload, dict):
            return payload
    return {}


def _document_of(payload: dict[str, Any], user_text: str) -> tuple[str, list[PageText]]:
    document = payload.get("document", payload)
    if isinstance(document, str):
        return "", [PageText(1, document)]
    if not isinstance(document, dict):
        document = {}
    listed = document.get("pages")
    pages = [
        _page(entry, index)
        for index, entry in enumerate(listed if isinstance(listed, list) else [], start=1)
    ]
    if not pages:
        pages = [PageText(1, str(document.get("text") or user_text))]
    return str(document.get("name") or ""), pages


def _page(entry: Any, index: int) -> PageText:  # noqa: ANN401
    if not isinstance(entry, dict):
        return PageText(index, str(entry))
    number = entry.get("page", entry.get("number", index))
    return PageText(number if isinstance(number, int) else index, str(entry.get("text") or ""))


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


def _envelope(completion: Completion, model: str = MODEL_NAME) -> dict[str, Any]:
    filtered = completion.finish_reason == "content_filter"
    prompt, answered = completion.prompt_tokens, completion.completion_tokens
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": unix_seconds(),
        "model": model,
        "system_fingerprint": "fp_extractive_1",
        "choices": [
            {
                "index": 0,
                "finish_reason": completion.finish_reason,
                "logprobs": None,
                "message": {"role": "assistant", "content": completion.text, "refusal": None},
                "content_filter_results": _filter_results(filtered=filtered),
            }
        ],
        "prompt_filter_results": [
            {"prompt_index": 0, "content_filter_results": _filter_results(filtered=False)}
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": answered,
            "total_tokens": prompt + answered,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
    }


def _filter_results(*, filtered: bool) -> dict[str, dict[str, Any]]:
    results: dict[str, dict[str, Any]] = {
        name: {"filtered": False, "severity": "safe"} for name in SEVERITIES
    }
    if filtered:
        results["violence"] = {"filtered": True, "severity": "medium"}
    return results


def _prompt_filtered() -> web.Response:
    error = {
        "message": "The response was filtered due to the prompt triggering Azure OpenAI's content "
        "management policy. Please modify your prompt and retry.",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": _filter_results(filtered=True),
        },
    }
    return web.json_response({"error": error}, status=400)


def _error(
    status: int,
    message: str,
    kind: str | None = None,
    param: str | None = None,
    code: str | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    error = {"message": message, "type": kind, "param": param, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)


def _fault_body(status: int, retry_after: float | None) -> web.Response:
    messages = {
        429: "Requests to the ChatCompletions_Create Operation have exceeded the token rate limit "
        "of your current pricing tier.",
        404: "The API deployment for this resource does not exist.",
    }
    codes = {404: "DeploymentNotFound"}
    message = messages.get(status, "The server had an error while processing your request.")
    code = codes.get(status, str(status))
    return _error(status, message, None, None, code, retry_header(retry_after))
