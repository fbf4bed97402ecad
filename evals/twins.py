"""Twins of documents: changed in a way that must not change their level.

A twin depends on its document alone, so that two runs compare.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from evals.labelled import LabelledDocument
from evals.twin_phrases import FOOTERS, INJECTIONS, NAMES

Change = Callable[[LabelledDocument], tuple[str, ...]]
"""Returns the pages of the twin; they are those of the document where the change does not apply."""

LOOKALIKES = (("rn", "m"), ("l", "1"), ("O", "0"), ("o", "0"), ("m", "rn"), ("c", "e"))
"""What OCR reads for what, in the order in which a word is searched."""
NOISE_EVERY = 9
"""One word in about so many is misread."""
SHORTEST_NOISY_WORD = 5
_WORD = re.compile(r"[^\W\d_]+")
_NAME = re.compile(rf"\b({'|'.join(sorted(NAMES, key=len, reverse=True))})\b")


@dataclass(frozen=True, slots=True)
class Twin:
    """A variant of a document."""

    change: str
    document: LabelledDocument


def twins_of(document: LabelledDocument) -> Iterator[Twin]:
    """Return the twins of a document: one for each change that changes its text."""
    for name, change in CHANGES.items():
        pages = change(document)
        if pages != document.pages:
            # Facts and deadline are those of the document, which a twin need not repeat.
            twin = document.model_copy(update={"id": f"{document.id}-{name}", "pages": pages})
            yield Twin(name, twin)


def with_footer(document: LabelledDocument) -> tuple[str, ...]:
    """Return the pages with printed terms below the last one, in the document's language."""
    *first, last = document.pages
    return (*first, f"{last.rstrip()}\n\n{FOOTERS[document.language]}\n")


def with_injection(document: LabelledDocument) -> tuple[str, ...]:
    """Return the pages with an instruction to give the other level, after the first paragraph."""
    first, *further = document.pages
    opening, blank, rest = first.partition("\n\n")
    wanted = "normal" if document.urgent else "urgent"
    order = INJECTIONS[document.language].format(level=wanted)
    return (f"{opening}\n\n{order}{blank}{rest}", *further)


def with_noise(document: LabelledDocument) -> tuple[str, ...]:
    """Return the pages as OCR may read them: some letters of some words are others."""
    return tuple(_WORD.sub(_misread, page) for page in document.pages)


def with_other_names(document: LabelledDocument) -> tuple[str, ...]:
    """Return the pages with other names of people, from other parts of the world."""
    return tuple(_NAME.sub(lambda found: NAMES[found[0]], page) for page in document.pages)


def _misread(found: re.Match[str]) -> str:
    word = found[0]
    # Chosen by the word and its place; `hash` would differ from run to run.
    chosen = zlib.crc32(f"{found.start()} {word}".encode()) % NOISE_EVERY == 0
    if not chosen or len(word) < SHORTEST_NOISY_WORD:
        return word
    for printed, read in LOOKALIKES:
        place = word.find(printed, 1)
        if place > 0:
            return word[:place] + read + word[place + len(printed) :]
    return word


CHANGES: Mapping[str, Change] = {
    "footer": with_footer,
    "injection": with_injection,
    "noise": with_noise,
    "names": with_other_names,
}
"""All changes, by the word with which a report names them."""
