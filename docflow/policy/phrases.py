"""Phrases to look for in a text, whatever line breaks and hyphens do to it.

A phrase is a regular expression over words in small letters. It is matched with the folded text
(`docflow.parser.text.comparison`), in which one blank stands between two words. So "final notice"
is found also where the line ends after "final", or within "notice" with a hyphen.
"""

from __future__ import annotations

import re
import unicodedata

from docflow.parser.text.comparison import GAP, MAYBE, STOP, FoldedText, Span, fold

TOKEN = re.compile(r"\\.|\[[^\]]*\]|\{[^}]*\}|\(\?[:=!]|.", re.DOTALL)
QUANTIFIER = re.compile(r"[?*+{]")
MARKS = frozenset("()|.?*+^$")
BETWEEN = {
    " ": f"[{GAP}{MAYBE}]",
    "-": f"[{GAP}{MAYBE}]?",
    "'": f"[{GAP}{MAYBE}]?",
    r"\b": rf"(?:(?<![^{GAP}{STOP}{MAYBE}])|(?![^{GAP}{STOP}{MAYBE}]))",
}
"""What a blank, a hyphen, an apostrophe and the edge of a word are in a folded text."""


class Phrase:
    r"""A pattern of words.

    Of regular expressions it may use groups `(?:)`, alternatives, classes, quantifiers, `.`, `\w`,
    `\d` and `\b`. A blank stands for any gap between two words of a sentence, a hyphen and an
    apostrophe for a gap that may be missing. Case and forms of letters make no difference.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile("".join(_translated(pattern)))

    def find(self, text: FoldedText) -> Span | None:
        """Return where the phrase first stands in the original text; None where it does not."""
        found = self._pattern.search(text.text)
        return text.span(*found.span()) if found else None


def _translated(pattern: str) -> list[str]:
    """Return the pattern over a folded text; between two letters there may be a hyphen."""
    tokens = TOKEN.findall(unicodedata.normalize("NFC", pattern))
    pieces = []
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if token in BETWEEN:
            pieces.append(BETWEEN[token])
        elif token in MARKS or token[0] in "{(":
            pieces.append(token)
        else:
            letter = f"{MAYBE}?{_letters(token)}"
            pieces.append(f"(?:{letter})" if QUANTIFIER.match(following) else letter)
    return pieces


def _letters(token: str) -> str:
    """Return a literal as it is folded, and a class in small letters."""
    if token[0] in "\\[":
        return token.lower() if token[0] == "[" else token
    return f"{MAYBE}?".join(fold(token).letters)
