"""The model through the real SDK, against a server that answers as Azure OpenAI does."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from docflow.adapters.model.address import azure_address, compatible_address
from docflow.adapters.model.chat_completions import ChatCompletionsModel
from docflow.errors import DocflowError, ErrorCode, PermanentError, TransientError
from docflow.models.outputs import SummaryAnswer, UrgencyAnswer
from docflow.models.states import UrgencyLevel
from docflow.ports import LanguageModel, ModelBlocked, ModelReply, Prompt
from testkit.fakes import ScriptedModel
from testkit.stub_server import Reply, Request, StubServer

COMPLETIONS = "/openai/v1/chat/completions"
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
def model(server: StubServer) -> ChatCompletionsModel:
    server.on("POST", COMPLETIONS, completion(json.dumps(ANSWER)))
    return ChatCompletionsModel(
        azure_address(server.url, "triage"), "triage", timeout_seconds=5, key="the-key"
    )


def ask(model: LanguageModel) -> ModelReply[UrgencyAnswer] | ModelBlocked:
    return model.answer(PROMPT, DATA, UrgencyAnswer, max_tokens=500)


def failure(model: LanguageModel) -> DocflowError:
    with pytest.raises(DocflowError) as caught:
        ask(model)
    return caught.value


def test_an_answer_comes_back_checked_and_counted(model: ChatCompletionsModel) -> None:
    assert ask(model) == ModelReply(
        answer=UrgencyAnswer(level=UrgencyLevel.URGENT, score=0.9, reasons=["a deadline"]),
        model="gpt-4o-mini-2024-07-18",
        deployment="triage",
        prompt_tokens=120,
        completion_tokens=30,
    )


def test_the_document_travels_as_data_apart_from_the_instructions(
    server: StubServer, model: ChatCompletionsModel
) -> None:
    ask(model)

    (asked,) = server.asked("POST", COMPLETIONS)
    body = asked.json()
    system, user = body["messages"]
    assert system == {"role": "system", "content": PROMPT.text}
    assert user["role"] == "user"
    assert json.loads(user["content"]) == DATA
    assert "Grüße" in user["content"]
    assert asked.query == {}
    assert body["model"] == "triage"
    assert asked.headers["api-key"] == "the-key"
    assert "authorization" not in asked.headers


def test_the_request_asks_for_an_answer_in_a_strict_form(
    server: StubServer, model: ChatCompletionsModel
) -> None:
    ask(model)

    body = server.asked("POST", COMPLETIONS)[0].json()
    assert sorted(body) == [
        *("max_completion_tokens", "messages", "model", "response_format", "store")
    ]
    assert (body["max_completion_tokens"], body["store"]) == (500, False)
    form = body["response_format"]["json_schema"]
    assert form["strict"] is True
    assert form["schema"]["additionalProperties"] is False
    assert form["schema"]["required"] == ["level", "score", "reasons"]
    assert "from 0 (not at all)" in form["schema"]["properties"]["score"]["description"]


def test_every_object_of_the_summarys_form_is_strict(
    server: StubServer, model: ChatCompletionsModel
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
    server: StubServer, model: ChatCompletionsModel, reply: Reply, code: str
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
    server: StubServer, model: ChatCompletionsModel, reply: Reply
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
    server: StubServer, model: ChatCompletionsModel, reply: Reply, kind: type[Exception], code: str
) -> None:
    server.on("POST", COMPLETIONS, reply)

    error = failure(model)

    assert isinstance(error, kind)
    assert error.code == code
    assert "secret text" not in str(error)
    assert len(server.requests) == 1


def test_throttling_says_how_long_to_wait(server: StubServer, model: ChatCompletionsModel) -> None:
    server.on("POST", COMPLETIONS, refused(429, "429", **{"Retry-After": "300"}))

    error = failure(model)

    assert isinstance(error, TransientError)
    assert error.retry_after_seconds == 300
    assert error.message.startswith("Azure OpenAI answered 429;")


def test_a_silent_service_times_out(server: StubServer) -> None:
    server.on("POST", COMPLETIONS, Reply(hang_seconds=10))
    model = ChatCompletionsModel(
        azure_address(server.url, "triage"), "triage", timeout_seconds=0.2, key="k"
    )

    assert failure(model).code == "MODEL_UNAVAILABLE"


def test_a_token_is_sent_where_no_key_is_set(server: StubServer) -> None:
    server.on("POST", COMPLETIONS, completion(json.dumps(ANSWER)))
    model = ChatCompletionsModel(
        azure_address(server.url, "triage"), "triage", timeout_seconds=5, token=lambda: "tok"
    )

    ask(model)

    headers = server.asked("POST", COMPLETIONS)[0].headers
    assert headers["authorization"] == "Bearer tok"
    assert "api-key" not in headers


def test_an_identity_without_a_token_is_unauthorized(server: StubServer) -> None:
    def no_token() -> str:
        raise ClientAuthenticationError("no identity on this machine")

    model = ChatCompletionsModel(
        azure_address(server.url, "triage"), "triage", timeout_seconds=5, token=no_token
    )

    error = failure(model)

    assert error.code == "MODEL_UNAUTHORIZED"
    assert "AZURE_OPENAI_KEY" in error.message


def compatible(server: StubServer, **options: Any) -> ChatCompletionsModel:
    """Return a model on a server that is not Azure."""
    return ChatCompletionsModel(
        compatible_address(server.url),
        "llama3.2:3b",
        timeout_seconds=5,
        settings=("MODEL_BASE_URL", "MODEL_NAME"),
        **options,
    )


def sent(server: StubServer, path: str = COMPLETIONS) -> list[dict[str, Any]]:
    return [request.json() for request in server.asked("POST", path)]


def test_the_older_api_is_asked_where_a_version_is_set(server: StubServer) -> None:
    path = "/openai/deployments/triage/chat/completions"
    server.on("POST", path, completion(json.dumps(ANSWER)))
    address = azure_address(server.url, "triage", "2024-10-21")

    ask(ChatCompletionsModel(address, "triage", timeout_seconds=5, key="k"))

    (asked,) = server.asked("POST", path)
    assert asked.query == {"api-version": "2024-10-21"}
    assert "store" not in asked.json()


def test_another_server_gets_a_bearer_key_or_none(server: StubServer) -> None:
    server.on("POST", "/v1/chat/completions", completion(json.dumps(ANSWER)))

    ask(compatible(server, key="the-key"))
    ask(compatible(server))

    with_key, without = server.asked("POST", "/v1/chat/completions")
    assert with_key.headers["authorization"] == "Bearer the-key"
    assert "api-key" not in with_key.headers
    assert "authorization" not in without.headers
    assert "store" not in with_key.json()


def test_what_settings_ask_for_is_sent(server: StubServer) -> None:
    server.on("POST", COMPLETIONS, completion(json.dumps(ANSWER)))
    model = ChatCompletionsModel(
        azure_address(server.url, "triage"),
        "triage",
        timeout_seconds=5,
        key="k",
        temperature=0.0,
        reasoning_effort="low",
        reasoning_tokens=8_000,
    )

    ask(model)

    (body,) = sent(server)
    assert (body["temperature"], body["reasoning_effort"]) == (0, "low")
    assert body["max_completion_tokens"] == 8_500


def unsupported(parameter: str, code: str = "unsupported_parameter") -> Reply:
    """Refuse a parameter as Azure OpenAI and OpenAI do."""
    message = f"Unsupported parameter: '{parameter}' is not supported with this model."
    error = {"message": message, "type": "invalid_request_error", "param": parameter, "code": code}
    return Reply(400, {"error": error})


VLLM_EXTRA = Reply(
    400,
    {
        "object": "error",
        "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), "
        "'msg': 'Extra inputs are not permitted', 'input': 500}]",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    },
)
FASTAPI_EXTRA = Reply(
    422,
    {
        "detail": [
            {
                "type": "extra_forbidden",
                "loc": ["body", "max_completion_tokens"],
                "msg": "Extra inputs are not permitted",
            }
        ]
    },
)
OLD_OPENAI = Reply(
    400,
    {
        "error": {
            "message": "Unrecognized request argument supplied: max_completion_tokens",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
    },
)


@pytest.mark.parametrize(
    "refusal", [unsupported("max_completion_tokens"), VLLM_EXTRA, FASTAPI_EXTRA, OLD_OPENAI]
)
def test_a_server_that_knows_only_the_older_limit_gets_it(
    server: StubServer, model: ChatCompletionsModel, refusal: Reply
) -> None:
    server.on("POST", COMPLETIONS, refusal, completion(json.dumps(ANSWER)))

    ask(model)
    ask(model)

    limits = [(b.get("max_completion_tokens"), b.get("max_tokens")) for b in sent(server)]
    assert limits == [(500, None), (None, 500), (None, 500)]


@pytest.mark.parametrize(
    ("parameter", "refusal"),
    [
        ("temperature", unsupported("temperature", "unsupported_value")),
        ("reasoning_effort", unsupported("reasoning_effort", "unknown_parameter")),
        ("store", Reply(400, {"error": {"message": 'json: unknown field "store"'}})),
        ("store", Reply(400, {"error": "unknown field 'store'"})),
        ("reasoning_effort", Reply(400, {"error": {"message": '"m" does not support thinking'}})),
        ("temperature", Reply(400, {"error": {"message": "temperature: only 1 is allowed"}})),
    ],
)
def test_a_parameter_that_a_model_refuses_is_left_out_from_then_on(
    server: StubServer, caplog: pytest.LogCaptureFixture, parameter: str, refusal: Reply
) -> None:
    server.on("POST", COMPLETIONS, refusal, completion(json.dumps(ANSWER)))
    model = ChatCompletionsModel(
        azure_address(server.url, "triage"),
        "triage",
        timeout_seconds=5,
        key="k",
        temperature=0.0,
        reasoning_effort="low",
    )

    ask(model)
    ask(model)

    assert [parameter in body for body in sent(server)] == [True, False, False]
    assert caplog.text.count("model_dialect_learned") == 1


def test_a_server_without_schemas_is_told_the_schema_in_words(
    server: StubServer, model: ChatCompletionsModel
) -> None:
    wordy = f"<think>{{hm}}</think>Here it is:\n```json\n{json.dumps(ANSWER)}\n```"
    server.on(
        "POST",
        COMPLETIONS,
        unsupported("response_format.type"),
        Reply(
            400, {"error": {"message": "'response_format' of type 'json_object' must be 'text'"}}
        ),
        completion(wordy),
    )

    reply = ask(model)

    assert isinstance(reply, ModelReply)
    assert reply.answer.level is UrgencyLevel.URGENT
    forms = [body.get("response_format", {}).get("type") for body in sent(server)]
    assert forms == ["json_schema", "json_object", None]
    instructions = [body["messages"][0]["content"] for body in sent(server)]
    assert ["from 0 (not at all)" in text for text in instructions] == [False, True, True]


@pytest.mark.parametrize(
    "message",
    [
        "This model does not support response format `json_schema`.",
        "This response_format type is unavailable now",
        "response_format value as json_schema is enabled only for api versions 2024-08-01-preview",
        "'response_format.type' must be 'json_object' or 'text'",
    ],
)
def test_servers_say_in_many_words_that_they_know_no_schemas(
    server: StubServer, model: ChatCompletionsModel, message: str
) -> None:
    refusal = Reply(400, {"error": {"message": message}})
    server.on("POST", COMPLETIONS, refusal, completion(json.dumps(ANSWER)))

    assert isinstance(ask(model), ModelReply)
    assert sent(server)[-1]["response_format"] == {"type": "json_object"}


def test_a_word_of_the_document_is_not_taken_for_a_parameter(
    server: StubServer, model: ChatCompletionsModel
) -> None:
    repeated = "Bad request, unknown role: " + "the store closes, thinking is free. " * 20
    server.on("POST", COMPLETIONS, Reply(400, {"error": {"message": repeated}}))

    assert failure(model).code == "MODEL_REQUEST_REJECTED"
    assert len(server.requests) == 1


def test_an_old_server_is_understood_step_by_step(server: StubServer) -> None:
    path = "/v1/chat/completions"

    def old(request: Request) -> Reply:
        body = request.json()
        for name in ("max_completion_tokens", "reasoning_effort"):
            if name in body:
                return unsupported(name)
        if body["response_format"]["type"] == "json_schema":
            return unsupported("response_format")
        return completion(json.dumps(ANSWER))

    server.on("POST", path, old)
    model = compatible(server, reasoning_effort="low", reasoning_tokens=100)

    assert isinstance(ask(model), ModelReply)
    assert isinstance(ask(model), ModelReply)

    assert len(sent(server, path)) == 5
    last = sent(server, path)[-1]
    assert sorted(last) == ["max_tokens", "messages", "model", "response_format"]


def test_requests_that_are_refused_together_learn_together(
    server: StubServer, model: ChatCompletionsModel, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = Barrier(8)

    def picky(request: Request) -> Reply:
        if "max_completion_tokens" in request.json():
            waiting.wait(10)
            return unsupported("max_completion_tokens")
        return completion(json.dumps(ANSWER))

    server.on("POST", COMPLETIONS, picky)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: ask(model), range(8)))

    assert all(isinstance(reply, ModelReply) for reply in replies)
    assert len(server.requests) == 16
    assert all("max_tokens" in body for body in sent(server)[8:])
    assert caplog.text.count("model_dialect_learned") == 1


@pytest.mark.parametrize(
    "refusal",
    [
        refused(400, "invalid_request_error"),
        Reply(400, {"error": {"message": "Invalid 'messages': not an array", "param": "messages"}}),
        Reply(400, {"error": {"message": "the text says: reasoning_effort is wonderful"}}),
        Reply(422, b"<html>unsupported</html>"),
    ],
)
def test_another_refusal_is_not_asked_again(
    server: StubServer, model: ChatCompletionsModel, refusal: Reply
) -> None:
    server.on("POST", COMPLETIONS, refusal)

    assert failure(model).code == "MODEL_REQUEST_REJECTED"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(
            400,
            {
                "error": {
                    "message": "max_tokens or max_completion_tokens is too large: 8500. This model "
                    "supports at most 4096 completion tokens.",
                    "param": None,
                    "code": None,
                }
            },
        ),
        refused(400, "context_length_exceeded"),
    ],
)
def test_room_for_reasoning_is_given_up_where_there_is_none(
    server: StubServer, refusal: Reply
) -> None:
    path = "/v1/chat/completions"
    server.on("POST", path, refusal, completion(json.dumps(ANSWER)))

    reply = ask(compatible(server, reasoning_tokens=8_000))

    assert isinstance(reply, ModelReply)
    assert [body["max_completion_tokens"] for body in sent(server, path)] == [8_500, 500]


@pytest.mark.parametrize(
    ("usage", "completion_tokens"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 90, "total_tokens": 100}, 90),
        ({"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 100}, 90),
        ({"prompt_tokens": 10, "completion_tokens": 20}, 20),
        ({"prompt_tokens": 10, "completion_tokens": None, "total_tokens": None}, 0),
    ],
)
def test_hidden_reasoning_is_part_of_the_cost(
    server: StubServer,
    model: ChatCompletionsModel,
    usage: dict[str, Any],
    completion_tokens: int,
) -> None:
    answer = completion(json.dumps(ANSWER))
    assert isinstance(answer.body, dict)
    server.on("POST", COMPLETIONS, Reply(body={**answer.body, "usage": usage}))

    reply = ask(model)

    assert isinstance(reply, ModelReply)
    assert (reply.prompt_tokens, reply.completion_tokens) == (10, completion_tokens)


def test_an_answer_that_was_all_reasoning_says_so_and_has_a_cost(
    server: StubServer, model: ChatCompletionsModel
) -> None:
    answer = completion("", finish_reason="length")
    assert isinstance(answer.body, dict)
    usage = {"prompt_tokens": 9, "completion_tokens": 500}
    details = {"completion_tokens_details": {"reasoning_tokens": 500}}
    server.on("POST", COMPLETIONS, Reply(body={**answer.body, "usage": {**usage, **details}}))

    blocked = ask(model)

    assert isinstance(blocked, ModelBlocked)
    assert blocked.code == "ANSWER_TOO_LONG"
    assert "MODEL_REASONING_TOKENS" in blocked.message
    assert (blocked.prompt_tokens, blocked.completion_tokens) == (9, 500)


def missing(code: str, message: str = "not there") -> Reply:
    return Reply(404, {"error": {"code": code, "message": message}})


PAGE = Reply(404, b"<html>no such page</html>", {"Content-Type": "text/html"})


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (missing("DeploymentNotFound"), "MODEL_NOT_DEPLOYED"),
        (missing("model_not_found"), "MODEL_NOT_DEPLOYED"),
        (missing("", "The model `triage` does not exist."), "MODEL_NOT_DEPLOYED"),
        (Reply(410, {"error": {"code": "ModelRetired"}}), "MODEL_NOT_DEPLOYED"),
        (missing("404", "Resource not found"), "MODEL_PATH_NOT_FOUND"),
        (Reply(404, {"detail": "Not Found"}), "MODEL_PATH_NOT_FOUND"),
        (PAGE, "MODEL_ENDPOINT_NOT_FOUND"),
        (Reply(404, {"issues": []}), "MODEL_ENDPOINT_NOT_FOUND"),
        (Reply(404, {"error": "page not found"}), "MODEL_PATH_NOT_FOUND"),
        (Reply(404, {"error": "model 'triage' not found"}), "MODEL_NOT_DEPLOYED"),
        (refused(400, "model_not_found"), "MODEL_NOT_DEPLOYED"),
        (refused(400, "OperationNotSupported"), "MODEL_REQUEST_REJECTED"),
    ],
)
def test_a_wrong_address_or_deployment_says_which_it_is(
    server: StubServer, model: ChatCompletionsModel, reply: Reply, code: str
) -> None:
    server.on("POST", COMPLETIONS, reply)

    error = failure(model)
    with pytest.raises(PermanentError) as checked:
        model.check()

    assert (error.code, checked.value.code) == (code, code)
    assert "AZURE_OPENAI_" in error.message
    assert len(server.requests) == 2


def test_the_inner_code_of_a_refusal_is_in_the_message(
    server: StubServer, model: ChatCompletionsModel
) -> None:
    inner = {"code": "ModelQuotaOfRegion"}
    error = {"code": "BadRequest", "message": "secret text", "innererror": inner}
    server.on("POST", COMPLETIONS, Reply(400, {"error": error}))

    assert "400 (BadRequest, ModelQuotaOfRegion)" in failure(model).message


def test_a_token_for_a_regional_address_is_not_called_a_bad_request(
    server: StubServer, model: ChatCompletionsModel
) -> None:
    message = "Please provide a custom subdomain for token authentication, otherwise API key."
    server.on(
        "POST", COMPLETIONS, Reply(400, {"error": {"code": "BadRequest", "message": message}})
    )

    error = failure(model)
    with pytest.raises(PermanentError, match="MODEL_UNAUTHORIZED"):
        model.check()

    assert error.code == "MODEL_UNAUTHORIZED"
    assert "AZURE_OPENAI_ENDPOINT is the address of a region" in error.message


def test_the_check_finds_the_deployment_without_paying(
    server: StubServer, model: ChatCompletionsModel
) -> None:
    server.on("POST", COMPLETIONS, refused(400, "invalid_request_error"), refused(401, "401"))

    model.check()
    with pytest.raises(PermanentError, match="MODEL_UNAUTHORIZED"):
        model.check()

    assert [body["messages"] for body in sent(server)] == [[], []]


DESCRIBED = "/v1/models/llama3.2:3b"


def test_the_check_asks_another_server_for_its_model(server: StubServer) -> None:
    server.on("GET", DESCRIBED, Reply(body={"id": "llama3.2:3b"}))

    compatible(server).check()

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("described", "completed", "code"),
    [
        (missing("not_found", "model 'llama3.2:3b' not found"), None, "MODEL_NOT_DEPLOYED"),
        (Reply(404, b"404 page not found"), None, "MODEL_ENDPOINT_NOT_FOUND"),
        (
            Reply(404, {"detail": "Not Found"}),
            Reply(404, {"message": "The model `llama3.2:3b` does not exist.", "object": "error"}),
            "MODEL_NOT_DEPLOYED",
        ),
        (Reply(405), Reply(400, {"error": {"message": "no messages"}}), None),
        (Reply(404, {"detail": "Not Found"}), Reply(404, {"detail": "Not Found"}), "MODEL_PATH"),
        (Reply(401, {}), None, "MODEL_UNAUTHORIZED"),
    ],
)
def test_the_check_finds_out_what_another_server_lacks(
    server: StubServer, described: Reply, completed: Reply | None, code: str | None
) -> None:
    server.on("GET", DESCRIBED, described)
    server.on("POST", "/v1/chat/completions", completed or PAGE)

    if code is None:
        compatible(server).check()
    else:
        with pytest.raises(PermanentError, match=code):
            compatible(server).check()


def test_neither_key_nor_prompt_nor_text_is_logged(
    model: ChatCompletionsModel, caplog: pytest.LogCaptureFixture
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
