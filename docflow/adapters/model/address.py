"""Where the model is asked: the base URL of its API, from what people put into a setting.

Azure's portal shows the address of a model in several forms, from the endpoint of the resource to
the whole URL of one call. All of them mean the same base URL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

AZURE_HOSTS = (
    ".openai.azure.com",
    ".services.ai.azure.com",
    ".cognitiveservices.azure.com",
    ".openai.azure.us",
    ".cognitiveservices.azure.us",
    ".openai.azure.cn",
    ".cognitiveservices.azure.cn",
)
"""Ends of the names of Azure's own hosts; only there and behind AZURE_OPENAI_ENDPOINT is the app's
identity used."""
OPENAI_HOST = "api.openai.com"

_OPERATION = re.compile(r"/(chat/completions|completions|responses|models)$")
_AFTER_THE_RESOURCE = re.compile(r"/(openai|api/projects|models)(/.*)?$")


@dataclass(frozen=True, slots=True)
class ModelAddress:
    """The API of a model.

    Attributes:
        base_url: `/chat/completions` is added to it.
        query: sent with each request.
        azure: whether Azure, or a gateway to it, answers there.
        keeps_answers: whether the service stores answers unless it is told not to.
    """

    base_url: str
    query: dict[str, str] = field(default_factory=dict)
    azure: bool = False
    keeps_answers: bool = False


def azure_address(endpoint: str, deployment: str, api_version: str | None = None) -> ModelAddress:
    """Return the address of a deployment in Azure OpenAI.

    Args:
        endpoint: of the resource or of a gateway, with or without the path of the API. An address
            that ends in `/v1` without Azure's own `/openai` before it is a base URL already.
        deployment: its name is part of the path of the older API.
        api_version: of the older API; without it the v1 API is used, which has no versions
            (https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle).
    """
    root = _without_operation(endpoint)
    if root.endswith("/v1") and "/openai" not in root:
        return ModelAddress(root, azure=True, keeps_answers=True)
    root = _AFTER_THE_RESOURCE.sub("", root)
    if api_version:
        path = f"{root}/openai/deployments/{deployment}"
        return ModelAddress(path, {"api-version": api_version}, azure=True)
    return ModelAddress(f"{root}/openai/v1", azure=True, keeps_answers=True)


def compatible_address(base_url: str) -> ModelAddress:
    """Return the address of a server that speaks the API of OpenAI, such as Ollama or vLLM."""
    host = urlsplit(base_url).hostname or ""
    if host.endswith(AZURE_HOSTS):
        return azure_address(base_url, "")
    root = _without_operation(base_url)
    if not urlsplit(root).path:
        root += "/v1"
    return ModelAddress(root, keeps_answers=host == OPENAI_HOST)


def _without_operation(url: str) -> str:
    """Return a URL without query, fragment, final slash and the path of an operation."""
    parts = urlsplit(url)
    path = _OPERATION.sub("", parts.path.rstrip("/"))
    return urlunsplit((parts.scheme, parts.netloc, path.rstrip("/"), "", ""))
