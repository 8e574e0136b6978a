"""One process at a time has a batch; the number of lock files stays the same."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tasks.data.pointers.turns import SLOTS, turn_of


def test_one_at_a_time_has_a_batch() -> None:
    inside: list[int] = []

    def take(_: int) -> int:
        with turn_of("a" * 16):
            inside.append(1)
            many = len(inside)
            inside.pop()
        return many

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(take, range(50))) == {1}


def test_many_batches_share_few_lock_files(home: Path) -> None:
    for number in range(200):
        with turn_of(f"{number:016x}"):
            pass
    assert len(list((home / ".prefect" / "locks").iterdir())) <= SLOTS
