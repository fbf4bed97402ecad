"""What the errors of a model's server mean: which setting is wrong, or that a retry can help."""

from __future__ import annotations

from dataclasses import dataclass, replace

import openai

from docflow.adapters.model.dialect import ServerRefusal
from docflow.adapters.vendor import Vendor
from docflow.errors import DocflowError, ErrorCode, PermanentError

AZURE = Vendor(
    service="Azure OpenAI",
    throttled=ErrorCode.MODEL_THROTTLED,
    unavailable=ErrorCode.MODEL_UNAVAILABLE,
    unauthorized=ErrorCode.MODEL_UNAUTHORIZED,
    rejected=ErrorCode.MODEL_REQUEST_REJECTED,
    access="check AZURE_OPENAI_KEY, or give the app's identity the role Cognitive Services "
    "OpenAI User",
)
COMPATIBLE = replace(AZURE, service="The model server", access="check MODEL_KEY")

NOT_DEPLOYED = frozenset({"DeploymentNotFound", "model_not_found", "ModelNotFound"})
NOT_FOR_CHAT = frozenset({"OperationNotSupported"})
"""Codes for models that have another API only, such as that of responses."""
FILTERED = frozenset({"content_filter", "content_policy_violation"})
SUBDOMAIN = "custom subdomain"
"""Words with which a regional address of Azure refuses a token: it accepts keys alone."""


@dataclass(frozen=True, slots=True)
class ModelService:
    """The service that is asked, by the names of the settings that lead to it."""

    vendor: Vendor
    model: str
    address_setting: str
    model_setting: str

    def failure(self, error: openai.APIStatusError) -> DocflowError:
        """Return the error of docflow for an answer with an error status."""
        refusal = ServerRefusal.of(error.body)
        if error.status_code == 404:
            return self._not_found(error)
        if refusal.code in NOT_DEPLOYED:
            return self.not_deployed()
        if error.status_code == 410:
            return PermanentError(
                ErrorCode.MODEL_NOT_DEPLOYED,
                f"{self.vendor.service} answered 410: the model of {self.model!r} was retired. "
                f"Deploy another one and set {self.model_setting}.",
            )
        if refusal.code in NOT_FOR_CHAT:
            return PermanentError(
                ErrorCode.MODEL_REQUEST_REJECTED,
                f"The model of {self.model!r} has no chat completions ({refusal.code}): "
                f"deploy another one and set {self.model_setting}.",
            )
        if self.is_regional(error):
            return PermanentError(
                ErrorCode.MODEL_UNAUTHORIZED,
                f"{self.address_setting} is the address of a region, which accepts keys alone: set "
                "the address of the resource itself, https://NAME.openai.azure.com, or a key.",
            )
        return self.vendor.answered(
            error.status_code,
            error.response.headers,
            refusal.code,
            _inner_code(error.body),
            refusal.parameter,
        )

    def is_missing(self, error: openai.APIStatusError) -> bool:
        """Return whether a refusal says that there is no such model, and not: no such path."""
        refusal = ServerRefusal.of(error.body)
        named = error.status_code == 404 and self.model in refusal.message
        return named or refusal.code in NOT_DEPLOYED

    def is_unusable(self, error: openai.APIStatusError) -> bool:
        """Return whether a refusal of a request for its form says more than that."""
        about_model = ServerRefusal.of(error.body).code in NOT_DEPLOYED | NOT_FOR_CHAT
        return about_model or self.is_regional(error)

    def is_regional(self, error: openai.APIStatusError) -> bool:
        """Return whether a token was refused because the address is that of a region."""
        return error.status_code == 400 and SUBDOMAIN in ServerRefusal.of(error.body).message

    def not_deployed(self) -> PermanentError:
        """Return the error for a model that the service does not have."""
        return PermanentError(
            ErrorCode.MODEL_NOT_DEPLOYED,
            f"{self.vendor.service} has no deployment {self.model!r}: check {self.model_setting} "
            f"and {self.address_setting}. A new deployment is known after about 5 minutes.",
        )

    def _not_found(self, error: openai.APIStatusError) -> PermanentError:
        if self.is_missing(error):
            return self.not_deployed()
        path = error.request.url.path
        if speaks_json(error):
            return PermanentError(
                ErrorCode.MODEL_PATH_NOT_FOUND,
                f"An API answers at {self.address_setting}, but has no {path} (status 404): set "
                "the address of an Azure OpenAI or Foundry resource, or the base URL of a server "
                "with the API of OpenAI, without the path of an operation.",
            )
        return PermanentError(
            ErrorCode.MODEL_ENDPOINT_NOT_FOUND,
            f"What answers at {self.address_setting} is not the API of a model (status 404, no "
            "JSON): check host name, port and path.",
        )


def speaks_json(error: openai.APIStatusError) -> bool:
    """Return whether an error is that of an API: a JSON object with an error in it."""
    try:
        body = error.response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and bool(body.keys() & {"error", "detail", "message", "code"})


def _inner_code(body: object) -> str:
    """Return the code of the innermost error, which says most."""
    code = ""
    while isinstance(body, dict):
        code = str(body.get("code") or code)
        body = body.get("error") or body.get("innererror")
    return code
