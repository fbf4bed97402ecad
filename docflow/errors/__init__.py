"""What can go wrong, told apart by what to do about it.

DocflowError
├── ConfigurationError     a setting is missing or wrong: fix it and restart; never retried
├── TransientError         a service is busy, slow or away: try again later
│   ├── WastedAnswerError  the model answered in another form, and was paid for it
│   └── WastedPageError    OCR took the page and never answered, and may be paid for it
├── PermanentError         trying again cannot help: the document ends with this code
│   ├── NotFoundError      what was asked for does not exist
│   └── ConflictError      somebody else changed or made it first
└── StepFailed             a step of an orchestration gave up; raised by docflow.durable alone

Every code stands with its remedy in docflow/errors/codes.py, and so in docs/errors.md.
"""

from __future__ import annotations

from docflow.errors.codes import ErrorCode, Section

__all__ = [
    "ConfigurationError",
    "ConflictError",
    "DocflowError",
    "ErrorCode",
    "NotFoundError",
    "PermanentError",
    "Section",
    "StepFailed",
    "TransientError",
    "WastedAnswerError",
    "WastedPageError",
]


class DocflowError(Exception):
    """Base of everything docflow raises on purpose.

    `code` is stable and upper case: an `ErrorCode`, or what a stored history says. `message` is one
    sentence that a user can act on and never carries document text or credentials.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class ConfigurationError(DocflowError):
    """A setting is missing or wrong."""

    code: ErrorCode

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.CONFIGURATION, message)


class TransientError(DocflowError):
    """A failure that time may heal; `retry_after_seconds` is what the service asked for."""

    code: ErrorCode

    def __init__(
        self, code: ErrorCode, message: str, *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(code, message)
        self.retry_after_seconds = retry_after_seconds


class WastedAnswerError(TransientError):
    """The model answered in another form than asked for; asking again may help, and costs again."""

    def __init__(self, *, model: str, prompt_tokens: int, completion_tokens: int) -> None:
        super().__init__(
            ErrorCode.MODEL_ANSWER_INVALID, "The answer was not of the form asked for."
        )
        self.model = model
        self.prompt_tokens = prompt_tokens
        self.completion_tokens = completion_tokens


class WastedPageError(TransientError):
    """OCR took a page and never answered; it may be paid for that, and for the next try again."""


class PermanentError(DocflowError):
    """A failure that no retry can heal."""

    code: ErrorCode

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(code, message)


class NotFoundError(PermanentError, LookupError):
    """What was asked for does not exist."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.NOT_FOUND, message)


class ConflictError(PermanentError):
    """The thing was changed, or made, by somebody else first."""


class StepFailed(DocflowError):  # noqa: N818 - reads as the past fact that it is
    """A step of an orchestration failed for good, after its retries or at once."""

    def __init__(self, step: str, code: str, message: str) -> None:
        super().__init__(code, message)
        self.step = step

    @property
    def advice(self) -> str:
        """The message with the step and with what is left to do."""
        return f"{self.step}: {self.message} Once that is mended, reprocess the document."
