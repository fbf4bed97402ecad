"""Notifications to people, as signed posts to one address."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import requests

from docflow.adapters.vendor import Vendor
from docflow.errors import ErrorCode

TIMEOUT_SECONDS = 10

WEBHOOK = Vendor(
    service="The webhook receiver",
    throttled=ErrorCode.WEBHOOK_UNAVAILABLE,
    unavailable=ErrorCode.WEBHOOK_UNAVAILABLE,
    unauthorized=ErrorCode.WEBHOOK_REJECTED,
    rejected=ErrorCode.WEBHOOK_REJECTED,
    access="check NOTIFICATION_WEBHOOK_URL and NOTIFICATION_WEBHOOK_SECRET",
)


class WebhookNotifier:
    """Posts events as JSON; does nothing where no address is set.

    With a secret, `X-Docflow-Signature` is `sha256=` and the HMAC-SHA256 of the body in hex.
    """

    def __init__(self, url: str | None, secret: str | None = None) -> None:
        self._url = url
        self._secret = secret

    def notify(self, event: str, body: dict[str, Any], *, key: str) -> None:
        """Post one event; redirects are not followed, since they would send the data elsewhere."""
        if self._url is None:
            return
        content = json.dumps(body, ensure_ascii=False).encode()
        try:
            answer = requests.post(
                self._url,
                data=content,
                headers=self._headers(event, content, key),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise WEBHOOK.unreachable(error) from error
        if answer.status_code >= 300:
            raise WEBHOOK.answered(answer.status_code, answer.headers)

    def _headers(self, event: str, content: bytes, key: str) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "X-Docflow-Event": event,
        }
        if self._secret:
            signature = hmac.new(self._secret.encode(), content, hashlib.sha256).hexdigest()
            headers["X-Docflow-Signature"] = f"sha256={signature}"
        return headers
