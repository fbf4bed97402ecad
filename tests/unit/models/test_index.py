from __future__ import annotations

from docflow.models.index import index_sequence
from docflow.models.states import Stage, Status


def test_index_entries_are_ordered_along_a_documents_life() -> None:
    life = [
        (Status.PROCESSING, Stage.RECEIVED),
        (Status.WAITING, Stage.WAITING_FOR_REVIEW),
        (Status.PROCESSING, Stage.DELIVERING),
        (Status.PUBLISHED, Stage.DONE),
        (Status.FAILED, Stage.DONE),
    ]

    assert [index_sequence(*step) for step in life] == [0, 1, 2, 3, 4]
