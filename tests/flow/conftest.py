from __future__ import annotations

from collections.abc import Iterator

import pytest

from devstack.testing.whole_stack import WholeStack, whole_stack


@pytest.fixture(scope="session")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeStack]:
    with whole_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture
def stack(shared_stack: WholeStack) -> Iterator[WholeStack]:
    """The stack that these tests share, its services without faults."""
    shared_stack.heal()
    yield shared_stack
    shared_stack.heal()
