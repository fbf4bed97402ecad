from __future__ import annotations

from datetime import date

import pytest

from docflow.policy.signals.findings import findings_in
from docflow.policy.signals.rules import urgency_rules

R = urgency_rules()
CASES = [(n, c, p) for n, s in R.signals.items() for c, ps in s.phrases.items() for p in ps]


@pytest.mark.parametrize(
    ("name", "code", "phrase"), CASES, ids=[f"{n}-{i}" for i, (n, c, p) in enumerate(CASES)]
)
def test_phrase(name, code, phrase):
    only = R.model_copy(
        update={"signals": {name: R.signals[name].model_copy(update={"phrases": {code: [phrase]}})}}
    )
    yes = findings_in(phrase.fires, date(2026, 11, 28), language=code, rules=only)
    assert name in [e.signal for e in yes.evidence], (phrase.phrase, yes.doubted)
    no = findings_in(phrase.stays, date(2026, 11, 28), language=code, rules=only)
    assert name not in [e.signal for e in no.evidence], phrase.stays
