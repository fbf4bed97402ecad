"""Put the stand-ins and their controls together into one aiohttp application."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from aiohttp import web

from devstack.services.controls.api import Controls
from devstack.services.controls.operations import ControlState
from devstack.services.document_intelligence.api import DocumentIntelligence
from devstack.services.document_intelligence.content import MAX_BODY_BYTES
from devstack.services.jira.api import Jira
from devstack.services.model.chat_completions import ChatCompletions
from devstack.services.model.deployments import ANY_DEPLOYMENT, Deployments
from devstack.services.ocr.pool import OcrPool
from devstack.services.webhook.receiver import WebhookReceiver

MAX_WORKERS = 8
MEBIBYTE = 1024 * 1024


class TessdataMissingError(Exception):
    """There is no language data for the OCR engine where it was looked for."""


def default_workers() -> int:
    """Return one OCR process per core, within reason."""
    return max(1, min(MAX_WORKERS, os.cpu_count() or 1))


def installed_languages(tessdata: Path) -> frozenset[str]:
    """Return the languages in the folder, or raise `TessdataMissingError`."""
    languages = frozenset(file.stem for file in tessdata.glob("*.traineddata"))
    if not languages - {"osd"}:
        raise TessdataMissingError(
            f"no Tesseract language data in {tessdata}: expected eng.traineddata there "
            "(dev.py installs it; or name another folder with --tessdata)"
        )
    return languages - {"osd"}


def build_app(
    tessdata: Path, ocr_workers: int | None = None, deployments: Deployments = ANY_DEPLOYMENT
) -> web.Application:
    """Return the application; its OCR processes start when first needed and end with it."""
    languages = installed_languages(tessdata)
    control = ControlState()
    readers = OcrPool(tessdata, ocr_workers or default_workers())
    inspectors = OcrPool(tessdata, 1)
    reader = DocumentIntelligence(control, readers, inspectors, languages)
    model = ChatCompletions(control, deployments)
    jira = Jira(control)
    webhook = WebhookReceiver(control)

    async def clear() -> None:
        await reader.reset()
        model.reset()
        jira.reset()
        webhook.reset()

    def health() -> dict[str, Any]:
        return {
            "status": "ok",
            "ocr": {"languages": sorted(languages), "workers": readers.workers},
            "model": "extractive stand-in, not a language model",
        }

    async def shut_down(_app: web.Application) -> None:
        await reader.close()
        await readers.close()
        await inspectors.close()

    # The service refuses what is over its limit itself, so a little more must get through.
    app = web.Application(client_max_size=MAX_BODY_BYTES + MEBIBYTE)
    app.on_shutdown.append(shut_down)
    for part in (reader, model, jira, webhook, Controls(control, clear, health)):
        app.add_routes(part.routes())
    return app
