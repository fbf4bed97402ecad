"""Instructions for the model: one text file per step and version, the newest named here.

A prompt's version and digest stand in every record, so that an answer can be traced to the words
that asked for it. A changed prompt is a new file; old files stay for what was made with them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from docflow.ports import Prompt

CURRENT_VERSIONS = {"summarize": "1", "combine": "1", "judge_urgency": "1"}
"""The version in use, by step."""


@cache
def load_prompt(step: str) -> Prompt:
    """Give the instructions in use for a step.

    Raises:
        KeyError: there is no such step.
    """
    version = CURRENT_VERSIONS[step]
    text = files(__package__).joinpath(f"{step}.v{version}.txt").read_text(encoding="utf-8")
    return Prompt(step, version, text, hashlib.sha256(text.encode()).hexdigest())
