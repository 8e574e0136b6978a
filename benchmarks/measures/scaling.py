"""What a retraining costs as history grows and as features grow; forgetting; prediction of one row and of many."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.core.cost import Cost
from benchmarks.core.records import Record, Records
from benchmarks.peers.network import FROM_SCRATCH
from benchmarks.peers.ours import OURS
from benchmarks.peers.peer import Array
from benchmarks.peers.tuning import Chosen
from greenlightning import GreenLightningClassifier, GreenLightningModel
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import Dataset
from greenlightning.data.targets import ClassTargets
from greenlightning.evaluation.conventional_network import ConventionalNetwork
from greenlightning.paths import LandmarkPaths

MULTIPLES = (1, 2, 5, 10, 20)
NETWORK_MULTIPLES = (1, 5, 20)
LANDMARKS = (256, 512, 1_024, 2_048, 4_096)
ROUNDS = 15
SINGLE_ROWS = 300


def run(data: Dataset, settings: Chosen, records: Records) -> None:
    """Measure what is missing: everything hangs on one model, so it is trained at most once a set."""
    missing = {what: part for what, part in PARTS.items() if not records.has(**_done(data, what))}
    if not missing:
        return
    pieces = [Batch(data.X_train[rows], data.y_train[rows]) for rows in _pieces(len(data.y_train))]
    base = _joined(pieces[:10])
    model = GreenLightningClassifier(random_state=0).fit(base.X, base.y).model_
    empty = GreenLightningModel.empty(model.paths, model.alpha, model.targets)
    for what, measure in missing.items():
        measure(data, empty, pieces, settings, records)
        records.add(_done(data, what), {})


def _history(
    data: Dataset, empty: GreenLightningModel, pieces: list[Batch], settings: Chosen, records: Records
) -> None:
    """The same new batch on top of 1 to 20 parts of history: ours, and the network that trains on all of it."""
    *history, new = pieces
    taught = {n: empty.learn(_joined(history[:n])) for n in MULTIPLES}
    for number in range(ROUNDS):
        for n in np.random.default_rng(number).permutation(MULTIPLES).tolist():
            cost = _timed(_learnt, taught[n], new)
            records.add(_cell(data, "history", OURS, n, number), cost | {"rows": new.rows * (n + 1)})
    for n in NETWORK_MULTIPLES:
        rows = _joined([*history[:n], new])
        cost = _timed(_network(settings).fit, rows.X, rows.y)
        records.add(_cell(data, "history", FROM_SCRATCH, n, 0), cost | {"rows": rows.rows})


def _features(
    data: Dataset, empty: GreenLightningModel, pieces: list[Batch], settings: Chosen, records: Records
) -> None:
    """One batch learnt under recipes of more and more landmarks: collecting and solving apart."""
    base, new = _joined(pieces[:10]), pieces[-1]
    for m in (m for m in LANDMARKS if m <= base.rows):
        paths = LandmarkPaths.build(empty.structure, base.X, base.y, n_landmarks=m)
        model = GreenLightningModel.empty(paths, empty.alpha, ClassTargets()).learn(pieces[0])
        for number in range(3):
            collecting = _timed(model.collect, new.X, new.y)
            solving = _timed(getattr, model.learn(new), "coefficients")
            both = {"D": paths.n_features_out, "collect": collecting["seconds"], "solve": solving["seconds"]}
            records.add(
                _cell(data, "features", OURS, m, number),
                {"seconds": both["collect"] + both["solve"], **both},
            )


def _forgetting(
    data: Dataset, empty: GreenLightningModel, pieces: list[Batch], settings: Chosen, records: Records
) -> None:
    """One batch taken out of everything, compared with a network trained from scratch without it."""
    gone, kept = pieces[-1], _joined(pieces[:-1])
    everything = empty.learn(kept).learn(gone)
    for number in range(ROUNDS):
        cost = _timed(_forgot, everything, gone)
        records.add(_cell(data, "forgetting", OURS, 1, number), cost)
    for number in range(2):
        cost = _timed(_network(settings).fit, kept.X, kept.y)
        records.add(_cell(data, "forgetting", FROM_SCRATCH, 1, number), cost)
    same = _forgot(everything, gone).statistics.digest == empty.learn(kept).statistics.digest
    records.add({"dataset": data.name, "what": "digest after forgetting"}, {"same": same})


def _prediction(
    data: Dataset, empty: GreenLightningModel, pieces: list[Batch], settings: Chosen, records: Records
) -> None:
    """Latency of one row at a time, and rows a second of the test rows at once."""
    batch = _joined(pieces[:10])
    ways: dict[str, Any] = {OURS: empty.learn(batch), FROM_SCRATCH: _network(settings).fit(batch.X, batch.y)}
    for way, model in ways.items():
        singles = [_seconds(model.predict, data.X_test[i : i + 1]) for i in range(SINGLE_ROWS)]
        whole = min(_seconds(model.predict, data.X_test) for _ in range(3))
        values = {
            "p50": float(np.median(singles[20:])),
            "p99": float(np.quantile(singles[20:], 0.99)),
            "rows_per_second": len(data.X_test) / whole,
        }
        records.add(_cell(data, "prediction", way, 1, 0), values)


PARTS = {"history": _history, "features": _features, "forgetting": _forgetting, "prediction": _prediction}


def _pieces(n_rows: int) -> list[Array]:
    """Twenty parts of history and one new batch, drawn at random."""
    return np.array_split(np.random.default_rng(0).permutation(n_rows), MULTIPLES[-1] + 1)


def _joined(batches: list[Batch]) -> Batch:
    return Batch(np.concatenate([b.X for b in batches]), np.concatenate([b.y for b in batches]))


def _learnt(model: GreenLightningModel, batch: Batch) -> GreenLightningModel:
    learnt = model.learn(batch)
    _ = learnt.coefficients
    return learnt


def _forgot(model: GreenLightningModel, batch: Batch) -> GreenLightningModel:
    left = model.forget(batch)
    _ = left.coefficients
    return left


def _network(settings: Chosen) -> ConventionalNetwork:
    return ConventionalNetwork(**settings[FROM_SCRATCH])


def _timed(work: Callable[..., object], *given: object) -> Record:
    with Cost() as cost:
        work(*given)
    return cost.values


def _seconds(predict: Callable[[Array], object], X: Array) -> float:
    begin = time.perf_counter()
    predict(X)
    return time.perf_counter() - begin


def _done(data: Dataset, what: str) -> Record:
    return {"dataset": data.name, "what": f"{what} is complete"}


def _cell(data: Dataset, what: str, way: str, size: int, number: int) -> Record:
    return {"dataset": data.name, "what": what, "way": way, "size": size, "round": number}
