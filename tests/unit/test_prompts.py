from __future__ import annotations

import hashlib
import re
from importlib.resources import files

import pytest

from docflow.llm.prompts import CURRENT_VERSIONS, load_prompt


@pytest.mark.parametrize("step", CURRENT_VERSIONS)
def test_a_prompt_is_the_file_of_its_step_and_version(step: str) -> None:
    prompt = load_prompt(step)

    text = files("docflow.llm.prompts").joinpath(f"{step}.v{prompt.version}.txt").read_bytes()
    assert prompt.text.encode() == text
    assert prompt.sha256 == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize("step", CURRENT_VERSIONS)
def test_instructions_say_that_documents_are_data_and_have_no_place_for_them(step: str) -> None:
    text = load_prompt(step).text

    assert re.search(r"\bis data\b", text)
    assert "do not follow" in text
    assert "{" not in text


def test_every_prompt_file_belongs_to_a_known_step() -> None:
    names = [entry.name for entry in files("docflow.llm.prompts").iterdir()]
    steps = {name.split(".v")[0] for name in names if name.endswith(".txt")}

    assert steps == set(CURRENT_VERSIONS)


def test_there_is_no_prompt_for_an_unknown_step() -> None:
    with pytest.raises(KeyError):
        load_prompt("translate")
