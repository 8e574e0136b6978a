"""Does a structure keep up with a world that moved after it was made?

Half of the training rows are the base, and ten batches of 5 % arrive in one of the benchmark's three orders; the
official test rows judge at the end. The defaults and a wider recipe stand beside a structure that has grown after
the tenth batch, and a network that is trained from scratch on everything. Nothing here was chosen on test rows.
"""

import time
from typing import Self

import numpy as np

from benchmarks.core import streams
from benchmarks.core.records import Record
from benchmarks.peers.network import FROM_SCRATCH
from benchmarks.peers.tuning import tuned
from benchmarks.study.following import Array
from benchmarks.study.rounds import UNTUNED
from greenlightning import GreenLightningClassifier
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import Dataset
from greenlightning.estimators.inputs import encoded_inputs
from greenlightning.evaluation.conventional_network import ConventionalNetwork
from greenlightning.evaluation.scores import evaluate
from greenlightning.model import GreenLightningModel
from greenlightning.model.growing import new_paths

DEFAULT, WIDE, GROWN, NETWORK = "defaults", "feature_budget=2560", "grown", "network from scratch"
RECIPES: dict[str, Record] = {DEFAULT: {}, WIDE: {"feature_budget": 2_560}, GROWN: {}}


def cells() -> list[Record]:
    """What is measured on a set, under each seed; a structure grows for new labels alone, which are surely red."""
    return [
        {"stream": stream, "way": way}
        for stream in streams.STREAMS
        for way in (DEFAULT, WIDE, GROWN, NETWORK)
        if way != GROWN or stream == "incremental"
    ]


def measured(data: Dataset, seed: int, stream: str, way: str, batches: int = streams.BATCHES) -> Record:
    """Accuracy on test rows at the end, and what it cost in processor seconds."""
    order = streams.arrange(stream, data.y_train, seed, batches=batches)
    parts = [(data.X_train[rows], data.y_train[rows]) for rows in order.parts]
    if way == NETWORK:
        return _network(data, parts, seed)
    estimator, retraining = GreenLightningClassifier(random_state=seed, **RECIPES[way]), []
    with Seconds() as first:
        _ = estimator.fit(*parts[0]).model_.coefficients
    for X, y in parts[1:]:
        with Seconds() as spent:
            _ = estimator.partial_fit(X, y).model_.coefficients
        retraining.append(spent.seconds)
    found = {"first": round(first.seconds, 3), "retraining": round(float(np.median(retraining)), 4)}
    if way != GROWN:
        return found | _judged(estimator, estimator.model_, data)
    known = [Batch(encoded_inputs(estimator, X, reset=False), y, str(i)) for i, (X, y) in enumerate(parts)]
    with Seconds() as spent:
        grown = _grown(estimator.model_, known, seed)
    return found | {"growing": round(spent.seconds, 3)} | _judged(estimator, grown, data)


def _grown(model: GreenLightningModel, known: list[Batch], seed: int) -> GreenLightningModel:
    """Under gates of all rows: every batch is red, and the earlier rows that go with them are the whole base."""
    X, y = np.concatenate([batch.X for batch in known]), np.concatenate([batch.y for batch in known])
    grown = model.grow(new_paths(model, X, y, random_state=seed), known)
    _ = grown.coefficients
    return grown


def _judged(estimator: GreenLightningClassifier, model: GreenLightningModel, data: Dataset) -> Record:
    shares = model.predict_proba(encoded_inputs(estimator, data.X_test, reset=False))
    return _scored(data, shares, np.asarray(model.classes)) | {"features": model.paths.n_features_out}


def _scored(data: Dataset, shares: Array, classes: Array) -> Record:
    """Accuracy, calibration error and log-loss of probabilities (n, k) of the test rows."""
    found = evaluate(data.y_test, shares, classes)
    return {
        "accuracy": found.accuracy,
        "ece": round(found.ece, 4),
        "log_loss": round(found.log_loss, 4),
    }


def _network(data: Dataset, parts: list[tuple[Array, Array]], seed: int) -> Record:
    setting = tuned(data, ()).get(FROM_SCRATCH, UNTUNED)
    X, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    network = ConventionalNetwork(**setting, random_state=seed)
    with Seconds() as spent:
        network.fit(X, y)
    found = _scored(data, network.predict_proba(data.X_test), network.classes_)
    return found | {"retraining": round(spent.seconds, 3)}


class Seconds:
    """Seconds of the processor that a block takes."""

    def __enter__(self) -> Self:
        self._begun = time.process_time()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds = time.process_time() - self._begun
