"""Dates in a text: where they stand, which days they mean, and which of them are deadlines.

Pure functions of text and of two days that are known: when the letter was written, and when it was
received. Names of months and weekdays come from the CLDR, other words from `words.yaml`.
"""

from __future__ import annotations
