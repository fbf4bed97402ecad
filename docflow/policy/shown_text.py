"""Text of a document as it is shown elsewhere: in tickets, messages, records, headers, file names.

Invisible characters can turn the direction of the text around them, hide words in it or carry a
message of their own, and break the lines of a header or a log. What a document says goes to other
systems through `shown` alone. Visible characters stay as they are, whatever their script.
"""

from __future__ import annotations

import re
import unicodedata

LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
ODD = re.compile(r"[^\t\n -~\u00a0-\u00ac\u00ae-\u02ff]")
"""Characters to examine; there are none in most texts in Latin letters."""
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
SEEN_ALL_THE_SAME = re.compile(r"[\t\n\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2]")
"""Tabs, line ends, and signs of Arabic and Syriac that enclose a number."""
UNSEEN_ALL_THE_SAME = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufdd0-\ufdef\ufffe\uffff]"
)
"""Fillers, which count as letters or signs, and what is no character at all."""
JOINER, NON_JOINER = "\u200d", "\u200c"
JOINED = re.compile(
    r"[\u0620-\u064a\u066e-\u06d3\u06d5\u06ee-\u06ff\u0710-\u072f\u074d-\u077f\u07ca-\u07ea"
    r"\u0840-\u0858\u0870-\u088e\u08a0-\u08c9\u1820-\u18aa]"
)
"""Letters of scripts that join them: Arabic, Syriac, N'Ko, Mandaic, Mongolian."""
VIRAMA = 9
"""Combining class of the marks with which Indic scripts join two consonants."""
SELECTORS = re.compile(r"[\ufe00-\ufe0f\u180b-\u180f\U000e0100-\U000e01ef]")
"""Characters that choose a form of the one before them; rows of them carry hidden messages."""
SYMBOLS = frozenset({"So", "Sm", "Sk"})


def shown(text: str) -> str:
    """Return text without characters that nobody sees; other line ends become line feeds.

    A joiner stays where letters need it: between letters of Arabic script, after the virama of
    Indic scripts (RFC 5892, appendix A), and between the parts of an emoji. Of selectors of a form,
    one stays after a visible character.
    """
    text = LINE_ENDS.sub("\n", text)
    if ODD.search(text) is None:
        return text
    kept: list[str] = []
    for position, character in enumerate(text):
        if not ODD.match(character) or _is_seen(kept, character, text, position):
            kept.append(character)
    return "".join(kept)


def shown_on_one_line(text: str) -> str:
    """Return text as `shown` does, with one blank for each run of blanks and line ends."""
    return " ".join(shown(text).split())


def _is_seen(kept: list[str], character: str, text: str, position: int) -> bool:
    if character in {JOINER, NON_JOINER}:
        return _joins(kept, character, text[position + 1 : position + 9])
    if SELECTORS.match(character):
        before = kept[-1] if kept else " "
        return not before.isspace() and not SELECTORS.match(before)
    if SEEN_ALL_THE_SAME.match(character):
        return True
    if UNSEEN_ALL_THE_SAME.match(character):
        return False
    return unicodedata.category(character) not in INVISIBLE


def _joins(kept: list[str], character: str, following: str) -> bool:
    """Return whether a joiner or non-joiner is where a script needs it."""
    if not kept:
        return False
    if unicodedata.combining(kept[-1]) == VIRAMA:
        return True
    if character == JOINER:
        part_of_emoji = kept[-1] == "\ufe0f" or unicodedata.category(kept[-1]) in SYMBOLS
        return part_of_emoji and unicodedata.category(following[:1] or " ") == "So"
    before = next((c for c in reversed(kept[-8:]) if unicodedata.category(c) != "Mn"), "")
    after = next((c for c in following if unicodedata.category(c) != "Mn"), "")
    return bool(JOINED.match(before) and JOINED.match(after))
