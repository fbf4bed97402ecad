from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from docflow.models.index import IndexEntry
from docflow.models.states import Stage, Status, UrgencyLevel
from docflow.models.totals import Totals

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ENTRIES = st.builds(
    lambda status, urgency, seconds, pages, usd, reasons: IndexEntry(
        document_id="0" * 32,
        name="a.pdf",
        status=status,
        stage=Stage.DONE,
        received_at=START,
        updated_at=START + timedelta(seconds=seconds),
        sequence=1,
        urgency=urgency,
        pages=pages,
        estimated_usd=usd,
        review_reasons=reasons,
    ),
    st.sampled_from(Status),
    st.none() | st.sampled_from(UrgencyLevel),
    st.floats(0.01, 10_000_000),
    st.none() | st.integers(0, 2_000),
    st.floats(0, 100).map(lambda usd: round(usd, 6)),
    st.just([]) | st.just(["urgent"]),
)


@given(st.lists(ENTRIES, max_size=20))
def test_a_percentile_is_at_most_5_percent_from_the_true_one(entries: list[IndexEntry]) -> None:
    totals = Totals.sum(map(Totals.of, entries))
    ended = sorted(
        (each.updated_at - each.received_at).total_seconds()
        for each in entries
        if each.status.ended
    )

    for share in (0.5, 0.95):
        found = totals.seconds_to_end(share)
        if not ended:
            assert found is None
            continue
        true = ended[math.ceil(share * len(ended)) - 1]
        assert found is not None
        assert abs(found - true) <= 0.051 * true


@given(st.lists(ENTRIES, min_size=1, max_size=10), ENTRIES)
def test_a_changed_sum_is_that_of_the_changed_documents(
    entries: list[IndexEntry], later: IndexEntry
) -> None:
    before = Totals.sum(map(Totals.of, entries))

    after = before.changed(Totals.of(entries[0]), Totals.of(later))

    assert after == Totals.sum(map(Totals.of, [later, *entries[1:]]))
    assert after.documents == len(entries)


def test_money_is_summed_up_without_drift() -> None:
    entry = IndexEntry(
        document_id="0" * 32,
        name="a.pdf",
        status=Status.PUBLISHED,
        stage=Stage.DONE,
        received_at=START,
        updated_at=START,
        sequence=1,
        estimated_usd=0.1,
    )

    assert Totals.sum([Totals.of(entry)] * 1_000).dollars("estimated_usd") == 100
