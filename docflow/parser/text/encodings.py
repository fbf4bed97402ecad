"""Decodes texts: with the declared encoding where it fits, else with one guessed from the bytes."""

from __future__ import annotations

import codecs
import re

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SUPERSETS = {
    **dict.fromkeys(("ascii", "us-ascii", "iso-8859-1", "latin-1", "latin1"), "cp1252"),
    **dict.fromkeys(("gb2312", "gb-2312", "gbk", "x-gbk", "gb_2312-80", "cp936"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("ks_c_5601-1987", "euc-kr", "ksc5601", "windows-949"), "cp949"),
    **dict.fromkeys(("big5", "x-x-big5", "cn-big5"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("tis-620", "iso-8859-11", "windows-874"), "cp874"),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical"), "iso-8859-8"),
    **dict.fromkeys(("iso-8859-6-i", "iso-8859-6-e"), "iso-8859-6"),
    **dict.fromkeys(("unicode-1-1-utf-7", "x-unicode-2-0-utf-7"), "utf-7"),
    **dict.fromkeys(("utf8mb4", "unicode-1-1-utf-8", "x-unicode-2-0-utf-8"), "utf-8"),
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
}
"""Declared names, and the larger encodings of their own system that programs mean by them."""

NOT_OF_TEXTS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape"})
"""Codecs of Python that are not for texts: those of domain names and of program sources."""
ESCAPES_OF_JAPANESE = (b"\x1b$B", b"\x1b$@")
"""Escapes before the characters of ISO-2022-JP, which consists of ASCII bytes."""
BARE_UTF_16 = ((0, "utf-16-be"), (1, "utf-16-le"))
"""UTF-16 without a byte order mark: which byte of Latin letters and blanks is zero."""
ZERO_SHARE = 0.01
"""Least share of zero bytes at that position; at the other there are none."""
SANE_SHARE = 0.99
"""Least share of printable characters; a binary file hardly has it by chance."""
FEWEST_SOUND = 20
"""Valid UTF-8 characters for each broken one, from which on the text is taken for UTF-8."""
FEWEST_SOUND_AS_DECLARED = 2
"""The same, where UTF-8 was declared."""
FEWEST_AGAINST = 8
"""Characters beyond ASCII from which on valid UTF-8 outweighs a declared encoding of several bytes
a character. A word or two in such an encoding may be valid UTF-8 by chance."""
LOST_SHARE = 0.05
"""Most share of characters that may be lost where an encoding was declared."""

SAMPLE_BYTES = 64 * 1024
FEWEST_BEYOND = 4
"""Fewest bytes beyond ASCII for a guess."""
FOREIGN_SHARE = 0.3
"""Share of letters that are not Latin, from which on the guess is accepted."""
LAST_LATIN = "\u024f"
GUESSED = [
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp874"),
    *("iso8859_2", "iso8859_5", "koi8_r", "cp866"),
    *("cp932", "euc_jp", "gb18030", "big5hkscs", "cp949"),
]
LATIN_LANGUAGES = {
    "cp1250": {"Polish", "Czech", "Slovak", "Hungarian", "Croatian", "Slovene", "Romanian"},
    "cp1254": {"Turkish"},
}
LATIN_LANGUAGES["iso8859_2"] = LATIN_LANGUAGES["cp1250"]
"""Languages that need a Latin encoding other than the Western one."""
MIXED = re.compile("[A-Za-z][^\\W\\d_\\x00-\\u024f]|[^\\W\\d_\\x00-\\u024f][A-Za-z]")
MIXED_SHARE = 0.1
"""Most share of letters next to one of the other script: a word has one script."""
NEL_BEFORE_LETTER = re.compile(r"\u2026(?=\w)")
FEWEST_NEL = 2
LINE_ENDS = re.compile(r"[\r\n]")
BEYOND_ASCII = bytes(range(0x80, 0x100))
PRINTABLE = bytes(range(0x20, 0x7F))
NARROW_SHARE = 0.8
"""Share of printable ASCII bytes that no text in UTF-16 or UTF-32 has."""
BINARY = re.compile(rb"[\x00-\x06\x0e-\x19\x1c-\x1f]")
"""Bytes that no text in one of the old encodings holds. Some have a bell, a backspace, an end mark,
an escape or a delete."""


def decode(content: bytes, declared: str = "") -> str | None:
    """Return a decoded text, or None where it is no text.

    Args:
        content: the text as stored.
        declared: the encoding that a header names; it may be wrong.
    """
    if (marked := _marked(content)) is not None:
        return marked
    named = _believed(content, known(declared))
    for encoding in (wide_encoding(content), named, _japanese(content)):
        if encoding and (text := _strictly(content, encoding)) is not None:
            return text
    sound = FEWEST_SOUND_AS_DECLARED if named == "utf-8" else FEWEST_SOUND
    if (text := _utf_8(content, sound)) is not None:
        return text
    if named not in {"", "utf-8"} and (text := _with_losses(content, named)) is not None:
        return text
    return _legacy(content)


def wide_encoding(content: bytes) -> str:
    """Return the codec of a text in UTF-16 or UTF-32, by its beginning; empty for other texts."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return encoding if encoding != "utf-8-sig" else ""
    return _bare_utf_16(content)


def known(declared: str) -> str:
    """Return the codec for a declared encoding; an empty text where there is none."""
    name = declared.strip().strip("\"'").lower()
    try:
        codec = codecs.lookup(SUPERSETS.get(name.replace(" ", ""), name)).name
        b" ".decode(codec, "replace")  # some codecs of Python are not for texts and raise here
    except (LookupError, ValueError):
        return ""
    return "" if codec in NOT_OF_TEXTS else codec


def _marked(content: bytes) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    return None


def _believed(content: bytes, named: str) -> str:
    """Return the declared codec, or another one where the bytes refute the declaration.

    Programs that convert a text often leave the declaration as it was. Bytes beyond ASCII that are
    valid UTF-8 are so by chance in short texts alone.
    """
    if not named or named == "utf-8" or b"\0" in content:
        return named
    wide = named.startswith(("utf-16", "utf-32"))
    text = _strictly(content, "utf-8")
    if text is None:
        narrow = len(content) - len(content.translate(None, PRINTABLE)) > NARROW_SHARE * len(
            content
        )
        return "" if wide and narrow else named
    of_single_bytes = len(BEYOND_ASCII.decode(named, "replace")) == len(BEYOND_ASCII)
    whole = len(text.encode()) == len(content)
    fewest = 0 if wide else 1 if of_single_bytes and whole else FEWEST_AGAINST
    beyond = sum(1 for character in text if character > "\x7f")
    return "utf-8" if beyond >= fewest else named


def _bare_utf_16(content: bytes) -> str:
    sample = content[:SAMPLE_BYTES]
    half = len(sample) // 2
    for start, encoding in BARE_UTF_16:
        zeros, others = sample[start::2].count(0), sample[1 - start :: 2].count(0)
        if zeros > max(1, ZERO_SHARE * half) and not others and _is_sane(sample, encoding):
            return encoding
    return ""


def _is_sane(sample: bytes, encoding: str) -> bool:
    text = _strictly(sample, encoding) or ""
    sane = sum(1 for character in text if character.isprintable() or character in "\t\r\n\f")
    return sane >= SANE_SHARE * max(1, len(text))


def _japanese(content: bytes) -> str:
    return "iso2022_jp_ext" if any(mark in content for mark in ESCAPES_OF_JAPANESE) else ""


def _strictly(content: bytes, encoding: str) -> str | None:
    """Decode without errors; a character that is cut off at the very end is dropped."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(content)
    except (LookupError, ValueError):
        return None


def _utf_8(content: bytes, fewest_sound: int) -> str | None:
    """Decode UTF-8, also where a few characters are damaged.

    One byte beyond ASCII at the end of pure ASCII is a letter of another encoding, not a character
    that was cut off.
    """
    text = _strictly(content, "utf-8")
    if text is not None and (len(text) != len(content) - 1 or not text.isascii()):
        return text
    text = content.decode("utf-8", "replace")
    sound = sum(1 for character in text if character > "\x7f" and character != "\ufffd")
    return text if sound >= fewest_sound * text.count("\ufffd") else None


def _with_losses(content: bytes, encoding: str) -> str | None:
    text = content.decode(encoding, "replace")
    return text if text.count("\ufffd") <= LOST_SHARE * len(text) else None


def _legacy(content: bytes) -> str | None:
    """Decode one of the older encodings.

    Most texts are Western, and a guess at a short one is often wrong. So another encoding needs
    evidence: letters that are not Latin, or words of a language that uses it.
    """
    if BINARY.search(content):
        return None
    other = _not_western(content[:SAMPLE_BYTES])
    if other:
        return content.decode(other, "replace")
    text = _strictly(content, "cp1252")
    return text.replace("\u2026", "\n") if text and _ends_lines_with_nel(text) else text


def _ends_lines_with_nel(text: str) -> bool:
    """Return whether the only line ends are those of mainframes.

    Their byte is an ellipsis on Windows, which a blank follows.
    """
    return not LINE_ENDS.search(text) and len(NEL_BEFORE_LETTER.findall(text)) >= FEWEST_NEL


def _not_western(sample: bytes) -> str:
    if len(sample) - len(sample.translate(None, BEYOND_ASCII)) < FEWEST_BEYOND:
        return ""
    from charset_normalizer import from_bytes

    guess = from_bytes(sample, cp_isolation=GUESSED).best()
    if guess is None:
        return ""
    said = guess.language in LATIN_LANGUAGES.get(guess.encoding, ())
    return guess.encoding if said or _is_of_another_script(str(guess)) else ""


def _is_of_another_script(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    foreign = sum(1 for letter in letters if letter > LAST_LATIN)
    mixed = len(MIXED.findall(text))
    return foreign >= FOREIGN_SHARE * len(letters) and mixed <= MIXED_SHARE * foreign
