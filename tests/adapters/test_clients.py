"""Building the adapters: lazily, and from settings alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import docflow
from docflow.adapters.cache.model import KeptAnswer
from docflow.adapters.cache.results import ResultCache, cache_key, schema_digest
from docflow.clients import Clients, build_clients
from docflow.errors import DocflowError, TransientError
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import UrgencyAnswer
from docflow.ports import ModelReply
from docflow.settings import LOCAL_KEY, Settings
from testkit.examples import NORMAL
from testkit.stub_server import Reply, StubServer

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
    server.on("GET", "/formrecognizer/documentModels/prebuilt-read", Reply(body={}))
    server.on("POST", "/openai/v1/chat/completions", Reply(400, {"error": {"code": "no"}}))
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


class Keeper:
    """Keeps what each of the paid services answered."""

    def __init__(self, days: int, server: StubServer, storage: Settings) -> None:
        self.clients = build_clients(
            Settings.load(
                {
                    "DOCUMENTS_STORAGE": storage.documents_storage or "",
                    "AZURE_OPENAI_ENDPOINT": server.url,
                    "DOCUMENT_INTELLIGENCE_ENDPOINT": server.url,
                    "CACHE_RETENTION_DAYS": str(days),
                }
            )
        )

    def judge(self) -> ModelReply[UrgencyAnswer]:
        prompt = load_prompt("judge_urgency")
        reply = self.clients.model.answer(prompt, {"n": 1}, UrgencyAnswer, max_tokens=9)
        assert isinstance(reply, ModelReply)
        return reply


@pytest.mark.emulator
@pytest.mark.parametrize(("days", "paid"), [(30, 1), (0, 2)])
def test_what_was_answered_is_kept_unless_nothing_is_to_be(
    server: StubServer, storage: Settings, days: int, paid: int
) -> None:
    message = {"role": "assistant", "content": NORMAL.model_dump_json(by_alias=True)}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    server.on(
        "POST",
        "/openai/v1/chat/completions",
        Reply(body={**answer, "choices": [choice]}),
    )

    replies = [Keeper(days, server, storage).judge() for _ in range(2)]

    assert [reply.answer for reply in replies] == [NORMAL] * 2
    assert len(server.requests) == paid


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

    from docflow.adapters.azure.storage import blob_service, queue_service, table_service

    assert blob_service(settings).url == "https://127.0.0.1:1/blob/"
    assert queue_service(settings).url == "https://127.0.0.1:1/queue/"
    assert table_service(settings).url == "https://127.0.0.1:1/table"


def kept_by_0_1_0(settings: Settings, storage: Settings, data: dict[str, int]) -> None:
    """Store an answer as version 0.1.0 kept it for the defaults of its settings."""
    prompt = load_prompt("judge_urgency")
    shape = (settings.azure_openai_endpoint, "gpt-4o-mini", "2024-10-21", "7")
    question = json.dumps(data, sort_keys=True, ensure_ascii=False)
    key = cache_key(prompt.sha256, question, schema_digest(UrgencyAnswer), 9, *shape)
    kept = KeptAnswer(
        answer=NORMAL.model_dump_json(by_alias=True),
        model="gpt-4o-mini",
        deployment="gpt-4o-mini",
        prompt_tokens=5,
        completion_tokens=4,
    )
    ResultCache(build_clients(storage).store, "model").write(key, kept)


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("changed", "known"),
    [
        ({"MODEL_TEMPERATURE": "0"}, True),
        ({"MODEL_TEMPERATURE": "0", "AZURE_OPENAI_API_VERSION": "2024-10-21"}, True),
        ({"MODEL_TEMPERATURE": "0", "AZURE_OPENAI_API_VERSION": "2024-06-01"}, False),
        ({"MODEL_TEMPERATURE": "0", "MODEL_REASONING_EFFORT": "low"}, False),
        ({"MODEL_TEMPERATURE": "0", "AZURE_OPENAI_DEPLOYMENT": "gpt-5.6-luna"}, False),
        ({}, False),
    ],
)
def test_an_answer_of_0_1_0_is_used_where_it_answers_the_same_question(
    server: StubServer, storage: Settings, changed: dict[str, str], known: bool
) -> None:
    settings = Settings.load(
        {
            "DOCUMENTS_STORAGE": storage.documents_storage or "",
            "AZURE_OPENAI_ENDPOINT": server.url,
            "AZURE_OPENAI_DEPLOYMENT": "gpt-4o-mini",
            **changed,
        }
    )
    data = {"n": server_number(server)}
    kept_by_0_1_0(settings, storage, data)
    model, prompt = build_clients(settings).model, load_prompt("judge_urgency")

    if known:
        reply = model.answer(prompt, data, UrgencyAnswer, max_tokens=9)
        assert isinstance(reply, ModelReply)
        assert reply.cached
    else:
        with pytest.raises(DocflowError):
            model.answer(prompt, data, UrgencyAnswer, max_tokens=9)
    assert bool(server.requests) is not known


def server_number(server: StubServer) -> int:
    return int(server.url.rpartition(":")[2])


@pytest.mark.emulator
@pytest.mark.parametrize(
    "changed",
    [
        {"AZURE_OPENAI_DEPLOYMENT": "other"},
        {"AZURE_OPENAI_API_VERSION": "2024-10-21"},
        {"MODEL_TEMPERATURE": "0.5"},
        {"MODEL_REASONING_EFFORT": "high"},
        {"MODEL_BASE_URL": "{server}/v1", "MODEL_NAME": "gpt-5.6-luna"},
    ],
)
def test_what_shapes_an_answer_is_part_of_its_key(
    server: StubServer, storage: Settings, changed: dict[str, str]
) -> None:
    message = {"role": "assistant", "content": NORMAL.model_dump_json(by_alias=True)}
    answer = Reply(body={"choices": [{"finish_reason": "stop", "message": message}]})
    deployment = "/openai/deployments/gpt-5.6-luna/chat/completions"
    for path in ("/openai/v1/chat/completions", "/v1/chat/completions", deployment):
        server.on("POST", path, answer)
    base = {
        "DOCUMENTS_STORAGE": storage.documents_storage or "",
        "AZURE_OPENAI_ENDPOINT": server.url,
    }
    other = {name: value.format(server=server.url) for name, value in changed.items()}

    for settings in (base, base, {**base, **other}):
        model = build_clients(Settings.load(settings)).model
        model.answer(load_prompt("judge_urgency"), {"n": 1}, UrgencyAnswer, max_tokens=9)

    assert len(server.requests) == 2


def test_a_server_that_is_not_azure_never_gets_a_key_of_azure(server: StubServer) -> None:
    clients = build_clients(
        Settings.load(
            {
                "MODEL_BASE_URL": server.url,
                "MODEL_NAME": "llama3.2:3b",
                "AZURE_OPENAI_KEY": "the-key-of-azure",
                "CACHE_RETENTION_DAYS": "0",
            }
        )
    )
    server.on("GET", "/v1/models/llama3.2:3b", Reply(body={}))

    clients.model.check()

    assert "the-key-of-azure" not in str(server.requests[0].headers)


@pytest.fixture
def unkept(server: StubServer) -> Clients:
    names = {"DOCUMENT_INTELLIGENCE_ENDPOINT": server.url, "CACHE_RETENTION_DAYS": "0"}
    return build_clients(Settings.load(names))


def test_errors_of_the_adapters_are_ours(unkept: Clients) -> None:
    with pytest.raises(DocflowError):
        unkept.ocr.read_page(b"page", number=1)
