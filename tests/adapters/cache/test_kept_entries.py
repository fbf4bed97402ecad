"""What version 0.1.0 paid for is used again: nobody pays twice for a new version of docflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docflow.adapters.cache.model import CachedModel
from docflow.adapters.cache.ocr import CachedOcr
from docflow.adapters.cache.results import ResultCache
from docflow.contracts import Container
from docflow.models.outputs import SummaryAnswer
from docflow.ports import ModelReply, Prompt
from testkit.examples import SUMMARY
from testkit.fakes import InMemoryBlobStore, ScriptedModel, ScriptedOcr

ENTRIES = json.loads(Path(__file__).with_name("entries_of_0.1.0.json").read_text("utf-8"))


@pytest.fixture
def store() -> InMemoryBlobStore:
    store = InMemoryBlobStore()
    for name, entry in ENTRIES.items():
        content = json.dumps(entry).encode()
        store.write(Container.WORK, name, content, content_type="application/json")
    return store


def test_an_answer_is_known(store: InMemoryBlobStore) -> None:
    model = ScriptedModel({})
    cached = CachedModel(model, ResultCache(store, "model"), shape=("endpoint", "deployment"))
    prompt = Prompt("summarize", "1", "Summarize.", "ab" * 32)

    reply = cached.answer(prompt, {"task": "summarize"}, SummaryAnswer, max_tokens=100)

    assert isinstance(reply, ModelReply)
    assert (reply.cached, reply.answer, model.calls) == (True, SUMMARY, [])


def test_a_page_is_known(store: InMemoryBlobStore) -> None:
    ocr = ScriptedOcr({})
    cached = CachedOcr(ocr, ResultCache(store, "ocr"), shape=("endpoint", "model"))

    page = cached.read_page(b"scan", number=7)

    assert (page.cached, page.number, page.text) == (True, 7, "a letter")
