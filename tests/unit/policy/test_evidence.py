from __future__ import annotations

import pytest

from docflow.policy.evidence import stands_on_page


@pytest.mark.parametrize(
    ("quote", "page"),
    [
        ("Pay by  FRIDAY", "please pay\nby Friday, at noon"),
        ("the disconnection", "the discon-\nnection of"),
        ("was appointed today", "was ap- pointed today"),
        ("was ap-\npointed", "was appointed"),
        ("a non-\nrefundable fee", "a nonrefundable fee"),
        ("a nonrefundable fee", "a non-refundable fee"),
        ("the \ufb01nal notice", "the final\u00a0no\u00adtice"),
        ("Zu\u0308rich", "in Zürich"),
        ("\u201cfinal\u201d notice", 'the "final" notice says'),
    ],
)
def test_a_quote_is_found_whatever_breaks_and_quotes_do_to_it(quote: str, page: str) -> None:
    assert stands_on_page(quote, page)


@pytest.mark.parametrize("quote", ["", " . ", "pay by Monday", "by Fri", "ay by"])
def test_a_quote_that_does_not_stand_there_is_not_found(quote: str) -> None:
    assert not stands_on_page(quote, "pay by Friday")
