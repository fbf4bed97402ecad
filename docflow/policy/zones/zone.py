"""A part of a document."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ZoneKind(StrEnum):
    """What a part of a document is."""

    LETTERHEAD = "letterhead"
    """Names, addresses and numbers of sender and receiver."""
    LETTER = "letter"
    """What the document says itself: its subject and its text."""
    SIGNATURE = "signature"
    """What follows the closing formula."""
    QUOTED = "quoted"
    """An earlier mail below the answer to it."""
    TERMS = "terms"
    """Printed terms, and other text that every letter of the sender carries."""
    FOOTER = "footer"
    """What stands on every page, or below every mail."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a text, from a position up to another."""

    start: int
    end: int
    kind: ZoneKind
