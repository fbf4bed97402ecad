"""The same words are found, however they are written, and where they stand."""

# ruff: noqa: RUF001 - letters that look like others are what this is about
from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.parser.text.comparison import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ap-\npointed", "appointed"),
        ("ap- pointed", "appointed"),
        ("ap-\r\n    pointed", "appointed"),
        ("ap\u00ad\npointed", "appointed"),
        ("ap\u00adpointed", "appointed"),
        ("ap\u00ac\npointed", "appointed"),
        ("ap\u2010\npointed", "appointed"),
        ("non-\nrefundable", "nonrefundable"),
        ("non-refundable", "nonrefundable"),
        ("final\u00a0notice", "final notice"),
        ("final\u2003\nnotice", "final notice"),
        ("fi\u200bnal no\u2060ti\ufeffce", "final notice"),
        ("\u202dfinal\u202c notice", "final notice"),
        ("\ufb01nal of\ufb01ce", "final office"),
        ("ＦＩＮＡＬ　ｎｏｔｉｃｅ", "final notice"),
        ("STRASSE", "Straße"),
        ("Zu\u0308rich", "Zürich"),
        ("ΟΔΟΣ", "οδος"),
        ("FATURANIZ İPTAL", "faturanız iptal"),
        ("\ufefb \ufee3\ufede", "\u0644\u0627 \u0645\u0644"),
        ("الفَاتُورَة", "الفاتورة"),
        ("الفـــاتورة", "الفاتورة"),
        ("שָׁלוֹם", "שלום"),
        ("کتاب\u200cها", "کتابها"),
        ("請求\n書", "請求書"),
        ("⼊⾦", "入金"),
        ("ｶﾞｽ", "ガス"),
        ("㈱ №5", "(株) No. 5"),
        ("within ٤٨ hours", "within 48 hours"),
        ("1,240.50 EUR", "1 240,50 EUR"),
        ("“don’t”", "'dont'"),
        ("Acme™ heaters", "Acme heaters"),
    ],
)
def test_the_same_words_are_equal_however_they_are_written(one: str, other: str) -> None:
    assert fold(one).letters == fold(other).letters
    assert fold(one).find(fold(other)) is not None


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("the start of it", "art"),
        ("pay 100 euros", "pay 10"),
        ("pay 2100 euros", "100 euros"),
        ("की", "का"),
        ("resume", "résumé"),
        ("anything", ""),
        ("anything", " -.\u200b"),
        ("", "anything"),
    ],
)
def test_other_words_and_parts_of_words_are_not_found(text: str, quote: str) -> None:
    assert fold(text).find(fold(quote)) is None


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("Please: the discon-\nnection of gas.", "THE DISCONNECTION", "the discon-\nnection"),
        ("the \ufb01nal\u00ad notice", "final notice", "\ufb01nal\u00ad notice"),
        ("It's art, a start; art.", "art", "art"),
        ("a start, art", "art", "art"),
        ("Zu\u0308rich, Gru\u0308ße", "grüsse", "Gru\u0308ße"),
        ("お客様、請求\n書番号 123 です", "請求書", "請求\n書"),
        ("x\u200by z", "xy", "x\u200by"),
        ("½ price", "12", "½"),
    ],
)
def test_a_quote_is_found_in_the_original_text(text: str, quote: str, found: str) -> None:
    span = fold(text).find(fold(quote))

    assert span is not None
    assert text[span.start : span.end] == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("final\nnotice", ["final", "notice"]),
        ("The shut-off, at 10.30.\n\n(See https://example.com)", [
            "the", "shutoff", "at", "10", "30", "see", "https", "example", "com"
        ]),
        ("2024-2025 and l’avis", ["2024", "2025", "and", "lavis"]),
        ("", []),
    ],
)  # fmt: skip
def test_words_are_told_apart(text: str, words: list[str]) -> None:
    assert fold(text).words == words


@given(st.text(), st.text(min_size=1), st.text())
def test_what_stands_between_blanks_is_found_where_it_stands(
    before: str, quote: str, after: str
) -> None:
    text = f"{before} {quote} {after}"
    folded = fold(quote)

    span = fold(text).find(folded)

    assert (span is not None) == bool(folded.letters)
    if span is not None:
        assert 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize(
    "unit", ["Pay within 48 hours. ", "ap-\n", "a\u0301", "\u00ad-\n", "請求", "aa ", "!", "\u200b"]
)
def test_a_long_text_takes_time_in_proportion(unit: str) -> None:
    def seconds(times: int) -> float:
        text = unit * times
        quote = fold("a" * 2_001)
        start = process_time()
        fold(text).find(quote)
        return process_time() - start

    short = min(seconds(5_000) for _ in range(3))

    assert seconds(40_000) < 40 * max(short, 0.005)
