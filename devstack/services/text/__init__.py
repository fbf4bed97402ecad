"""What a program finds in plain text without a model: language, sentences, dates, entities.

May touch: the word lists in `words/`. Everything else goes in and out as values.
"""

from __future__ import annotations
