"""What the text of a page is where both OCR and its text layer have something to say.

A page never gets worse by OCR: what can be read without it stays, unless OCR has found it too.
"""

from __future__ import annotations

import unicodedata

from docflow.models.pages import PageText
from docflow.models.states import PageMethod

GRAM, EAST_ASIAN_GRAM = 4, 2
"""Letters in a row that are looked up together; an East Asian character says more than a letter."""
SAID_SHARE = 0.5
"""Least share of a line's rows of letters that the other text must have: OCR misreads some."""
TRUSTED_CONFIDENCE = 0.5
"""Least confidence of OCR for its lines to be added to a text layer that it mostly did not find."""
EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


def unite(recognized: PageText, layer: PageText | None) -> PageText:
    """Return a page with all that OCR and the text layer say.

    Args:
        recognized: what OCR found; also nothing, or that it rejected the page.
        layer: what can be read without OCR: a text layer, or with the method `empty` only values
            and comments, which lie over the page.

    Returns:
        The answer of OCR where it has all of the layer; else the one of both that says more, with
        the lines that only the other has.
    """
    if layer is None or not layer.text:
        return recognized
    if recognized.method is PageMethod.FAILED:
        return keep_layer(layer, recognized)
    if not recognized.text:
        return _of_layer(recognized, layer, layer.text, "OCR found nothing, the text layer is used")
    missing = lines_not_in(layer.text, recognized.text)
    if not missing:
        return recognized
    found = len(_letters(layer.text)) - len(_letters("".join(missing)))
    if layer.method is PageMethod.EMPTY or 2 * found >= len(_letters(layer.text)):
        text = "\n".join([recognized.text, *missing])
        reason = "with lines that OCR did not find"
        return recognized.model_copy(
            update={"text": text, "reason": _joined(recognized.reason, reason)}
        )
    further: list[str] = []
    if (recognized.confidence or 0) >= TRUSTED_CONFIDENCE:
        further = lines_not_in(recognized.text, layer.text)
    reason = "OCR found little of the text layer, which is used"
    text = "\n".join([layer.text, *further])
    return _of_layer(recognized, layer, text, f"{reason}, with lines of OCR" if further else reason)


def keep_layer(layer: PageText, failed: PageText) -> PageText:
    """Return a page that OCR could not read: its text layer, marked as not all of the page."""
    if layer.method is PageMethod.EMPTY:
        return failed.model_copy(update={"text": layer.text})
    kept = _of_layer(failed, layer, layer.text, "OCR failed, the text layer is used")
    return kept.model_copy(update={"unread": True, "error": failed.error})


def lines_not_in(text: str, other: str) -> list[str]:
    """Return the lines of a text that another text does not have, wherever it has them."""
    whole = _letters(other)
    # OCR and text layers may have a line of a right-to-left script in opposite orders.
    there = f"{whole}\n{whole[::-1]}"
    grams = {size: _grams(there, size) for size in (GRAM, EAST_ASIAN_GRAM)}
    return [line for line in text.split("\n") if not _is_said(_letters(line), there, grams)]


def _is_said(letters: str, there: str, grams: dict[int, set[str]]) -> bool:
    if not letters:
        return True
    size = EAST_ASIAN_GRAM if _is_east_asian(letters) else GRAM
    if len(letters) <= size:
        return letters in there
    own = [letters[at : at + size] for at in range(len(letters) - size + 1)]
    return sum(gram in grams[size] for gram in own) >= SAID_SHARE * len(own)


def _grams(text: str, size: int) -> set[str]:
    return {text[at : at + size] for at in range(len(text) - size + 1)}


def _letters(text: str) -> str:
    """Return letters, their marks and digits in one form."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if c.isalnum() or unicodedata.category(c)[0] == "M")


def _is_east_asian(letters: str) -> bool:
    found = sum(1 for c in letters if unicodedata.name(c, "").startswith(EAST_ASIAN))
    return 2 * found >= len(letters)


def _of_layer(page: PageText, layer: PageText, text: str, reason: str) -> PageText:
    """Return a page of a text layer that was sent to OCR, and maybe paid for."""
    return layer.model_copy(
        update={
            "number": page.number,
            "method": PageMethod.TEXT_LAYER,
            "text": text,
            "reason": _joined(page.reason, reason),
            "recognized": page.recognized,
            "cached": page.cached,
        }
    )


def _joined(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))
