"""river's Hoeffding tree, a row at a time; absent where river is not installed or the inputs are too many."""

from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.peers.peer import About, Array, Kind, Peer, Setting, grid


class Streamed(Peer):
    """A river classifier that sees each row once."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def start(self, X: Array, y: Array) -> None:
        self.update(X, y)

    def update(self, X: Array, y: Array) -> None:
        for row, label in zip(_as_dicts(X), y.tolist(), strict=True):
            self._model.learn_one(row, label)

    def predict(self, X: Array) -> Array:
        return np.asarray([self._model.predict_one(row) for row in _as_dicts(X)])


def _as_dicts(X: Array) -> list[dict[int, float]]:
    return [dict(enumerate(row)) for row in X.tolist()]


def _tree(setting: Setting, about: About) -> Peer:
    from river.tree import HoeffdingTreeClassifier

    return Streamed(HoeffdingTreeClassifier(**setting))


def _absent(dataset: str) -> str:
    if find_spec("river") is None:
        return "river is not installed: pip install -e '.[bench]'"
    return "784 inputs cost a Hoeffding tree tens of milliseconds a row" if dataset == "fashion-mnist" else ""


KINDS = (
    Kind(
        "river Hoeffding tree",
        _tree,
        "batch",
        grid(grace_period=[50, 200]),
        few_on=("digits", "letter"),
        seeds=2,
        absent=_absent,
    ),
)
