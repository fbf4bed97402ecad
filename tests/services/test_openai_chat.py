"""Azure OpenAI through its real client: structured outputs, usage, limits and failures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Literal

import openai
import pytest
import requests
from pydantic import BaseModel, ValidationError

SetFaults = Callable[[object], None]
Stats = Callable[[], dict[str, Any]]

PAGE_ONE = """Halden Bakery Ltd
16 November 2026
Dear Mr Halden,
Your account has been overdue since September and two reminders were not answered.
We will disconnect the electricity supply within 48 hours unless we receive 4,318.72 pounds.
"""
PAGE_TWO = """Please send us the receipt by 18 November 2026 if you have paid already.
We regret this step and hope to hear from you before the engineer comes.
"""
PAGES = [{"page": 3, "text": PAGE_ONE}, {"page": 4, "text": PAGE_TWO}]


class Bullet(BaseModel):
    text: str
    page: int
    quote: str


class Summary(BaseModel):
    title: str
    language: str
    bullets: list[Bullet]


class Urgency(BaseModel):
    level: Literal["urgent", "normal"]
    score: float
    reasons: list[str]


@pytest.fixture
def client(services: str) -> Iterator[openai.AzureOpenAI]:
    with openai.AzureOpenAI(
        azure_endpoint=services, api_key="k", api_version="2024-10-21", max_retries=0
    ) as opened:
        yield opened


def _messages(task: str, **content: object) -> list[Any]:
    user = json.dumps({"task": task, **content})
    return [
        {"role": "system", "content": "You summarize documents."},
        {"role": "user", "content": user},
    ]


def _summarize(client: openai.AzureOpenAI, **options: Any) -> Any:
    document = {"name": "notice.pdf", "pages": PAGES}
    return client.chat.completions.parse(
        model="gpt-4o-mini",
        messages=_messages("summarize_document", document=document),
        response_format=Summary,
        temperature=0,
        **options,
    )


def _plain(client: openai.AzureOpenAI, text: str, **options: Any) -> Any:
    return client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": text}], **options
    )


def test_a_summary_quotes_the_pages_it_was_sent(client: openai.AzureOpenAI) -> None:
    completion = _summarize(client)

    summary = completion.choices[0].message.parsed
    texts = {3: " ".join(PAGE_ONE.split()), 4: " ".join(PAGE_TWO.split())}
    assert len(summary.bullets) in (3, 4)
    assert all(bullet.quote in texts[bullet.page] for bullet in summary.bullets)
    assert summary.language == "en"


def test_usage_is_counted_in_the_answer_and_in_the_stats(
    client: openai.AzureOpenAI, stats: Stats
) -> None:
    usage = _summarize(client).usage

    counted = stats()
    assert usage.prompt_tokens > 100
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert counted["prompt_tokens"] == usage.prompt_tokens
    assert counted["operations"]["chat.completions"]["completion_tokens"] == usage.completion_tokens


def test_the_same_question_has_the_same_answer(client: openai.AzureOpenAI) -> None:
    first, second = (_summarize(client).choices[0].message.content for _ in range(2))

    assert first == second


def test_urgency_is_judged_in_its_own_schema(client: openai.AzureOpenAI) -> None:
    completion = client.chat.completions.parse(
        model="gpt-4o-mini",
        messages=_messages("judge_urgency", document={"name": "n", "pages": PAGES}, summary={}),
        response_format=Urgency,
    )

    verdict = completion.choices[0].message.parsed
    assert verdict is not None
    assert verdict.level == "urgent"
    assert verdict.score > 0.5
    assert any("page 3" in reason for reason in verdict.reasons)


def test_the_summary_speaks_for_pages_that_were_not_sent(client: openai.AzureOpenAI) -> None:
    demand = "We will terminate your account within 24 hours: this is the final notice."
    completion = client.chat.completions.parse(
        model="gpt-4o-mini",
        messages=_messages(
            "judge_urgency",
            document={"name": "n", "pages": [{"page": 1, "text": "Dear customer,"}]},
            summary={"title": "t", "bullets": [{"text": demand, "page": 9}], "actions": []},
        ),
        response_format=Urgency,
    )

    verdict = completion.choices[0].message.parsed
    assert verdict is not None
    assert verdict.level == "urgent"
    assert "page 9" in verdict.reasons[0]


def test_the_models_are_listed(client: openai.AzureOpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["docflow-extractive-1"]


def test_parts_are_combined_without_changing_their_bullets(client: openai.AzureOpenAI) -> None:
    parts = [
        {"title": f"Part {n}", "language": "en", "bullets": [{"text": t, "page": n, "quote": t}]}
        for n, t in enumerate(("The roof leaks.", "Loans rose.", "Staff grew."), start=1)
    ]
    completion = client.chat.completions.parse(
        model="gpt-4o-mini",
        messages=_messages("combine_summaries", parts=parts),
        response_format=Summary,
    )

    assert completion.choices[0].message.parsed == Summary(
        title="Part 1",
        language="en",
        bullets=[Bullet.model_validate(part["bullets"][0]) for part in parts],
    )


def test_other_text_is_taken_for_one_page(client: openai.AzureOpenAI) -> None:
    completion = _plain(client, PAGE_ONE)

    assert "disconnect the electricity supply" in completion.choices[0].message.content


def test_a_small_token_limit_cuts_the_answer(client: openai.AzureOpenAI) -> None:
    with pytest.raises(openai.LengthFinishReasonError) as cut:
        _summarize(client, max_tokens=20)

    assert cut.value.completion.usage is not None
    assert cut.value.completion.usage.completion_tokens == 20


def test_azure_adds_the_results_of_its_filters(client: openai.AzureOpenAI) -> None:
    completion = _plain(client, PAGE_ONE)

    assert completion.model_extra["prompt_filter_results"]
    assert completion.choices[0].model_extra["content_filter_results"]["hate"]["filtered"] is False


def test_an_open_schema_is_refused_where_it_should_be_strict(client: openai.AzureOpenAI) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    response_format = {
        "type": "json_schema",
        "json_schema": {"name": "open", "strict": True, "schema": schema},
    }

    with pytest.raises(openai.BadRequestError, match="additionalProperties"):
        _plain(client, PAGE_ONE, response_format=response_format)


def test_a_prompt_beyond_the_context_window_is_refused(client: openai.AzureOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        _plain(client, "word " * 110_000)

    assert refused.value.code == "context_length_exceeded"


def test_a_call_without_a_key_is_refused(services: str) -> None:
    path = "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21"

    answer = requests.post(services + path, json={"messages": []}, timeout=10)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "401")


@pytest.mark.parametrize(
    "options", [{"stream": True}, {"n": 2}, {"max_tokens": 0}, {"response_format": {"type": "x"}}]
)
def test_what_the_stand_in_cannot_do_is_refused(
    client: openai.AzureOpenAI, options: dict[str, Any]
) -> None:
    with pytest.raises(openai.BadRequestError):
        _plain(client, PAGE_ONE, **options)


def test_a_filtered_prompt_is_refused_as_azure_does(
    client: openai.AzureOpenAI, set_faults: SetFaults
) -> None:
    set_faults({"chat.completions": {"content_filter": "prompt"}})

    with pytest.raises(openai.BadRequestError) as refused:
        _summarize(client)

    assert refused.value.code == "content_filter"


def test_a_filtered_answer_ends_with_its_reason(
    client: openai.AzureOpenAI, set_faults: SetFaults
) -> None:
    set_faults({"chat.completions": {"content_filter": "completion"}})

    with pytest.raises(openai.ContentFilterFinishReasonError):
        _summarize(client)


def test_a_malformed_answer_comes_in_a_whole_envelope(
    client: openai.AzureOpenAI, set_faults: SetFaults
) -> None:
    set_faults({"chat.completions": {"malformed": True, "next": 1}})

    with pytest.raises(ValidationError):
        _summarize(client)
    assert _summarize(client).choices[0].finish_reason == "stop"


def test_a_throttled_call_costs_no_tokens(
    client: openai.AzureOpenAI, set_faults: SetFaults, stats: Stats
) -> None:
    set_faults({"chat.completions": {"status": 429, "retry_after": 3}})

    with pytest.raises(openai.RateLimitError) as refused:
        _summarize(client)

    assert refused.value.response.headers["Retry-After"] == "3"
    assert stats()["prompt_tokens"] == 0
