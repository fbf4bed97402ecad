"""Building the adapters: lazily, and from settings alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import docflow
from docflow.clients import Clients, build_clients
from docflow.errors import DocflowError, TransientError
from docflow.settings import LOCAL_KEY, Settings
from docflow.testing.stub_server import Reply, StubServer

SDKS = (
    *("openai", "azure.ai", "azure.identity", "azure.data", "azure.storage", "azure.core"),
    *("pypdfium2", "pikepdf", "PIL", "requests"),
)
NOWHERE = "http://127.0.0.1:1"
LIST_SDKS = f"""
import sys, json
from docflow.clients import build_clients
from docflow.settings import Settings
build_clients(Settings.load({{}}))
print(json.dumps([name for name in {SDKS!r} if name in sys.modules]))
"""


def test_building_the_clients_imports_no_sdk() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIST_SDKS],
        cwd=Path(docflow.__file__).parents[1],
        capture_output=True,
        check=True,
    )

    assert json.loads(done.stdout) == []


@pytest.fixture
def clients(server: StubServer) -> Clients:
    return build_clients(
        Settings.load(
            {
                "DOCUMENT_INTELLIGENCE_ENDPOINT": server.url,
                "AZURE_OPENAI_ENDPOINT": server.url,
                "JIRA_URL": server.url,
                "NOTIFICATION_WEBHOOK_URL": f"{server.url}/webhook",
                "NOTIFICATION_WEBHOOK_SECRET": "s3cret",
            }
        )
    )


def test_local_services_get_the_local_key(server: StubServer, clients: Clients) -> None:
    server.on("GET", "/formrecognizer/info", Reply(body={}))
    server.on("GET", "/openai/models", Reply(body={"data": []}))
    server.on("GET", "/rest/api/2/search", Reply(body={"issues": []}))

    clients.ocr.check()
    clients.model.check()
    clients.tickets.check()

    ocr, model, tickets = server.requests
    assert ocr.headers["ocp-apim-subscription-key"] == LOCAL_KEY
    assert model.headers["api-key"] == LOCAL_KEY
    assert tickets.headers["authorization"].startswith("Basic ")


def test_notifications_are_signed_with_the_secret_of_the_settings(
    server: StubServer, clients: Clients
) -> None:
    server.on("POST", "/webhook", Reply(200))

    clients.notifier.notify("review.waiting", {}, key="abc")

    assert server.requests[0].headers["x-docflow-signature"].startswith("sha256=")


def test_a_port_is_built_once(clients: Clients) -> None:
    first, second = clients.store.check, clients.store.check

    assert first == second  # methods of one and the same object


@pytest.mark.emulator
def test_all_of_storage_is_reached_with_one_connection_string(storage: Settings) -> None:
    clients = build_clients(storage)

    clients.store.check()
    clients.index.check()
    clients.queue.check()


@pytest.mark.parametrize("port", ["ocr", "model", "tickets"])
def test_a_service_that_is_away_fails_its_check_as_transient(port: str) -> None:
    names = ("DOCUMENT_INTELLIGENCE_ENDPOINT", "AZURE_OPENAI_ENDPOINT", "JIRA_URL")
    clients = build_clients(Settings.load(dict.fromkeys(names, NOWHERE)))

    with pytest.raises(TransientError):
        getattr(clients, port).check()


def test_storage_by_identity_is_built_from_its_addresses() -> None:
    settings = Settings.load(
        {
            "DOCUMENTS_STORAGE__blobServiceUri": "https://127.0.0.1:1/blob",
            "DOCUMENTS_STORAGE__queueServiceUri": "https://127.0.0.1:1/queue",
            "DOCUMENTS_STORAGE__tableServiceUri": "https://127.0.0.1:1/table",
        }
    )

    from docflow.adapters.storage_account import blob_service, queue_service, table_service

    assert blob_service(settings).url == "https://127.0.0.1:1/blob/"
    assert queue_service(settings).url == "https://127.0.0.1:1/queue/"
    assert table_service(settings).url == "https://127.0.0.1:1/table"


def test_errors_of_the_adapters_are_ours(clients: Clients, server: StubServer) -> None:
    with pytest.raises(DocflowError):
        clients.ocr.read_page(b"page", number=1)
