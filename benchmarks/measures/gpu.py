"""The same statistics on a CUDA device: digest, share of the int8 product ceiling, ten million rows streamed."""

import time
from collections.abc import Iterator

import numpy as np
import torch

from benchmarks.core.cost import Cost
from benchmarks.core.records import Record, Records
from benchmarks.measures.throughput import recipe
from benchmarks.peers.peer import Array
from greenlightning import GreenLightningModel, Statistics
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import Dataset
from greenlightning.data.targets import ClassTargets
from greenlightning.paths import LandmarkPaths, PathFeatures

DEVICE = "cuda"
ROUNDS, ROWS, LANDMARKS, CHUNK = 5, 65_536, 4_096, 262_144
SIZES = (100_000, 1_000_000, 10_000_000)


def run(data: Dataset, records: Records) -> None:
    """Measure on the GPU, or say on one line that there is none."""
    if not torch.cuda.is_available():
        print("gpu: not run: torch sees no CUDA device", flush=True)
        return
    paths, X, y = recipe(data, LandmarkPaths.kind, ROWS, LANDMARKS)
    _digests(data, paths, X[:8_192], y[:8_192], records)
    _rates(data, paths, X, y, records)
    _streamed(data, paths, X, y, records)
    _retrained(data, paths, X, y, records)


def _digests(data: Dataset, paths: PathFeatures, X: Array, y: Array, records: Records) -> None:
    cell = {"dataset": data.name, "what": "digest"}
    if not records.has(**cell):
        found = [Statistics.collect(paths, ClassTargets(), X, y, device=device) for device in ("cpu", DEVICE)]
        records.add(cell, {"same": found[0].digest == found[1].digest, "rows": len(y)})


def _rates(data: Dataset, paths: PathFeatures, X: Array, y: Array, records: Records) -> None:
    D = paths.n_features_out
    width = -(-D // 8) * 8
    small = torch.randint(-127, 128, (len(y), width), dtype=torch.int8, device=DEVICE)
    turned = small.t().contiguous()
    work = {
        "int8 product": lambda: torch._int_mm(turned, small),
        "statistics": lambda: Statistics.collect(paths, ClassTargets(), X, y, device=DEVICE),
    }
    for make in work.values():
        make()
    for number in range(ROUNDS):
        for what, make in work.items():
            cell = {"dataset": data.name, "what": what, "round": number}
            if not records.has(**cell):
                with Cost(DEVICE) as cost:
                    make()
                    torch.cuda.synchronize()
                size = width if what == "int8 product" else D
                rate = 2.0 * len(y) * size**2 / cost.seconds / 1e9
                records.add(cell, cost.values | {"D": D, "rows": len(y), "giga_per_second": rate})


def _streamed(data: Dataset, paths: PathFeatures, X: Array, y: Array, records: Records) -> None:
    """Rows of the set again and again with noise, made chunk by chunk; the clock runs for collecting only."""
    for rows in SIZES:
        cell = {"dataset": data.name, "what": "streamed", "rows": rows}
        if records.has(**cell):
            continue
        total, seconds = Statistics.empty(paths, ClassTargets()), 0.0
        for inputs, labels in _chunks(X, y, rows):
            begin = time.perf_counter()
            total = total + Statistics.collect(paths, ClassTargets(), inputs, labels, device=DEVICE)
            seconds += time.perf_counter() - begin
        records.add(cell, {"seconds": seconds, "rows_per_second": total.n / seconds, "D": paths.n_features_out})


def _chunks(X: Array, y: Array, rows: int) -> Iterator[tuple[Array, Array]]:
    rng = np.random.default_rng(0)
    for start in range(0, rows, CHUNK):
        at = rng.integers(len(y), size=min(CHUNK, rows - start))
        noise = rng.standard_normal((len(at), X.shape[1]), dtype=np.float32)
        yield X[at] + noise, y[at]


def _retrained(data: Dataset, paths: PathFeatures, X: Array, y: Array, records: Records) -> None:
    """One batch of 5 % learnt and solved on the CPU and on the GPU."""
    new = Batch(X[: len(data.y_train) // 20], y[: len(data.y_train) // 20])
    for device in ("cpu", DEVICE):
        model = GreenLightningModel.empty(paths, 1e-2)
        model = GreenLightningModel(**(vars(model) | {"device": device}))
        for number in range(ROUNDS):
            cell: Record = {"dataset": data.name, "what": f"retraining on {device}", "round": number}
            if not records.has(**cell):
                with Cost(device) as cost:
                    _ = model.learn(new).coefficients
                records.add(cell, cost.values)
