"""What models of each generation refuse, through the real client and through docflow's adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openai
import pytest
import requests

from docflow.adapters.model.address import azure_address, compatible_address
from docflow.adapters.model.chat_completions import ChatCompletionsModel
from docflow.errors import PermanentError, TransientError
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import SummaryAnswer, UrgencyAnswer
from docflow.ports import ModelReply

Choose = Callable[..., None]
Stats = Callable[[], dict[str, Any]]

TEXT = "We will disconnect the electricity supply within 48 hours unless we receive 40 pounds."
DATA = {"task": "judge_urgency", "document": {"pages": [{"page": 1, "text": TEXT}]}, "summary": {}}


@pytest.fixture
def choose(services: str) -> Choose:
    """Choose the generation, or the deployments, through the controls."""

    def choose_them(**wanted: object) -> None:
        requests.post(f"{services}/_control/model", json=wanted, timeout=10).raise_for_status()

    return choose_them


def ask(services: str, deployment: str = "triage", **options: Any) -> Any:
    with openai.OpenAI(base_url=f"{services}/openai/v1", api_key="k", max_retries=0) as client:
        return client.chat.completions.create(
            model=deployment, messages=[{"role": "user", "content": TEXT}], **options
        )


@pytest.mark.parametrize(
    ("generation", "options", "parameter", "code"),
    [
        ("reasoning", {"max_tokens": 100}, "max_tokens", "unsupported_parameter"),
        ("reasoning", {"temperature": 0}, "temperature", "unsupported_value"),
        ("reasoning", {"reasoning_effort": "huge"}, "reasoning_effort", "unsupported_value"),
        ("reasoning", {"extra_body": {"mirostat": 1}}, "mirostat", "unknown_parameter"),
        ("classic", {"reasoning_effort": "low"}, "reasoning_effort", "unsupported_parameter"),
        ("classic", {"extra_body": {"mirostat": 1}}, "mirostat", "unknown_parameter"),
        ("compatible", {"max_completion_tokens": 9}, "max_completion_tokens", "unknown_parameter"),
        ("compatible", {"store": False}, "store", "unknown_parameter"),
    ],
)
def test_a_model_refuses_what_its_generation_does_not_know(
    services: str,
    choose: Choose,
    generation: str,
    options: dict[str, Any],
    parameter: str,
    code: str,
) -> None:
    choose(generation=generation)

    with pytest.raises(openai.BadRequestError) as refused:
        ask(services, **options)

    assert (refused.value.param, refused.value.code) == (parameter, code)


@pytest.mark.parametrize(
    ("deployment", "options"),
    [
        ("gpt-4o-mini", {"max_tokens": 500, "temperature": 0, "seed": 7}),
        ("gpt-5.6-luna", {"max_completion_tokens": 500, "temperature": 1, "store": False}),
        ("triage", {"max_completion_tokens": 500, "reasoning_effort": "none"}),
    ],
)
def test_the_name_of_a_deployment_tells_the_generation(
    services: str, deployment: str, options: dict[str, Any]
) -> None:
    assert ask(services, deployment, **options).choices[0].finish_reason == "stop"


def test_hidden_reasoning_counts_and_comes_first(services: str) -> None:
    thorough = ask(services, reasoning_effort="high").usage
    plain = ask(services, reasoning_effort="none").usage
    cut = ask(services, max_completion_tokens=50)

    assert thorough.completion_tokens - plain.completion_tokens == 1_024
    assert thorough.completion_tokens_details.reasoning_tokens == 1_024
    assert (cut.choices[0].finish_reason, cut.choices[0].message.content) == ("length", "")


@pytest.mark.parametrize("generation", ["reasoning", "classic", "compatible"])
@pytest.mark.parametrize("schema", [UrgencyAnswer, SummaryAnswer])
def test_the_adapter_understands_every_generation(
    services: str, choose: Choose, stats: Stats, generation: str, schema: Any
) -> None:
    choose(generation=generation)
    model = ChatCompletionsModel(
        azure_address(services, "triage"),
        "triage",
        timeout_seconds=10,
        key="k",
        temperature=0.0,
        reasoning_effort="low",
        reasoning_tokens=1_000,
    )

    replies = [
        model.answer(load_prompt("judge_urgency"), DATA, schema, max_tokens=500) for _ in range(3)
    ]

    refused = {"reasoning": 1, "classic": 1, "compatible": 4}[generation]
    assert all(isinstance(reply, ModelReply) for reply in replies)
    assert stats()["operations"]["chat.completions"]["requests"] == 3 + refused


def test_a_deployment_that_does_not_exist_is_found_without_paying(
    services: str, choose: Choose, stats: Stats
) -> None:
    choose(deployments=["triage"])
    address = azure_address(services, "other")

    ChatCompletionsModel(address, "triage", timeout_seconds=10, key="k").check()
    with pytest.raises(PermanentError, match="MODEL_NOT_DEPLOYED"):
        ChatCompletionsModel(address, "other", timeout_seconds=10, key="k").check()

    assert stats()["prompt_tokens"] == 0


def test_another_server_names_the_model_that_it_does_not_have(
    services: str, choose: Choose
) -> None:
    choose(deployments=["llama3.2:3b"], generation="compatible")
    address = compatible_address(services)

    ChatCompletionsModel(address, "llama3.2:3b", timeout_seconds=10, key="k").check()
    with pytest.raises(PermanentError, match="MODEL_NOT_DEPLOYED"):
        ChatCompletionsModel(address, "other", timeout_seconds=10, key="k").check()


def test_a_path_that_does_not_exist_is_told_from_a_deployment(services: str) -> None:
    address = azure_address(f"{services}/nowhere", "triage")
    model = ChatCompletionsModel(address, "triage", timeout_seconds=10, key="k")

    with pytest.raises(PermanentError, match=r"MODEL_(PATH|ENDPOINT)_NOT_FOUND"):
        model.check()


def test_a_pause_in_milliseconds_is_heeded(
    services: str, set_faults: Callable[[object], None]
) -> None:
    set_faults({"chat.completions": {"status": 429, "retry_after_ms": 1_500, "next": 1}})
    model = ChatCompletionsModel(
        azure_address(services, "triage"), "triage", timeout_seconds=10, key="k"
    )

    with pytest.raises(TransientError) as throttled:
        model.answer(load_prompt("judge_urgency"), DATA, UrgencyAnswer, max_tokens=5_000)

    assert throttled.value.retry_after_seconds == 1.5


@pytest.mark.parametrize("body", [[], {"generation": "next"}, {"deployments": "a"}, {"other": 1}])
def test_a_choice_that_cannot_be_taken_is_refused(services: str, body: object) -> None:
    answer = requests.post(f"{services}/_control/model", json=body, timeout=10)

    assert answer.status_code == 400


def test_a_reset_forgets_the_choice(services: str, choose: Choose) -> None:
    choose(generation="classic", deployments=["a"])
    requests.post(f"{services}/_control/reset", timeout=10).raise_for_status()

    shown = requests.get(f"{services}/_control/model", timeout=10).json()

    assert shown == {"generation": None, "deployments": None}
