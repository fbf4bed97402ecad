"""A language model that is asked each question once; repeated ones come from the cache."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from docflow.adapters.cache.results import ResultCache, cache_key, schema_digest
from docflow.ports import AnswerT, LanguageModel, ModelBlocked, ModelReply, Prompt


class KeptAnswer(BaseModel):
    """An answer as the cache holds it, with what it took."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    answer: str
    """A JSON object by the schema of the question."""
    model: str
    deployment: str
    prompt_tokens: int
    completion_tokens: int


class CachedModel:
    """Asks another model only questions that are new.

    Args:
        model: answers the other questions, and is paid for it.
        cache: where its answers are stored.
        shape: what shapes them beside the question: service, deployment, API version, parameters.
        earlier: the same as an earlier version wrote it, whose answers are used on.
    """

    def __init__(
        self,
        model: LanguageModel,
        cache: ResultCache,
        *,
        shape: tuple[str, ...],
        earlier: tuple[str, ...] | None = None,
    ) -> None:
        self._model = model
        self._cache = cache
        self._shapes = (shape,) if earlier is None else (shape, earlier)

    def answer(
        self, prompt: Prompt, data: dict[str, Any], schema: type[AnswerT], *, max_tokens: int
    ) -> ModelReply[AnswerT] | ModelBlocked:
        """Ask once. Only answers are stored: a model that declined may be asked again."""
        question = json.dumps(data, sort_keys=True, ensure_ascii=False)
        key, *earlier = (
            cache_key(prompt.sha256, question, schema_digest(schema), max_tokens, *shape)
            for shape in self._shapes
        )

        def find() -> ModelReply[AnswerT] | ModelBlocked | None:
            for each in (key, *earlier):
                kept = self._cache.read(each, KeptAnswer)
                known = _known(kept, schema) if kept is not None else None
                if known is not None:
                    return known
            return None

        def ask() -> ModelReply[AnswerT] | ModelBlocked:
            reply = self._model.answer(prompt, data, schema, max_tokens=max_tokens)
            if isinstance(reply, ModelReply):
                self._cache.write(key, _kept(reply))
            return reply

        return self._cache.single_flight(key, find, ask)

    def check(self) -> None:
        """Raise where the service cannot be reached."""
        self._model.check()


def _known(kept: KeptAnswer, schema: type[AnswerT]) -> ModelReply[AnswerT] | None:
    try:
        answer = schema.model_validate_json(kept.answer)
    except ValidationError:
        return None
    return ModelReply(
        answer=answer,
        model=kept.model,
        deployment=kept.deployment,
        prompt_tokens=0,
        completion_tokens=0,
        cached=True,
        saved_prompt_tokens=kept.prompt_tokens,
        saved_completion_tokens=kept.completion_tokens,
    )


def _kept(reply: ModelReply[AnswerT]) -> KeptAnswer:
    return KeptAnswer(
        answer=reply.answer.model_dump_json(by_alias=True),
        model=reply.model,
        deployment=reply.deployment,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
    )
