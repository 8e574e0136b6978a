"""Records of benchmarks, and a peer that records what it is given."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core.records import Records
from benchmarks.peers.peer import Array, Peer


def records(folder: Path, part: str = "protocol", **options: Any) -> Records:
    """Records of a part of the benchmarks in ``folder``."""
    return Records(part, "code", "machine", folder, **options)


class Recording(Peer):
    """Remembers what it was given, and predicts the first label."""

    def __init__(self) -> None:
        self.given: list[tuple[str, Array]] = []

    def start(self, X: Array, y: Array) -> None:
        self.given.append(("start", X))

    def update(self, X: Array, y: Array) -> None:
        self.given.append(("update", X))

    def predict(self, X: Array) -> Array:
        return np.zeros(len(X), dtype=int)
