"""Signals of urgency: what in a text speaks for acting soon, and how much.

`urgency.yaml` beside this package holds the rules: phrases by language, each with a sentence that
it matches and one that it does not. Only what a letter asserts counts; see `docflow.policy.zones`.
"""

from __future__ import annotations
