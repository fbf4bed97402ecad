"""What calls of the model took."""

from __future__ import annotations

from docflow.models.payloads import Payload

_COUNTED = (
    "calls",
    "prompt_tokens",
    "completion_tokens",
    "cached_calls",
    "saved_prompt_tokens",
    "saved_completion_tokens",
)


class ModelCall(Payload):
    """What is known of one kind of model call, summed over its calls."""

    step: str
    deployment: str
    model: str
    prompt_version: str
    prompt_sha256: str
    calls: int = 1
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_calls: int = 0
    saved_prompt_tokens: int = 0
    """Tokens that cached calls would have taken."""
    saved_completion_tokens: int = 0

    def plus(self, other: ModelCall) -> ModelCall:
        """Add up with another call of the same kind."""
        counted = {name: getattr(self, name) + getattr(other, name) for name in _COUNTED}
        return self.model_copy(update=counted)
