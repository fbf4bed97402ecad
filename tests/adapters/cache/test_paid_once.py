"""The cached engines: they pay for each content once, and for each setting that shapes it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from docflow.adapters.cache.model import CachedModel
from docflow.adapters.cache.ocr import CachedOcr
from docflow.adapters.cache.results import ResultCache
from docflow.contracts import Container
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import SummaryAnswer, UrgencyAnswer
from docflow.models.pages import PageText
from docflow.models.states import PageMethod
from docflow.ports import ModelBlocked, ModelReply, Prompt
from testkit.examples import NORMAL, SUMMARY
from testkit.fakes import InMemoryBlobStore, ScriptedModel, ScriptedOcr, failing

PROMPT = load_prompt("summarize")
DATA = {"task": "summarize_document", "document": {"pages": [{"page": 1, "text": "Grüße"}]}}
BLOCKED = ModelBlocked(ErrorCode.CONTENT_FILTERED, "no")


@pytest.fixture
def store() -> InMemoryBlobStore:
    return InMemoryBlobStore()


# pages


def ocr_over(
    store: InMemoryBlobStore, engine: ScriptedOcr, *shape: str, namespace: str = "ocr"
) -> CachedOcr:
    return CachedOcr(engine, ResultCache(store, namespace), shape=shape or ("service", "read", "1"))


def test_a_page_is_paid_for_once_wherever_it_stands(store: InMemoryBlobStore) -> None:
    engine = ScriptedOcr({1: "Final notice"})
    first = ocr_over(store, engine).read_page(b"a page", number=1)

    again = ocr_over(store, engine).read_page(b"a page", number=7)

    assert engine.calls == [1]
    assert not first.cached
    assert again == first.model_copy(update={"number": 7, "cached": True})
    assert again.words == first.words != []


class SlowOcr(ScriptedOcr):
    """Answers when it is let, and tells when it was asked."""

    def __init__(self, *answers: str | Exception) -> None:
        super().__init__(dict(enumerate(answers, 1)))
        self.asked, self.may_answer = threading.Semaphore(0), threading.Event()

    def read_page(self, content: bytes, *, number: int, again: bool = False) -> PageText:
        self.asked.release()
        assert self.may_answer.wait(20)
        return super().read_page(content, number=number, again=again)


def test_copies_that_come_at_the_same_time_are_paid_for_once(store: InMemoryBlobStore) -> None:
    engine = SlowOcr(*["Final notice"] * 5)
    ocr = ocr_over(store, engine)

    with ThreadPoolExecutor(5) as pool:
        reads = [pool.submit(ocr.read_page, b"a page", number=n) for n in range(1, 6)]
        assert engine.asked.acquire(timeout=20)
        engine.may_answer.set()
        pages = [read.result(20) for read in reads]

    assert len(engine.calls) == 1
    assert sorted(page.cached for page in pages) == [False, True, True, True, True]
    assert sorted(page.number for page in pages) == [1, 2, 3, 4, 5]


def test_who_waited_for_a_failure_asks_too(store: InMemoryBlobStore) -> None:
    away = TransientError(ErrorCode.OCR_UNAVAILABLE, "away")
    engine = SlowOcr(away, away)
    ocr = ocr_over(store, engine)

    with ThreadPoolExecutor(2) as pool:
        reads = [pool.submit(ocr.read_page, b"a page", number=n) for n in (1, 2)]
        assert engine.asked.acquire(timeout=20)
        engine.may_answer.set()
        failures = [read.exception(20) for read in reads]

    assert failures == [away, away]
    assert sorted(engine.calls) == [1, 2]


def test_a_page_with_nothing_on_it_is_paid_for_once_too(store: InMemoryBlobStore) -> None:
    engine = ScriptedOcr(default="")
    pages = [ocr_over(store, engine).read_page(b"blank", number=n) for n in (1, 2)]

    assert engine.calls == [1]
    assert [page.method for page in pages] == [PageMethod.EMPTY] * 2


@pytest.mark.parametrize(
    ("content", "shape"),
    [
        (b"another page", ("service", "read", "1")),
        (b"a page", ("service", "read", "2")),
        (b"a page", ("service", "layout", "1")),
        (b"a page", ("stand-in", "read", "1")),
    ],
)
def test_other_bytes_and_other_services_are_asked_anew(
    store: InMemoryBlobStore, content: bytes, shape: tuple[str, ...]
) -> None:
    engine = ScriptedOcr()
    ocr_over(store, engine).read_page(b"a page", number=1)

    page = ocr_over(store, engine, *shape).read_page(content, number=2)

    assert engine.calls == [1, 2]
    assert not page.cached


@pytest.mark.parametrize(
    "error",
    [
        TransientError(ErrorCode.OCR_UNAVAILABLE, "x"),
        PermanentError(ErrorCode.OCR_PAGE_REJECTED, "x"),
    ],
)
def test_a_failure_is_not_kept(store: InMemoryBlobStore, error: Exception) -> None:
    ocr = ocr_over(store, ScriptedOcr({1: [error, "read at last"]}))
    with pytest.raises(type(error)):
        ocr.read_page(b"a page", number=1)

    assert ocr.read_page(b"a page", number=1).text == "read at last"


def test_the_engine_behind_is_checked(store: InMemoryBlobStore) -> None:
    away = TransientError(ErrorCode.OCR_UNAVAILABLE, "away")
    with pytest.raises(TransientError):
        ocr_over(store, failing(ScriptedOcr(), "check", away)).check()


# answers


def model_over(store: InMemoryBlobStore, model: ScriptedModel, *shape: str) -> CachedModel:
    return CachedModel(model, ResultCache(store, "model"), shape=shape or ("service", "mini", "1"))


def scripted() -> ScriptedModel:
    return ScriptedModel({"summarize": SUMMARY, "judge_urgency": NORMAL})


def asked(model: CachedModel, **other: Any) -> ModelReply[SummaryAnswer]:
    question = {"prompt": PROMPT, "data": DATA, "schema": SummaryAnswer, "max_tokens": 900, **other}
    reply = model.answer(
        question["prompt"], question["data"], question["schema"], max_tokens=question["max_tokens"]
    )
    assert isinstance(reply, ModelReply)
    return reply


def test_a_question_is_paid_for_once(store: InMemoryBlobStore) -> None:
    model = scripted()
    first = asked(model_over(store, model))

    again = asked(model_over(store, model))

    assert len(model.calls) == 1
    assert (first.cached, again.cached) == (False, True)
    assert (again.answer, again.model, again.deployment) == (
        SUMMARY,
        first.model,
        first.deployment,
    )
    assert (again.prompt_tokens, again.completion_tokens) == (0, 0)
    assert (again.saved_prompt_tokens, again.saved_completion_tokens) == (
        first.prompt_tokens,
        first.completion_tokens,
    )


def test_the_order_of_what_is_asked_about_makes_no_other_question(
    store: InMemoryBlobStore,
) -> None:
    model = scripted()
    asked(model_over(store, model))

    assert asked(model_over(store, model), data=dict(reversed(DATA.items()))).cached


OTHER_WORDS = Prompt(PROMPT.step, "2", "Other words.", "0" * 64)


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": OTHER_WORDS},
        {"data": {**DATA, "task": "summarize_part"}},
        {"max_tokens": 901},
        {"prompt": load_prompt("judge_urgency"), "schema": UrgencyAnswer},
    ],
    ids=["prompt", "data", "tokens", "schema"],
)
def test_another_question_is_asked_anew(store: InMemoryBlobStore, other: dict[str, Any]) -> None:
    model = scripted()
    asked(model_over(store, model))

    assert not asked(model_over(store, model), **other).cached
    assert len(model.calls) == 2


@pytest.mark.parametrize(
    "shape", [("service", "large", "1"), ("service", "mini", "2"), ("stand-in", "mini", "1")]
)
def test_another_deployment_is_asked_anew(store: InMemoryBlobStore, shape: tuple[str, ...]) -> None:
    model = scripted()
    asked(model_over(store, model))

    assert not asked(model_over(store, model, *shape)).cached


def test_who_declines_is_asked_again(store: InMemoryBlobStore) -> None:
    model = ScriptedModel({"summarize": [BLOCKED, SUMMARY]})
    cached = model_over(store, model)

    assert cached.answer(PROMPT, DATA, SummaryAnswer, max_tokens=900) == BLOCKED
    assert not asked(cached).cached


def test_an_answer_that_was_tampered_with_is_asked_for_anew(store: InMemoryBlobStore) -> None:
    model = scripted()
    asked(model_over(store, model))
    ((_, name),) = store.blobs
    content = (store.read(Container.WORK, name) or b"").replace(b"80 euros", b"90 euros")
    store.write(Container.WORK, name, content, content_type="application/json")

    reply = asked(model_over(store, model))

    assert (reply.cached, reply.answer) == (False, SUMMARY)


def test_the_model_behind_is_checked(store: InMemoryBlobStore) -> None:
    away = TransientError(ErrorCode.MODEL_UNAVAILABLE, "away")
    with pytest.raises(TransientError):
        model_over(store, failing(scripted(), "check", away)).check()


def test_a_page_is_asked_for_again_where_its_answer_was_not_all(store: InMemoryBlobStore) -> None:
    engine = ScriptedOcr({1: ["half", "all of it"]})
    ocr_over(store, engine).read_page(b"a page", number=1)

    again = ocr_over(store, engine).read_page(b"a page", number=1, again=True)

    assert (again.text, again.cached) == ("all of it", False)
    assert ocr_over(store, engine).read_page(b"a page", number=1).text == "all of it"
    assert engine.calls == [1, 1]
