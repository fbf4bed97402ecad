"""The language model, asked by chat completions for structured outputs.

One adapter for Azure OpenAI, OpenAI and servers that speak the same API. The document's text
travels as JSON in the user message, never in the instructions, so that it stays data. Nothing that
costs is retried in here: the durable flow owns retries. A request that is refused for its form
costs nothing, and is sent again at once in a form that the server understands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from logging import WARNING
from threading import Lock
from typing import Any

import openai
from pydantic import BaseModel, ValidationError

from docflow.adapters.azure.errors import translated
from docflow.adapters.model.address import ModelAddress
from docflow.adapters.model.dialect import AnswerFormat, Dialect, ServerRefusal
from docflow.adapters.model.failures import AZURE, COMPATIBLE, FILTERED, ModelService
from docflow.errors import ErrorCode, WastedAnswerError
from docflow.ports import AnswerT, ModelBlocked, ModelReply, Prompt
from docflow.telemetry import log_event

REFUSED_FORM = frozenset({400, 422})
"""Statuses with which a server says that it does not understand a request."""
OPTIONAL_ROUTE = frozenset({404, 405, 501})
"""Statuses of a server without the operation that describes one model."""


class ReasoningTokens(BaseModel):
    """Tokens of an answer that nobody sees."""

    reasoning_tokens: int | None = None


class Usage(BaseModel):
    """Tokens that an answer cost."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    completion_tokens_details: ReasoningTokens | None = None

    @property
    def prompt(self) -> int:
        """Return the tokens of the request."""
        return self.prompt_tokens or 0

    @property
    def completion(self) -> int:
        """Return the tokens of the answer, hidden reasoning included; not all servers add it."""
        rest = (self.total_tokens or 0) - self.prompt
        return max(self.completion_tokens or 0, rest)

    @property
    def reasoning(self) -> int:
        """Return the tokens of hidden reasoning."""
        details = self.completion_tokens_details
        return (details.reasoning_tokens or 0) if details else 0


class CompletionMessage(BaseModel):
    """What the model said."""

    content: str | None = None
    refusal: str | None = None


class CompletionChoice(BaseModel):
    """An answer, and why it ended."""

    finish_reason: str | None = None
    message: CompletionMessage


class Completion(BaseModel):
    """An answer of the service; what its choices are is checked after its cost is known."""

    model: str | None = None
    usage: Usage | None = None
    choices: list[Any] | None = None

    @property
    def cost(self) -> Usage:
        """Return the usage, or none where the service does not tell it."""
        return self.usage or Usage()


