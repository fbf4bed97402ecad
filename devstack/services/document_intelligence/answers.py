"""The answers of Document Intelligence: states of an analysis, and its errors."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from devstack.services.controls.operations import retry_header
from devstack.services.http.credentials import ACCESS_DENIED
from devstack.services.http.timestamps import azure_time
from devstack.services.ocr.pool import OcrFailedError


def state_body(status: str) -> dict[str, Any]:
    """Return the body of an analysis in a state such as `running`."""
    now = azure_time()
    return {"status": status, "createdDateTime": now, "lastUpdatedDateTime": now}


def error_body(
    code: str, message: str, inner_code: str | None = None, inner_message: str | None = None
) -> dict[str, Any]:
    """Return the body of an error, with an inner one where a code is given."""
    error: dict[str, Any] = {"code": code, "message": message}
    if inner_code is not None:
        error["innererror"] = {"code": inner_code, "message": inner_message or message}
    return {"error": error}


def failure_body(error: OcrFailedError) -> dict[str, Any]:
    """Return the error: of the request where the content is at fault, else of the service."""
    if error.is_about_content:
        return error_body("InvalidRequest", "Invalid request.", error.code, error.message)
    return error_body(
        "InternalServerError", "An unexpected error occurred.", error.code, error.message
    )


def invalid_request(inner_code: str, message: str) -> web.Response:
    """Return the refusal of a document."""
    return web.json_response(
        error_body("InvalidRequest", "Invalid request.", inner_code, message), status=400
    )


def invalid_argument(inner_code: str, message: str) -> web.Response:
    """Return the refusal of a parameter."""
    return web.json_response(
        error_body("InvalidArgument", "Invalid argument.", inner_code, message), status=400
    )


def too_large() -> web.Response:
    """Return the refusal of a document that is too large."""
    return invalid_request(
        "InvalidContentLength",
        "The input image is too large. Refer to documentation for the maximum file size.",
    )


def unauthorized() -> web.Response:
    """Return the refusal of a request without a credential."""
    return web.json_response(error_body("401", ACCESS_DENIED), status=401)


def fault_answer(status: int, retry_after: float | None) -> web.Response:
    """Return the answer of a fault that was set."""
    messages = {
        429: "Requests to the Analyze Document API have exceeded the rate limit of your tier.",
        503: "The service is temporarily unavailable.",
    }
    message = messages.get(status, "An unexpected error occurred.")
    code = {429: "429", 500: "InternalServerError", 503: "ServiceUnavailable"}.get(
        status, str(status)
    )
    return web.json_response(
        error_body(code, message), status=status, headers=retry_header(retry_after)
    )
