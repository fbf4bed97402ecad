"""Whether guessed characters make a text of any language, or are the numbers of glyphs.

A font without a map gives numbers for characters. Read as text, these are letters of many scripts
side by side, or Latin ones moved along the alphabet: words without vowels.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

SCRIPTS = {
    **dict.fromkeys(("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL"), "EAST ASIAN"),
    **{
        script: script
        for script in (
            *("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN", "HEBREW", "ARABIC", "THAI"),
            *("DEVANAGARI", "BENGALI", "TAMIL", "TELUGU"),
        )
    },
}
"""The first word of a letter's name, and the script that a text is in."""
ONE_SCRIPT_SHARE = 0.9
"""Least share of letters in the commonest script; some words may be of another."""
STRAY_SHARE = 0.02
"""Share of characters that are none: glyph numbers begin where the control characters are."""
LETTER_SHARE = 0.25
WRITTEN_SHARE = 0.6
"""Least shares of letters, and of letters and digits."""
RARE_IDEOGRAPHS = ("\u3400", "\u4dbf")
COMMON_SHARE = 0.8
"""Least share of ideographs that people use."""
VOWELS = frozenset("aeiouy")
LEAST_VOWELS, MOST_VOWELS = 0.2, 0.65
"""Share of vowels among Latin letters: some four tenths in every language."""
BARE_SHARE = 0.6
"""Least share of Latin letters without a mark; Vietnamese comes near."""


def is_legible(text: str) -> bool:
    """Whether characters that may be wrong look right."""
    shown = [character for character in text if not character.isspace()]
    letters = [character for character in shown if character.isalpha()]
    if not shown:
        return True
    if sum(map(_is_stray, shown)) > STRAY_SHARE * len(shown):
        return False
    written = len(letters) + sum(1 for character in shown if character.isdigit())
    if (
        not letters
        or len(letters) < LETTER_SHARE * len(shown)
        or written < WRITTEN_SHARE * len(shown)
    ):
        return False
    ((script, found),) = Counter(map(_script, letters)).most_common(1)
    if found < ONE_SCRIPT_SHARE * len(letters):
        return False
    if script == "LATIN":
        return _has_vowels(letters)
    return script != "EAST ASIAN" or _has_common_ideographs(letters)


def _is_stray(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Co", "Cn", "Cs"}


def _script(letter: str) -> str:
    return SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0], "")


def _has_vowels(letters: list[str]) -> bool:
    bare = [unicodedata.normalize("NFD", letter)[0].lower() for letter in letters]
    marked = sum(1 for letter in letters if not letter.isascii())
    vowels = sum(1 for letter in bare if letter in VOWELS)
    return marked <= (1 - BARE_SHARE) * len(letters) and LEAST_VOWELS * len(
        letters
    ) <= vowels <= MOST_VOWELS * len(letters)


def _has_common_ideographs(letters: list[str]) -> bool:
    first, last = RARE_IDEOGRAPHS
    common = sum(1 for letter in letters if not first <= letter <= last)
    return common >= COMMON_SHARE * len(letters)
