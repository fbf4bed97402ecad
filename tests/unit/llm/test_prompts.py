from __future__ import annotations

import hashlib
from importlib.resources import files

import pytest

from docflow.llm.prompts import CURRENT_VERSIONS, load_prompt


@pytest.mark.parametrize("step", CURRENT_VERSIONS)
def test_a_prompt_is_told_from_every_other_by_its_digest(step: str) -> None:
    prompt = load_prompt(step)

    assert prompt.text.strip()
    assert prompt.sha256 == hashlib.sha256(prompt.text.encode()).hexdigest()


@pytest.mark.parametrize("step", CURRENT_VERSIONS)
def test_instructions_have_no_place_for_the_text_of_a_document(step: str) -> None:
    text = load_prompt(step).text

    assert text.format() == text


def test_every_prompt_file_belongs_to_a_known_step() -> None:
    names = [entry.name for entry in files("docflow.llm.prompts").iterdir()]
    steps = {name.split(".v")[0] for name in names if name.endswith(".txt")}

    assert steps == set(CURRENT_VERSIONS)


def test_there_is_no_prompt_for_an_unknown_step() -> None:
    with pytest.raises(KeyError):
        load_prompt("translate")
