"""The garbage collector runs rarely, and still runs."""

import gc
from collections.abc import Iterator

import pytest

from tasks.core.memory import collect_rarely


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_imports_of_a_million_objects_cost_ten_collections_instead_of_a_thousand() -> None:
    collect_rarely()
    gc.collect()
    before = sum(generation["collections"] for generation in gc.get_stats())
    kept = [[] for _ in range(1_000_000)]  # type: ignore[var-annotated]
    after = sum(generation["collections"] for generation in gc.get_stats())
    assert len(kept) == 1_000_000 and 1 <= after - before <= 12
