"""How near the statistics come to what the machine's own products do: the same process, interleaved rounds.

Every rate counts the full product, ``2 n D²`` operations, also where symmetry halves the work; the rows' features
are part of collecting them. The inputs are the set's own and the gates random, as wide as the defaults make them:
landmarks on every set, and explicit paths of one layer where they are few enough to write down.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg.blas
import torch

from benchmarks.core.cost import Cost
from benchmarks.core.records import Record, Records
from benchmarks.peers.ours import gate_sizes
from greenlightning import Statistics
from greenlightning.data.datasets import Dataset
from greenlightning.data.targets import ClassTargets
from greenlightning.estimators.configuration import EXPLICIT_FEATURES, EXPLICIT_GATES, LANDMARKS
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures

ROWS, ROUNDS = 8_192, 5
FEWER_ROWS, PATIENCE = 512, 10.0
COLLECT, FEATURES = "statistics", "features alone"
Work = dict[str, tuple[int, Callable[[], object]]]


def run(data: Dataset, records: Records, rows: int = ROWS, n_landmarks: int = LANDMARKS) -> None:
    """Measure the rounds that are missing."""
    for kind in kinds(data):
        numbers = [n for n in range(ROUNDS) if not records.has(**_cell(data, kind, COLLECT, n))]
        if numbers:
            _measured(data, kind, *recipe(data, kind, rows, n_landmarks), numbers, records)


def _measured(
    data: Dataset, kind: str, paths: PathFeatures, X: Any, y: Any, numbers: list[int], records: Records
) -> None:
    D = paths.n_features_out
    work = products(len(y), D) | collecting(paths, X, y)
    for _, make in work.values():
        make()
    for number in numbers:
        for i in np.random.default_rng(number).permutation(len(work)):
            what = list(work)[i]
            used, make = work[what]
            with Cost() as cost:
                make()
            rate = 2.0 * used * D * D / cost.seconds / 1e9
            about = {"rows": used, "D": D, "giga_per_second": rate}
            records.add(_cell(data, kind, what, number), cost.values | about)


def kinds(data: Dataset) -> tuple[str, ...]:
    """The kinds of path features to measure on a set."""
    few = EXPLICIT_GATES * (data.X_train.shape[1] + 1) <= EXPLICIT_FEATURES
    return (LandmarkPaths.kind, ExplicitPaths.kind) if few else (LandmarkPaths.kind,)


def recipe(data: Dataset, kind: str, rows: int, n_landmarks: int = LANDMARKS) -> tuple[PathFeatures, Any, Any]:
    """Features of a kind behind random gates, and ``rows`` rows of the set, repeated as needed."""
    at = np.arange(rows) % len(data.y_train)
    X, y = data.X_train[at], data.y_train[at]
    if kind == ExplicitPaths.kind:
        return ExplicitPaths.build(random_gates(data.X_train, (EXPLICIT_GATES,)), X), X, y
    structure = random_gates(data.X_train, gate_sizes(*data.X_train.shape))
    return LandmarkPaths.build(structure, data.X_train, data.y_train, n_landmarks=n_landmarks), X, y


def products(rows: int, D: int) -> Work:
    """The machine's own products of (``rows``, D) matrices; int8 of fewer rows where it would take long."""
    rng = np.random.default_rng(0)
    small = torch.from_numpy(rng.integers(-127, 128, size=(rows, D), dtype=np.int8))
    part = small[:FEWER_ROWS]
    trial = min(_seconds(part.t().contiguous(), part) for _ in range(2))
    fewer = FEWER_ROWS if trial * rows / FEWER_ROWS > PATIENCE else rows
    small = small[:fewer]
    turned = small.t().contiguous()
    single = torch.from_numpy(rng.standard_normal((rows, D), dtype=np.float32))
    double = single.double()
    of_single, of_double = (np.asfortranarray(t.numpy().T) for t in (single, double))
    return {
        "int8 product": (len(small), lambda: torch._int_mm(turned, small)),
        "sgemm": (rows, lambda: single.t() @ single),
        "ssyrk": (rows, lambda: scipy.linalg.blas.ssyrk(1.0, of_single)),
        "dgemm": (rows, lambda: double.t() @ double),
        "dsyrk": (rows, lambda: scipy.linalg.blas.dsyrk(1.0, of_double)),
    }


def collecting(paths: PathFeatures, X: Any, y: Any) -> Work:
    """Statistics of the rows, and their features alone."""
    return {
        COLLECT: (len(y), lambda: Statistics.collect(paths, ClassTargets(), X, y)),
        FEATURES: (len(y), lambda: sum(len(block) for _, block in paths.blocks(X))),
    }


def _cell(data: Dataset, kind: str, what: str, number: int) -> Record:
    return {"dataset": data.name, "paths": kind, "what": what, "round": number}


def _seconds(a: torch.Tensor, b: torch.Tensor) -> float:
    begin = time.perf_counter()
    torch._int_mm(a, b)
    return time.perf_counter() - begin
