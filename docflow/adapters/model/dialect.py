"""What a server understands of a request: found out from its refusals, not from a table of models.

The API of OpenAI is spoken in dialects. Reasoning models refuse `max_tokens` and a temperature,
older models and other servers do not know their successors, and not every server knows JSON
Schemas. A server that refuses a parameter names it, with status 400 or 422, before it does any
work. So the first request is in today's dialect, and each refusal leads one step down, to the next
form of the parameter that was named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

LIMIT = "max_completion_tokens"
OLD_LIMIT = "max_tokens"
FORMAT = "response_format"
OPTIONAL = {
    "temperature": ("temperature",),
    "reasoning_effort": ("reasoning_effort", "reasoning effort", "reasoning value", "thinking"),
    "store": ("store",),
}
"""Parameters without which the request has the same meaning for an older model, with the words that
servers have for them."""
FORMAT_NAMES = (FORMAT, "json_schema", "json_object", "structured output")
"""Words with which servers name the parameter that carries the schema."""

_CODES = frozenset({"unsupported_parameter", "unsupported_value", "unknown_parameter"})
_UNSUPPORTED = re.compile(
    r"unsupported|not (?:currently |yet )?supported|n[o']t support|unrecogni[sz]ed|unknown"
    r"|unexpected|unavailable|not permitted|not allowed|extra_forbidden|not implemented"
    r"|only .* (?:allowed|supported)|only for|must be [\"'(]|additional propert",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(
    r"too (?:large|high|long|many)|at most|less than|maximum|exceeds?|context.length", re.IGNORECASE
)
SHORT_MESSAGE = 300
"""Characters of a message that has no room for the request."""
_LONGEST_MESSAGE = 2_000
"""A server may repeat the request in its message; what matters stands at the beginning."""


class AnswerFormat(StrEnum):
    """How a server is told which JSON to write, from the strictest way to the loosest."""

    SCHEMA = "json_schema"
    OBJECT = "json_object"
    TEXT = "text"

    @property
    def looser(self) -> AnswerFormat:
        """Return the next looser format; there is none after the last."""
        return AnswerFormat.OBJECT if self is AnswerFormat.SCHEMA else AnswerFormat.TEXT


@dataclass(frozen=True, slots=True)
class ServerRefusal:
    """The error of a server that refuses a request."""

    code: str = ""
    parameter: str = ""
    message: str = ""

    @classmethod
    def of(cls, body: object) -> ServerRefusal:
        """Return the refusal in the body of an answer, in the forms of OpenAI, vLLM and FastAPI."""
        if not isinstance(body, Mapping):
            return cls(message=str(body or "")[:_LONGEST_MESSAGE])
        inner = body.get("error", body)
        if not isinstance(inner, Mapping):
            return cls(message=str(inner)[:_LONGEST_MESSAGE])
        details = inner.get("detail")
        if isinstance(details, list) and details and isinstance(details[0], Mapping):
            place = details[0].get("loc") or [""]
            return cls(
                code=str(details[0].get("type") or ""),
                parameter=str(place[-1] if isinstance(place, list) else place),
                message=str(details[0].get("msg") or "")[:_LONGEST_MESSAGE],
            )
        return cls(
            code=str(inner.get("code") or ""),
            parameter=str(inner.get("param") or ""),
            message=str(inner.get("message") or details or "")[:_LONGEST_MESSAGE],
        )

    def names(self, parameter: str) -> bool:
        """Return whether the refusal is about a parameter of the request."""
        if self.parameter:
            return self.parameter == parameter or self.parameter.startswith(f"{parameter}.")
        # A plain word such as `store` may be a word of the document, which a server may repeat in
        # a long message.
        quoted = parameter.isalpha() and len(self.message) > SHORT_MESSAGE
        word = rf"[\"'`]{parameter}[\"'`]" if quoted else rf"\b{parameter}s?\b"
        return re.search(word, self.message, re.IGNORECASE) is not None

    @property
    def of_the_parameter(self) -> bool:
        """Return whether the server does not know a parameter, or this value of it."""
        return self.code in _CODES or _UNSUPPORTED.search(self.message) is not None

    @property
    def of_the_size(self) -> bool:
        """Return whether the limit of the answer is larger than the server allows."""
        if self.code == "context_length_exceeded":
            return True
        about_limit = self.names(LIMIT) or self.names(OLD_LIMIT)
        return about_limit and _TOO_LARGE.search(self.message) is not None


@dataclass(frozen=True, slots=True)
class Dialect:
    """The form in which requests are sent to one server."""

    limit: str | None = LIMIT
    """Name of the parameter that limits the answer; None where the server knows none."""
    format: AnswerFormat = AnswerFormat.SCHEMA
    omitted: frozenset[str] = frozenset()

    def options(
        self, wanted: Mapping[str, object], *, schema: Mapping[str, Any], name: str, limit: int
    ) -> dict[str, Any]:
        """Return the parameters of a request beside its messages.

        Args:
            wanted: optional parameters with their values.
            schema: JSON Schema of the answer, as strict structured outputs take it.
            name: of the schema.
            limit: most tokens of the answer, hidden reasoning included.
        """
        options: dict[str, Any] = {
            key: value for key, value in wanted.items() if key not in self.omitted
        }
        if self.limit is not None:
            options[self.limit] = limit
        if self.format is AnswerFormat.SCHEMA:
            form = {"name": name, "schema": schema, "strict": True}
            options[FORMAT] = {"type": "json_schema", "json_schema": form}
        elif self.format is AnswerFormat.OBJECT:
            options[FORMAT] = {"type": "json_object"}
        return options

    def instructions(self, schema: Mapping[str, Any]) -> str:
        """Return what has to be added to the instructions: the schema where no parameter has it."""
        if self.format is AnswerFormat.SCHEMA:
            return ""
        return (
            "\n\nAnswer with one JSON object that follows this JSON Schema, and nothing else:\n"
            + json.dumps(schema, ensure_ascii=False)
        )

    def after(self, refusal: ServerRefusal, sent: Mapping[str, object]) -> Dialect | None:
        """Return the dialect for the next try, or None if the refusal names none of our parameters.

        Each step leads down, so a request is repeated at most once for each form of a parameter.
        """
        if not refusal.of_the_parameter:
            return None
        if self.limit is not None and refusal.names(self.limit):
            return replace(self, limit=OLD_LIMIT if self.limit == LIMIT else None)
        for name, words in OPTIONAL.items():
            if name in sent and any(map(refusal.names, words)):
                return replace(self, omitted=self.omitted | {name})
        if FORMAT in sent and any(map(refusal.names, FORMAT_NAMES)):
            return replace(self, format=self.format.looser)
        return None
