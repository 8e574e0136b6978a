"""At equal parameters and at equal time: an MLP beside models on frozen gates, in GLAI's counting and in full.

Each way is trained at several sizes. *Trained* counts the numbers that training sets and a prediction needs, gates
and landmarks left out, as in GLAI; *all* counts these too. Four fifths of the training rows train, the rest judges
which size to take within a budget of time; test rows are only reported.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.core.records import Record
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import Dataset
from greenlightning.data.splits import split_rows
from greenlightning.evaluation.conventional_network import ConventionalNetwork, random_gates

WIDTHS = (16,), (64,), (256,), (256, 128)
EPOCHS = 1, 3, 10, 30
EQUAL_EPOCHS = 30
RANDOM_GATES = 256, 256
LANDMARKS = 64, 256, 1_024
OUR_EPOCHS = 0, 1, 4, 12, 24
PARAMETERS = tuple(width for width in WIDTHS if len(width) == 1)
Make = Callable[[], Any]
MLP, PATHS, EXPLICIT, RANDOM = "MLP", "landmarks", "explicit paths", "random gates"


def sizes(quick: bool = False) -> Iterator[Record]:
    """The cells of a data set and seed: those by time, then those of equal parameters."""
    for width in WIDTHS[:1] if quick else WIDTHS:
        for epochs in EPOCHS[:1] if quick else EPOCHS:
            yield {"by": "time", "way": MLP, "width": list(width), "epochs": epochs}
    for landmarks in LANDMARKS[:1] if quick else LANDMARKS:
        for epochs in OUR_EPOCHS[:2] if quick else OUR_EPOCHS:
            yield {"by": "time", "way": PATHS if epochs else RANDOM, "landmarks": landmarks, "epochs": epochs}
    for (width,) in PARAMETERS[:1] if quick else PARAMETERS:
        for way in (MLP, PATHS, EXPLICIT, RANDOM):
            yield {"by": "parameters", "way": way, "width": [width], "epochs": 1 if quick else EQUAL_EPOCHS}


def measured(data: Dataset, seed: int, **size: Any) -> Record:
    """Accuracies, processor seconds and both counts of parameters."""
    learn, held = split_rows(data.y_train, 0.2, seed)
    X, y = data.X_train[learn], data.y_train[learn]
    begin = time.process_time()
    model = _trained(X, y, seed, size)
    seconds = time.process_time() - begin
    trained, whole = counted(model)
    return {
        "held": float(model.score(data.X_train[held], data.y_train[held])),
        "test": float(model.score(data.X_test, data.y_test)),
        "processor_seconds": round(seconds, 4),
        "trained": trained,
        "all": whole,
    }


def _trained(X: Any, y: Any, seed: int, size: Record) -> Any:
    if size["way"] == MLP:
        return ConventionalNetwork(size["width"], max_epochs=size["epochs"], random_state=seed).fit(X, y)
    free = size.get("landmarks") or features_of(X.shape[1], len(np.unique(y)), *size["width"])
    model = GreenLightningClassifier(
        n_random_features=0, n_landmarks=min(free, len(X) // 2), paths="landmarks", random_state=seed
    )
    if size["way"] == EXPLICIT:
        model.set_params(paths="explicit", hidden_layer_sizes=(max(free // (X.shape[1] + 1), 1),))
    if size["by"] == "time":
        model.set_params(max_epochs=max(size["epochs"], 1))
    if size["way"] == RANDOM:
        model.fit_structure(random_gates(X, RANDOM_GATES, seed), X, y)
    else:
        model.fit(X, y)
    _ = model.model_.coefficients
    return model


def features_of(d: int, k: int, width: int) -> int:
    """Path features whose coefficients are as many numbers as an MLP with one hidden layer has."""
    return (width * (d + 1) + k * (width + 1)) // k


def counted(model: Any) -> tuple[int, int]:
    """Numbers that are trained as GLAI counts, and all that a prediction needs."""
    if isinstance(model, ConventionalNetwork):
        count = sum(p.numel() for p in model.module_.parameters())
        return count, count
    found, structure = model.model_.coefficients, model.model_.structure
    trained = found.weights.size + found.intercept.size
    frozen = (*structure.weights, *structure.biases, *model.model_.paths.tables.values())
    return trained, trained + sum(np.size(array) for array in frozen)
