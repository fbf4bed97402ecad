"""The parts of a document, and which of its sentences are asserted.

A letter says "final notice" and means it; so do printed terms, a signature, a mail that is quoted,
a film review. Rules, dates and statements count only where the document itself asserts them, now.
Pure functions of a text; the words of each language are in `words.yaml`.
"""

from __future__ import annotations
