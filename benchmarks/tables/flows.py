"""Streams that river brings along: small real sets, and generators whose concept changes half-way or slowly."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.tables.keel import Table

ROWS, MIDDLE, WIDTH = 5_000, 2_800, 20
BASE_SHARE, BATCHES = 0.2, 20


def _changing(first: Any, then: Any) -> Any:
    from river.datasets.synth import ConceptDriftStream

    return ConceptDriftStream(first, then, position=MIDDLE, width=WIDTH, seed=1)


def _real(name: str) -> Any:
    from river import datasets

    return getattr(datasets, name)()


def _sea(seed: int) -> Any:
    from river.datasets.synth import SEA

    return _changing(SEA(variant=0, noise=0.1, seed=seed), SEA(variant=2, noise=0.1, seed=seed + 1))


def _agrawal(seed: int) -> Any:
    from river.datasets.synth import Agrawal

    return _changing(Agrawal(0, seed=seed, perturbation=0.05), Agrawal(4, seed=seed + 1, perturbation=0.05))


def _led(seed: int) -> Any:
    from river.datasets.synth import LED, LEDDrift

    first = LED(seed=seed, noise_percentage=0.1, irrelevant_features=True)
    then = LEDDrift(seed=seed + 1, noise_percentage=0.1, irrelevant_features=True, n_drift_features=7)
    return _changing(first, then)


def _mixed(seed: int) -> Any:
    from river.datasets.synth import Mixed

    return _changing(Mixed(classification_function=0, seed=seed), Mixed(classification_function=1, seed=seed + 1))


def _hyperplane(seed: int) -> Any:
    from river.datasets.synth import Hyperplane

    return Hyperplane(seed=seed, n_features=10, n_drift_features=5, mag_change=0.001, noise_percentage=0.05)


def _clusters(seed: int) -> Any:
    from river.datasets.synth import RandomRBFDrift

    about = {"n_classes": 4, "n_features": 10, "n_centroids": 20, "change_speed": 0.0005, "n_drift_centroids": 20}
    return RandomRBFDrift(seed_model=seed, seed_sample=seed + 1, **about)


STREAMS: dict[str, Callable[[int], Iterable[tuple[dict[Any, Any], Any]]]] = {
    "Bananas": lambda seed: _real("Bananas"),
    "ImageSegments": lambda seed: _real("ImageSegments"),
    "Phishing": lambda seed: _real("Phishing"),
    "SEA, abrupt": _sea,
    "Agrawal, abrupt": _agrawal,
    "LED, abrupt": _led,
    "Mixed, abrupt": _mixed,
    "Hyperplane, gradual": _hyperplane,
    "RBF, gradual": _clusters,
}


def read(name: str, seed: int) -> Table:
    """The first 5,000 rows of a stream, in their order."""
    rows, labels = zip(*islice(STREAMS[name](seed), ROWS), strict=True)
    frame = pd.DataFrame(list(rows))
    frame.columns = frame.columns.map(str)
    return Table(name, frame, np.array([str(label) for label in labels]))


def arrange(n_rows: int) -> list[np.ndarray]:
    """Row numbers of the base, a fifth of the stream, and of twenty batches."""
    base, rest = np.split(np.arange(n_rows), [round(n_rows * BASE_SHARE)])
    return [base, *np.array_split(rest, BATCHES)]
