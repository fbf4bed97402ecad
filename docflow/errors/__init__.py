"""The exceptions of docflow, one class for each way to handle a failure.

DocflowError
├── ConfigurationError     a setting is missing or wrong: correct it and restart; not retried
├── TransientError         a service is busy, slow or down: try again later
│   ├── InDoubtError       the call may have had its effect, although it failed
│   ├── DiskShortError     the temporary disk has no room for a file
│   ├── WastedAnswerError  the answer of the model did not match the schema, but it has a cost
│   └── WastedPageError    OCR accepted the page and did not answer; this may have a cost
├── PermanentError         a retry cannot help: the document ends with this code
│   ├── NotFoundError      the requested thing does not exist
│   └── ConflictError      another caller changed or created it first
└── StepFailed             a step of an orchestration failed; raised only by docflow.durable

All codes with their remedies are in docflow/errors/codes.py and, made from it, docs/errors.md.
"""

from __future__ import annotations

import errno

from docflow.errors.codes import ErrorCode, Section

__all__ = [
    "ConfigurationError",
    "ConflictError",
    "DiskShortError",
    "DocflowError",
    "ErrorCode",
    "InDoubtError",
    "NotFoundError",
    "PermanentError",
    "Section",
    "StepFailed",
    "TransientError",
    "WastedAnswerError",
    "WastedPageError",
]


class DocflowError(Exception):
    """Base class of all exceptions that docflow raises on purpose.

    Attributes:
        code: An `ErrorCode`, or the code from a stored history; stable and in upper case.
        message: What the user can do; never contains document text or credentials.
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
    """A failure for which a retry can help; the service asked to wait `retry_after_seconds`."""

    code: ErrorCode

    def __init__(
        self, code: ErrorCode, message: str, *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(code, message)
        self.retry_after_seconds = retry_after_seconds


class InDoubtError(TransientError):
    """A call that changes something failed, and may have changed it all the same.

    Whoever tries again must look first for what the call may have left behind.
    """


class DiskShortError(TransientError):
    """The temporary disk of the instance has no room for a file; others may free some."""

    def __init__(self, needed_bytes: int | None = None, free_bytes: int | None = None) -> None:
        seen = ""
        if needed_bytes is not None and free_bytes is not None:
            seen = f": {free_bytes:,} bytes are free, {needed_bytes:,} and a reserve are needed"
        super().__init__(
            ErrorCode.DISK_SHORT,
            f"The temporary disk of the instance is short of room{seen}; the step is tried again.",
            retry_after_seconds=30,
        )

    @staticmethod
    def is_cause_of(error: OSError) -> bool:
        """Return whether an error of the system means that the disk is full."""
        return error.errno in {errno.ENOSPC, errno.EDQUOT}


class WastedAnswerError(TransientError):
    """An answer that does not match the schema; a retry can help, but costs tokens again."""

    def __init__(self, *, model: str, prompt_tokens: int, completion_tokens: int) -> None:
        super().__init__(
            ErrorCode.MODEL_ANSWER_INVALID, "The answer of the model did not match the schema."
        )
        self.model = model
        self.prompt_tokens = prompt_tokens
        self.completion_tokens = completion_tokens


class WastedPageError(TransientError):
    """A page that OCR accepted without an answer; this try and the next may both have a cost."""


class PermanentError(DocflowError):
    """A failure for which a retry cannot help."""

    code: ErrorCode

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(code, message)


class NotFoundError(PermanentError, LookupError):
    """The requested thing does not exist."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.NOT_FOUND, message)


class ConflictError(PermanentError):
    """Another caller changed or created the thing first."""


class StepFailed(DocflowError):  # noqa: N818 - reads as the past fact that it is
    """The permanent failure of a step in an orchestration, at once or after its retries."""

    def __init__(self, step: str, code: str, message: str) -> None:
        super().__init__(code, message)
        self.step = step

    @property
    def advice(self) -> str:
        """Return the message with the name of the step and what to do."""
        return f"{self.step}: {self.message} Reprocess the document when this is corrected."
