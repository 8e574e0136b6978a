"""The garbage collector runs rarely, and still runs."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tasks.core.environment import CHECKOUT
from tasks.core.memory import collect_rarely

AT_THE_END = """
import atexit, gc
from tasks.core.memory import collect_rarely
atexit.register(lambda: print(gc.get_freeze_count(), len(gc.get_objects())))
collect_rarely()
kept = [[] for _ in range(100_000)]
"""


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


def test_at_the_end_of_a_process_no_object_is_left_to_look_through() -> None:
    end = subprocess.run(
        [sys.executable, "-c", AT_THE_END], cwd=CHECKOUT, check=True, capture_output=True, text=True
    )
    frozen, left = map(int, end.stdout.split())
    assert frozen > 100_000 and left < 1_000
