"""The model through the real SDK, against a server that answers as Azure OpenAI does."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from docflow.adapters.azure.openai import AzureOpenAIModel
from docflow.errors import DocflowError, ErrorCode, PermanentError, TransientError
from docflow.models.outputs import SummaryAnswer, UrgencyAnswer
from docflow.models.states import UrgencyLevel
from docflow.ports import LanguageModel, ModelBlocked, ModelReply, Prompt
from testkit.fakes import ScriptedModel
from testkit.stub_server import Reply, StubServer

COMPLETIONS = "/openai/deployments/triage/chat/completions"
PROMPT = Prompt(step="judge", version="v1", text="Judge the document.", sha256="0" * 64)
DATA = {"pages": [{"number": 1, "text": 'Grüße "Müller" </system>'}]}
ANSWER = {"level": "urgent", "score": 0.9, "reasons": ["a deadline"]}


def completion(content: str | None, **choice: Any) -> Reply:
    message = {"role": "assistant", "content": content, "refusal": choice.pop("refusal", None)}
    return Reply(
        body={
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}],
            "usage": {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150},
        }
    )


def refused(status: int, code: str, **headers: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": "secret text"}}, headers)


@pytest.fixture
def model(server: StubServer) -> AzureOpenAIModel:
    server.on("POST", COMPLETIONS, completion(json.dumps(ANSWER)))
    return AzureOpenAIModel(
        server.url, "triage", api_version="2024-10-21", timeout_seconds=5, key="the-key"
    )


def ask(model: LanguageModel) -> ModelReply[UrgencyAnswer] | ModelBlocked:
    return model.answer(PROMPT, DATA, UrgencyAnswer, max_tokens=500)


def failure(model: LanguageModel) -> DocflowError:
    with pytest.raises(DocflowError) as caught:
        ask(model)
    return caught.value


def test_an_answer_comes_back_checked_and_counted(model: AzureOpenAIModel) -> None:
    assert ask(model) == ModelReply(
        answer=UrgencyAnswer(level=UrgencyLevel.URGENT, score=0.9, reasons=["a deadline"]),
        model="gpt-4o-mini-2024-07-18",
        deployment="triage",
        prompt_tokens=120,
        completion_tokens=30,
    )


def test_the_document_travels_as_data_apart_from_the_instructions(
    server: StubServer, model: AzureOpenAIModel
) -> None:
    ask(model)

    (asked,) = server.asked("POST", COMPLETIONS)
    body = asked.json()
    system, user = body["messages"]
    assert system == {"role": "system", "content": PROMPT.text}
    assert user["role"] == "user"
    assert json.loads(user["content"]) == DATA
    assert "Grüße" in user["content"]
    assert asked.query == {"api-version": "2024-10-21"}
    assert asked.headers["api-key"] == "the-key"


def test_the_request_asks_for_a_repeatable_answer_in_a_strict_form(
    server: StubServer, model: AzureOpenAIModel
) -> None:
    ask(model)

    body = server.asked("POST", COMPLETIONS)[0].json()
    assert (body["temperature"], body["max_tokens"], body["seed"]) == (0, 500, 7)
    form = body["response_format"]["json_schema"]
    assert form["strict"] is True
    assert form["schema"]["additionalProperties"] is False
    assert form["schema"]["required"] == ["level", "score", "reasons"]
    assert "from 0 (not at all)" in form["schema"]["properties"]["score"]["description"]


def test_every_object_of_the_summarys_form_is_strict(
    server: StubServer, model: AzureOpenAIModel
) -> None:
    with pytest.raises(TransientError):
        model.answer(PROMPT, DATA, SummaryAnswer, max_tokens=500)

    schema = server.asked("POST", COMPLETIONS)[0].json()["response_format"]["json_schema"]["schema"]
    objects = [schema, *(each for each in schema["$defs"].values() if each["type"] == "object")]
    assert len(objects) == 4
    for each in objects:
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])
    assert "documentType" in schema["properties"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (refused(400, "content_filter"), "CONTENT_FILTERED"),
        (completion("", finish_reason="content_filter"), "CONTENT_FILTERED"),
        (completion('{"level": "ur', finish_reason="length"), "ANSWER_TOO_LONG"),
        (completion(None, refusal="I cannot help with secret text."), "MODEL_REFUSED"),
    ],
)
def test_a_model_that_declines_for_good_is_an_outcome(
    server: StubServer, model: AzureOpenAIModel, reply: Reply, code: str
) -> None:
    server.on("POST", COMPLETIONS, reply)

    blocked = ask(model)

    assert isinstance(blocked, ModelBlocked)
    assert blocked.code == code
    assert "secret text" not in blocked.message


@pytest.mark.parametrize(
    "reply",
    [
        completion("{broken"),
        completion('{"level": "urgent"}'),
        completion(json.dumps({**ANSWER, "more": 1})),
        completion(json.dumps({**ANSWER, "level": "soon"})),
        completion(""),
        completion(None),
        Reply(body={"choices": []}),
        Reply(body={"id": "no choices"}),
        Reply(body={"choices": [{"index": 0}]}),
        Reply(body=[]),
        Reply(body=b"{broken"),
        Reply(body=b"<html>gateway</html>", headers={"Content-Type": "text/html"}),
        Reply(body=b""),
    ],
)
def test_an_answer_of_another_form_may_be_asked_for_again(
    server: StubServer, model: AzureOpenAIModel, reply: Reply
) -> None:
    server.on("POST", COMPLETIONS, reply)

    error = failure(model)

    assert isinstance(error, TransientError)
    assert error.code == "MODEL_ANSWER_INVALID"


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (refused(429, "429"), TransientError, "MODEL_THROTTLED"),
        (refused(408, "Timeout"), TransientError, "MODEL_UNAVAILABLE"),
        (refused(500, "InternalServerError"), TransientError, "MODEL_UNAVAILABLE"),
        (refused(503, "ServiceUnavailable"), TransientError, "MODEL_UNAVAILABLE"),
        (Reply(502, b"<html>bad gateway</html>"), TransientError, "MODEL_UNAVAILABLE"),
        (Reply(hang_up=True), TransientError, "MODEL_UNAVAILABLE"),
        (refused(401, "401"), PermanentError, "MODEL_UNAUTHORIZED"),
        (refused(403, "403"), PermanentError, "MODEL_UNAUTHORIZED"),
        (refused(404, "DeploymentNotFound"), PermanentError, "MODEL_NOT_DEPLOYED"),
        (refused(400, "context_length_exceeded"), PermanentError, "MODEL_REQUEST_REJECTED"),
    ],
)
def test_failures_are_told_apart_and_not_retried(
    server: StubServer, model: AzureOpenAIModel, reply: Reply, kind: type[Exception], code: str
) -> None:
    server.on("POST", COMPLETIONS, reply)

    error = failure(model)

    assert isinstance(error, kind)
    assert error.code == code
    assert "secret text" not in str(error)
    assert len(server.requests) == 1


def test_throttling_says_how_long_to_wait(server: StubServer, model: AzureOpenAIModel) -> None:
    server.on("POST", COMPLETIONS, refused(429, "429", **{"Retry-After": "300"}))

    error = failure(model)

    assert isinstance(error, TransientError)
    assert error.retry_after_seconds == 300
    assert error.message.startswith("Azure OpenAI answered 429;")


def test_a_silent_service_times_out(server: StubServer) -> None:
    server.on("POST", COMPLETIONS, Reply(hang_seconds=10))
    model = AzureOpenAIModel(
        server.url, "triage", api_version="2024-10-21", timeout_seconds=0.2, key="k"
    )

    assert failure(model).code == "MODEL_UNAVAILABLE"


def test_a_token_is_sent_where_no_key_is_set(server: StubServer) -> None:
    server.on("POST", COMPLETIONS, completion(json.dumps(ANSWER)))
    model = AzureOpenAIModel(
        server.url, "triage", api_version="2024-10-21", timeout_seconds=5, token=lambda: "tok"
    )

    ask(model)

    headers = server.asked("POST", COMPLETIONS)[0].headers
    assert headers["authorization"] == "Bearer tok"
    assert "api-key" not in headers


def test_an_identity_without_a_token_is_unauthorized(server: StubServer) -> None:
    def no_token() -> str:
        raise ClientAuthenticationError("no identity on this machine")

    model = AzureOpenAIModel(
        server.url, "triage", api_version="2024-10-21", timeout_seconds=5, token=no_token
    )

    error = failure(model)

    assert error.code == "MODEL_UNAUTHORIZED"
    assert "AZURE_OPENAI_KEY" in error.message


def test_the_check_tells_a_service_that_answers_from_one_that_does_not(
    server: StubServer, model: AzureOpenAIModel
) -> None:
    models = "/openai/models"
    server.on("GET", models, Reply(body={"data": []}), Reply(404, {}), refused(401, "401"))

    model.check()
    model.check()
    with pytest.raises(PermanentError, match="MODEL_UNAUTHORIZED"):
        model.check()


def test_neither_key_nor_prompt_nor_text_is_logged(
    model: AzureOpenAIModel, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        ask(model)

    for hidden in ("the-key", "Müller", "Judge the document", "a deadline"):
        assert hidden not in caplog.text


def test_the_scripted_model_follows_its_script() -> None:
    answer = UrgencyAnswer.model_validate(ANSWER)
    blocked = ModelBlocked(ErrorCode.CONTENT_FILTERED, "filtered")
    model = ScriptedModel(
        {"judge": [TransientError(ErrorCode.MODEL_THROTTLED, "busy"), blocked, answer]}
    )

    assert failure(model).code == "MODEL_THROTTLED"
    assert ask(model) == blocked
    reply = ask(model)
    assert isinstance(reply, ModelReply)
    assert reply.answer == answer
    assert [(call.step, call.data, call.max_tokens) for call in model.calls] == [
        ("judge", DATA, 500)
    ] * 3


def test_the_scripted_model_can_answer_by_the_data() -> None:
    answer = UrgencyAnswer.model_validate(ANSWER)
    model = ScriptedModel({"judge": lambda data: {1: answer}[len(data["pages"])]})

    reply = ask(model)

    assert isinstance(reply, ModelReply)
    assert reply.answer == answer
