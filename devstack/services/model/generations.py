"""Generations of models, by what they refuse: each in the words of the real service.

A deployment in Azure has the generation of its model. The stand-in takes it from the name of the
deployment, or from an option that holds for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

EFFORTS = {"none": 0, "minimal": 16, "low": 64, "medium": 256, "high": 1024, "xhigh": 2048}
"""Hidden tokens of a made-up reasoning, for each effort."""
DEFAULT_EFFORT = "medium"
CLASSIC_NAME = re.compile(r"gpt-(3|4)")
"""Names of models without reasoning."""

KNOWN = frozenset(
    {
        *("audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs"),
        *("max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model"),
        *("n", "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key"),
        *("reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier"),
        *("stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools"),
        *("top_logprobs", "top_p", "user", "user_security_context", "verbosity", "data_sources"),
    }
)
"""Parameters of a chat completion in Azure's v1 API."""
KNOWN_TO_COMPATIBLE = frozenset(
    {"max_tokens", "messages", "model", "n", "response_format", "seed", "stop", "stream"}
    | {"temperature", "top_p", "user"}
)
SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
DEFAULTS = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}


class Generation(StrEnum):
    """What kind of model answers, or what kind of server."""

    REASONING = "reasoning"
    CLASSIC = "classic"
    COMPATIBLE = "compatible"
    """A simple server with the API of OpenAI: it knows few parameters, and no JSON Schemas."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a request is refused, in the fields of an error of OpenAI."""

    message: str
    parameter: str
    code: str | None


def generation_of(deployment: str) -> Generation:
    """Return the generation of the model that a deployment is named after."""
    return Generation.CLASSIC if CLASSIC_NAME.match(deployment) else Generation.REASONING


def rejection_of(generation: Generation, body: Mapping[str, Any]) -> Rejection | None:
    """Return the first thing in a request that a model of this generation refuses."""
    if generation is Generation.COMPATIBLE:
        return _unknown(body, KNOWN_TO_COMPATIBLE) or _schema(body)
    unknown = _unknown(body, KNOWN)
    if unknown is not None:
        return unknown
    if generation is Generation.CLASSIC:
        return _parameter("reasoning_effort") if body.get("reasoning_effort") else None
    if body.get("max_tokens") is not None:
        return _parameter("max_tokens", "Use 'max_completion_tokens' instead.")
    return _sampling(body) or _effort(body)


def reasoning_tokens(generation: Generation, body: Mapping[str, Any]) -> int:
    """Return the hidden tokens that an answer takes."""
    if generation is not Generation.REASONING:
        return 0
    return EFFORTS[str(body.get("reasoning_effort") or DEFAULT_EFFORT)]


def _unknown(body: Mapping[str, Any], known: frozenset[str]) -> Rejection | None:
    name = next((name for name in body if name not in known), None)
    if name is None:
        return None
    return Rejection(f"Unknown parameter: '{name}'.", name, "unknown_parameter")


def _parameter(name: str, advice: str = "") -> Rejection:
    message = f"Unsupported parameter: '{name}' is not supported with this model. {advice}".strip()
    return Rejection(message, name, "unsupported_parameter")


def _sampling(body: Mapping[str, Any]) -> Rejection | None:
    for name in SAMPLING:
        value = body.get(name)
        if value not in (None, DEFAULTS[name]):
            return Rejection(
                f"Unsupported value: '{name}' does not support {value} with this model. Only the "
                f"default ({DEFAULTS[name]}) value is supported.",
                name,
                "unsupported_value",
            )
    return None


def _effort(body: Mapping[str, Any]) -> Rejection | None:
    effort = body.get("reasoning_effort")
    if effort is None or effort in EFFORTS:
        return None
    supported = ", ".join(f"'{name}'" for name in EFFORTS)
    return Rejection(
        f"Unsupported value: 'reasoning_effort' does not support {effort!r} with this model. "
        f"Supported values are: {supported}.",
        "reasoning_effort",
        "unsupported_value",
    )


def _schema(body: Mapping[str, Any]) -> Rejection | None:
    wanted = body.get("response_format")
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return None
    return Rejection(
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this "
        "model.",
        "response_format",
        None,
    )
