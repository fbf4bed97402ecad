"""Prompts: one text file for each step and version.

Every record contains version and digest of its prompts, so that each answer can be traced to its
prompt. A changed prompt is a new file; old files stay because old records name them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from docflow.ports import Prompt

CURRENT_VERSIONS = {"summarize": "1", "combine": "1", "judge_urgency": "2"}
"""The current version of the prompt of each step."""


@cache
def load_prompt(step: str) -> Prompt:
    """Return the current prompt of a step.

    Raises:
        KeyError: there is no such step.
    """
    version = CURRENT_VERSIONS[step]
    text = files(__package__).joinpath(f"{step}.v{version}.txt").read_text(encoding="utf-8")
    return Prompt(step, version, text, hashlib.sha256(text.encode()).hexdigest())