class ChatCompletionsModel:
    """Answers with one model of one service.

    Args:
        address: of the API.
        model: name of the model or deployment.
        timeout_seconds: longest wait for an answer.
        key: sent as Azure expects it, or as a bearer token; without key and token, nothing is sent.
        token: returns a token of the app's identity.
        temperature: None leaves it to the model; reasoning models accept no other.
        reasoning_effort: None leaves it to the model.
        reasoning_tokens: added to the limit of an answer for hidden reasoning.
        settings: names of the settings for address and model, for messages.
    """

    def __init__(
        self,
        address: ModelAddress,
        model: str,
        *,
        timeout_seconds: float,
        key: str | None = None,
        token: Callable[[], str] | None = None,
        temperature: float | None = None,
        reasoning_effort: str | None = None,
        reasoning_tokens: int = 0,
        settings: tuple[str, str] = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENT"),
    ) -> None:
        self._address = address
        self._model = model
        self._timeout_seconds = timeout_seconds
        self._key = key
        self._token = token
        self._reasoning_tokens = reasoning_tokens
        self._wanted: dict[str, object] = {
            name: value
            for name, value in (
                ("temperature", temperature),
                ("reasoning_effort", reasoning_effort),
                ("store", False if address.keeps_answers else None),
            )
            if value is not None
        }
        vendor = AZURE if address.azure else COMPATIBLE
        self._service = ModelService(vendor, model, *settings)
        self._dialect = Dialect()
        self._learning = Lock()

    def answer(
        self, prompt: Prompt, data: dict[str, Any], schema: type[AnswerT], *, max_tokens: int
    ) -> ModelReply[AnswerT] | ModelBlocked:
        """Ask once, in the dialect of the server."""
        try:
            with self._failures():
                text, form = self._send(prompt, data, schema, max_tokens)
        except openai.APIStatusError:
            return _filtered(Usage(), self._model)
        completion = self._completion(text)
        try:
            return self._reply(completion, schema, form, max_tokens)
        except (ValueError, TypeError) as error:
            # Broken JSON, an answer against the schema, or no chat completion at all.
            raise self._wasted(completion) from error

    def check(self) -> None:
        """Raise where the service cannot be reached, refuses the key, or has no such model.

        It costs nothing: the service is asked for a completion without messages, which it refuses.
        Azure describes base models where others describe the model that is asked for, so that only
        this request tells whether there is a deployment.
        """
        with self._failures():
            if not self._address.azure and self._is_described():
                return
            try:
                self._client.chat.completions.with_raw_response.create(
                    model=self._model,
                    messages=[],
                    extra_headers=self._headers,
                )
            except openai.APIStatusError as error:
                if error.status_code not in REFUSED_FORM or self._service.is_unusable(error):
                    raise

    def _is_described(self) -> bool:
        """Return whether the server describes the model; False where it describes none."""
        try:
            self._client.models.with_raw_response.retrieve(self._model, extra_headers=self._headers)
        except openai.APIStatusError as error:
            if error.status_code not in OPTIONAL_ROUTE:
                raise
            if self._service.is_missing(error):
                raise self._service.not_deployed() from error
            return False
        return True

    def _send(
        self, prompt: Prompt, data: dict[str, Any], schema: type[BaseModel], max_tokens: int
    ) -> tuple[str, AnswerFormat]:
        """Return the body of the answer, and the format that it was asked for in."""
        strict = _strict_schema(schema)
        room = self._reasoning_tokens
        while True:
            dialect = self._dialect
            options = dialect.options(
                self._wanted, schema=strict, name=schema.__name__, limit=max_tokens + room
            )
            try:
                text = self._create(prompt, data, dialect.instructions(strict), options)
            except openai.APIStatusError as error:
                refusal = ServerRefusal.of(error.body)
                if error.status_code not in REFUSED_FORM or refusal.code in FILTERED:
                    raise
                if room and refusal.of_the_size:
                    room = 0
                elif not self._learn(dialect, dialect.after(refusal, options)):
                    raise
            else:
                return text, dialect.format

    def _create(
        self, prompt: Prompt, data: dict[str, Any], more: str, options: Mapping[str, Any]
    ) -> str:
        create: Any = self._client.chat.completions.with_raw_response.create
        messages = [
            {"role": "system", "content": prompt.text + more},
            {"role": "user", "content": json.dumps(data, ensure_ascii=False)},
        ]
        raw = create(model=self._model, messages=messages, extra_headers=self._headers, **options)
        return str(raw.text)

    def _learn(self, used: Dialect, better: Dialect | None) -> bool:
        """Keep a dialect for all requests of this process; return whether to send again.

        Of the requests that are refused at the same moment, the first one teaches. The others are
        sent again in what it taught.
        """
        if better is None:
            return False
        with self._learning:
            if self._dialect is used:
                self._dialect = better
                log_event(
                    "model_dialect_learned",
                    level=WARNING,
                    deployment=self._model,
                    limit=better.limit or "none",
                    format=better.format.value,
                    omitted=",".join(sorted(better.omitted)),
                )
        return True

    @property
    def _headers(self) -> dict[str, Any]:
        """Return the headers with which a key is sent, or none where the client sends the token."""
        if self._token is not None and self._key is None:
            return {}
        if self._key is None:
            return {"Authorization": openai.Omit()}
        if self._address.azure:
            return {"api-key": self._key, "Authorization": openai.Omit()}
        return {}

    @cached_property
    def _client(self) -> openai.OpenAI:
        return openai.OpenAI(
            base_url=self._address.base_url,
            # The client asks for some key, even where none is sent.
            api_key=self._key or self._token or "none",
            default_query=self._address.query,
            timeout=self._timeout_seconds,
            max_retries=0,
        )

    def _completion(self, text: str) -> Completion:
        try:
            return Completion.model_validate_json(text)
        except ValidationError as error:
            raise self._wasted(Completion()) from error

    def _reply(
        self, completion: Completion, schema: type[AnswerT], form: AnswerFormat, max_tokens: int
    ) -> ModelReply[AnswerT] | ModelBlocked:
        if not completion.choices:
            raise ValueError("no choices")
        usage = completion.cost
        model = completion.model or self._model
        choice = CompletionChoice.model_validate(completion.choices[0])
        if choice.finish_reason == "length":
            return _cut_off(usage, model, max_tokens)
        if choice.finish_reason == "content_filter":
            return _filtered(usage, model)
        if choice.message.refusal:
            return ModelBlocked(
                ErrorCode.MODEL_REFUSED,
                "The model refused to answer: a person has to read the document.",
                model=model,
                prompt_tokens=usage.prompt,
                completion_tokens=usage.completion,
            )
        content = choice.message.content or ""
        return ModelReply(
            answer=schema.model_validate_json(
                content if form is AnswerFormat.SCHEMA else _json_in(content)
            ),
            model=model,
            deployment=self._model,
            prompt_tokens=usage.prompt,
            completion_tokens=usage.completion,
        )

    def _wasted(self, completion: Completion) -> WastedAnswerError:
        """Return the error for an answer that breaks the schema, with its cost where known."""
        return WastedAnswerError(
            model=completion.model or self._model,
            prompt_tokens=completion.cost.prompt,
            completion_tokens=completion.cost.completion,
        )

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Translate the errors of a request, except for the content filter: that is an outcome."""
        vendor = self._service.vendor
        try:
            with translated(vendor):
                yield
        except openai.APIStatusError as error:
            if ServerRefusal.of(error.body).code in FILTERED:
                raise
            raise self._service.failure(error) from error
        except openai.APIConnectionError as error:
            raise vendor.unreachable(error) from error


def _strict_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of an answer in the form that strict structured outputs take."""
    # The public function of the SDK that makes a schema strict is the one for tools.
    function = openai.pydantic_function_tool(schema)["function"]
    return dict(function["parameters"])


def _json_in(text: str) -> str:
    """Return the JSON object in a text; a model without a format may write words around it."""
    answer = text.rpartition("</think>")[2]
    found = re.search(r"\{.*\}", answer, re.DOTALL)
    return found.group() if found else answer


def _cut_off(usage: Usage, model: str, max_tokens: int) -> ModelBlocked:
    advice = (
        f"{usage.reasoning} tokens went into hidden reasoning: raise MODEL_REASONING_TOKENS, or "
        "lower MODEL_REASONING_EFFORT"
        if usage.reasoning
        else "raise SUMMARY_MAX_TOKENS or URGENCY_MAX_TOKENS"
    )
    return ModelBlocked(
        ErrorCode.ANSWER_TOO_LONG,
        f"The answer had more than {max_tokens} tokens; {advice}.",
        model=model,
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
    )


def _filtered(usage: Usage, model: str) -> ModelBlocked:
    return ModelBlocked(
        ErrorCode.CONTENT_FILTERED,
        "The content filter of the model blocked the text: a person has to read the document, or "
        "adjust the filter of the deployment.",
        model=model,
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
    )
