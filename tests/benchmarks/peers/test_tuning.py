"""Tuning takes the fastest of the near best, on the base alone."""

from pathlib import Path

from benchmarks.core.streams import arrange
from benchmarks.peers.peer import Array, Kind, grid
from benchmarks.peers.tuning import chosen, tuned
from greenlightning.data.datasets import Dataset
from tests.benchmarks.records import Recording


def test_tuning_takes_the_fastest_of_the_near_best() -> None:
    tried = [
        {"setting": {"a": 1}, "accuracy": 0.900, "seconds": 9.0},
        {"setting": {"a": 2}, "accuracy": 0.898, "seconds": 2.0},
        {"setting": {"a": 3}, "accuracy": 0.896, "seconds": 1.0},
    ]
    assert chosen(tried) == {"a": 2}


def test_tuning_stays_inside_the_base_and_is_done_once(data: Dataset, tmp_path: Path) -> None:
    given: list[Array] = []

    class Watching(Recording):
        def start(self, X: Array, y: Array) -> None:
            given.append(X)

        def predict(self, X: Array) -> Array:
            given.append(X)
            return super().predict(X)

    kind = Kind("one", lambda s, a: Watching(), "far", grid(a=[1, 2]))
    for _ in range(2):
        assert set(tuned(data, [kind], tmp_path)) == {"one"}
    assert len(given) == 2 * 2 * 3
    bases = [{tuple(row) for row in data.X_train[arrange("iid", data.y_train, seed).base]} for seed in range(3)]
    for seed, base in enumerate(bases):
        for X in (given[2 * seed], given[2 * seed + 1]):
            assert all(tuple(row) in base for row in X)
