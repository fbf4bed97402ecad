"""The answers of Azure OpenAI: completions, what its content filter says, and its errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiohttp import web

from devstack.services.controls.operations import retry_header
from devstack.services.http.timestamps import unix_seconds

MODEL_NAME = "docflow-extractive-1"
SEVERITIES = ("hate", "self_harm", "sexual", "violence")


@dataclass(frozen=True, slots=True)
class Completion:
    """The text of an answer and what it cost."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    """With the hidden reasoning."""
    finish_reason: str
    reasoning_tokens: int = 0


def completed(completion: Completion) -> dict[str, Any]:
    """Return the body of a completion."""
    filtered = completion.finish_reason == "content_filter"
    prompt, answered = completion.prompt_tokens, completion.completion_tokens
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": unix_seconds(),
        "model": MODEL_NAME,
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
            "completion_tokens_details": {
                "reasoning_tokens": completion.reasoning_tokens,
                "audio_tokens": 0,
            },
        },
    }


def _filter_results(*, filtered: bool) -> dict[str, dict[str, Any]]:
    results: dict[str, dict[str, Any]] = {
        name: {"filtered": False, "severity": "safe"} for name in SEVERITIES
    }
    if filtered:
        results["violence"] = {"filtered": True, "severity": "medium"}
    return results


def prompt_filtered() -> web.Response:
    """Return the answer to a prompt that the content filter refuses."""
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


def error_answer(
    status: int,
    message: str,
    kind: str | None = None,
    param: str | None = None,
    code: str | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """Return an error in the shape that OpenAI gives it."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)


def deployment_not_found() -> web.Response:
    """Return Azure's answer to a request for a deployment that does not exist."""
    message = (
        "The API deployment for this resource does not exist. If you created the deployment within "
        "the last 5 minutes, please wait a moment and try again."
    )
    return error_answer(404, message, code="DeploymentNotFound")


def model_not_found(name: str) -> web.Response:
    """Return OpenAI's answer to a request for a model that does not exist."""
    message = f"The model `{name}` does not exist or you do not have access to it."
    return error_answer(404, message, "invalid_request_error", None, "model_not_found")


def resource_not_found() -> web.Response:
    """Return Azure's answer for a path that it does not know."""
    return web.json_response(
        {"error": {"code": "404", "message": "Resource not found"}}, status=404
    )


def fault_answer(status: int, retry_after: float | None) -> web.Response:
    """Return the answer of a fault that was set."""
    messages = {
        429: "Requests to the ChatCompletions_Create Operation have exceeded the token rate limit "
        "of your current pricing tier.",
        404: "The API deployment for this resource does not exist.",
    }
    codes = {404: "DeploymentNotFound"}
    message = messages.get(status, "The server had an error while processing your request.")
    code = codes.get(status, str(status))
    return error_answer(status, message, None, None, code, retry_header(retry_after))
