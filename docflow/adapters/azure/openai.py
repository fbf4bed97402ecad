"""The language model, as a deployment in Azure OpenAI, asked for structured outputs.

The document's text travels as JSON in the user message, never in the instructions, so that it
stays data. Nothing is retried in here: the durable flow owns retries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

import openai
from openai.types.chat import ChatCompletionMessageParam, ParsedChatCompletion
from pydantic import BaseModel

from docflow.adapters.azure.errors import translated
from docflow.adapters.vendor import Vendor
from docflow.errors import DocflowError, ErrorCode, PermanentError, WastedAnswerError
from docflow.ports import AnswerT, ModelBlocked, ModelReply, Prompt

SEED = 7

MODEL = Vendor(
    service="Azure OpenAI",
    throttled=ErrorCode.MODEL_THROTTLED,
    unavailable=ErrorCode.MODEL_UNAVAILABLE,
    unauthorized=ErrorCode.MODEL_UNAUTHORIZED,
    rejected=ErrorCode.MODEL_REQUEST_REJECTED,
    access="check AZURE_OPENAI_KEY, or give the app's identity the role Cognitive Services "
    "OpenAI User",
)


class Usage(BaseModel):
    """Tokens that an answer cost."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Completion(BaseModel):
    """The cost of an answer whose content cannot be used."""

    model: str = ""
    usage: Usage = Usage()


class AzureOpenAIModel:
    """Answers with one deployment of a model."""

    def __init__(
        self,
        endpoint: str,
        deployment: str,
        *,
        api_version: str,
        timeout_seconds: float,
        key: str | None = None,
        token: Callable[[], str] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._deployment = deployment
        self._api_version = api_version
        self._timeout_seconds = timeout_seconds
        self._key = key
        self._token = token

    def answer(
        self, prompt: Prompt, data: dict[str, Any], schema: type[AnswerT], *, max_tokens: int
    ) -> ModelReply[AnswerT] | ModelBlocked:
        """Ask once, with the settings that make the answer repeatable."""
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": prompt.text},
            {"role": "user", "content": json.dumps(data, ensure_ascii=False)},
        ]
        try:
            with self._failures():
                raw = self._client.chat.completions.with_raw_response.parse(
                    model=self._deployment,
                    messages=messages,
                    response_format=schema,
                    temperature=0,
                    seed=SEED,
                    max_tokens=max_tokens,
                )
        except openai.APIStatusError:
            return _filtered()
        try:
            return self._reply(raw.parse())
        except openai.LengthFinishReasonError:
            return ModelBlocked(
                ErrorCode.ANSWER_TOO_LONG,
                f"The answer had more than {max_tokens} tokens.",
            )
        except openai.ContentFilterFinishReasonError:
            return _filtered()
        except (ValueError, AttributeError, TypeError) as error:
            # Broken JSON, an answer against the schema, or no chat completion at all.
            raise self._wasted(raw.text) from error

    def check(self) -> None:
        """Raise where the service cannot be reached."""
        with self._failures(), suppress(openai.NotFoundError):
            self._client.models.list()

    @cached_property
    def _client(self) -> openai.AzureOpenAI:
        return openai.AzureOpenAI(
            azure_endpoint=self._endpoint,
            api_key=self._key,
            azure_ad_token_provider=self._token,
            api_version=self._api_version,
            timeout=self._timeout_seconds,
            max_retries=0,
        )

    def _reply(
        self, completion: ParsedChatCompletion[AnswerT]
    ) -> ModelReply[AnswerT] | ModelBlocked:
        if not completion.choices:
            raise ValueError("no choices")
        message = completion.choices[0].message
        if message.refusal:
            return ModelBlocked(
                ErrorCode.MODEL_REFUSED,
                "The model refused to answer: a person has to read the document.",
            )
        if message.parsed is None:
            raise ValueError("no answer")
        usage = completion.usage
        return ModelReply(
            answer=message.parsed,
            model=completion.model or self._deployment,
            deployment=self._deployment,
            prompt_tokens=usage.prompt_tokens if usage else 0,
            completion_tokens=usage.completion_tokens if usage else 0,
        )

    def _wasted(self, body: str) -> WastedAnswerError:
        """Return the error for an answer that breaks the schema, with its cost where known."""
        try:
            usage = Completion.model_validate_json(body)
        except ValueError:
            usage = Completion()
        return WastedAnswerError(
            model=usage.model or self._deployment,
            prompt_tokens=usage.usage.prompt_tokens,
            completion_tokens=usage.usage.completion_tokens,
        )

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Translate the errors of a request, except for the content filter: that is an outcome."""
        try:
            with translated(MODEL):
                yield
        except openai.APIStatusError as error:
            if error.code == "content_filter":
                raise
            raise self._failure(error) from error
        except openai.APIConnectionError as error:
            raise MODEL.unreachable(error) from error

    def _failure(self, error: openai.APIStatusError) -> DocflowError:
        if error.status_code == 404:
            return PermanentError(
                ErrorCode.MODEL_NOT_DEPLOYED,
                f"Azure OpenAI has no deployment {self._deployment!r}: check "
                "AZURE_OPENAI_DEPLOYMENT and AZURE_OPENAI_ENDPOINT.",
            )
        return MODEL.answered(error.status_code, error.response.headers, error.code)


def _filtered() -> ModelBlocked:
    return ModelBlocked(
        ErrorCode.CONTENT_FILTERED,
        "The content filter of Azure OpenAI blocked the text: a person has to read the document, "
        "or adjust the filter of the deployment.",
    )
