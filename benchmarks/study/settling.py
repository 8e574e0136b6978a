"""Does structure settle earlier than weights?

One network is trained as the defaults say, on four fifths of the training rows, under a constant and under a
cosine learning rate. What single minibatches change is measured on fixed held-out rows. At snapshots the gates are
frozen and the linear model is solved, beside gates and features that nothing taught. The remaining fifth decides;
test rows are only reported. Seconds are processor seconds of one thread.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from benchmarks.core.records import Record
from benchmarks.study.following import Followed, Rows, follow
from benchmarks.study.solving import random_features, shuffled, solved
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import Dataset
from greenlightning.data.labels import positions, sorted_classes
from greenlightning.data.splits import split_rows
from greenlightning.estimators.configuration import training_options
from greenlightning.estimators.inputs import encoded_inputs
from greenlightning.evaluation.conventional_network import random_gates

SCHEDULES: tuple[Literal["cosine", "constant"], ...] = ("cosine", "constant")
EPOCHS = 1, 2, 3, 4, 6, 8, 12, 16, 20, 24
MOST_EPOCHS = 24


def measured(
    data: Dataset,
    seed: int,
    schedule: Literal["cosine", "constant"],
    recipes: Sequence[str] = ("paths",),
    most_epochs: int = MOST_EPOCHS,
) -> Record:
    """Everything about one training of ``data`` under a seed and a schedule of the learning rate."""
    learn, held = split_rows(data.y_train, 0.2, seed)
    X, y = data.X_train[learn], data.y_train[learn]
    judged = {"held": (data.X_train[held], data.y_train[held]), "test": (data.X_test, data.y_test)}
    estimator = GreenLightningClassifier(random_state=seed)
    inputs = encoded_inputs(estimator, X, reset=True)
    unseen = encoded_inputs(estimator, judged["held"][0], reset=False)
    training, _ = split_rows(y, estimator.validation_fraction, estimator._seed())
    options = training_options(estimator, inputs[training], seed)
    options = replace(options, max_epochs=min(options.max_epochs, most_epochs), schedule=schedule)
    classes = sorted_classes(y)
    rows = Rows(inputs[training], positions(y[training], classes), unseen, positions(judged["held"][1], classes))
    followed = follow(rows, options, tuple(epoch for epoch in EPOCHS if epoch <= options.max_epochs))

    def solve(structure: Any, recipe: str) -> Record:
        return solved(recipe, structure, X, y, judged, seed)

    last = followed.moments[-1].structure
    curves = {
        recipe: [at(moment) | solve(moment.structure, recipe) for moment in followed.moments] for recipe in recipes
    }
    controls = {
        "random gates": solve(random_gates(inputs, last.hidden_layer_sizes, seed + 1), "paths"),
        "shuffled weights": solve(shuffled(last, seed), "paths"),
    }
    encoded = {name: (encoded_inputs(estimator, X, reset=False), y) for name, (X, y) in judged.items()}
    for recipe in recipes:
        count = curves[recipe][-1]["features"]
        controls[f"{count} random features"] = random_features(last, count, inputs, y, encoded, seed)
    return _trained(options, followed) | {"solved": curves, "controls": controls}


def at(moment: Any) -> Record:
    """What a snapshot cost, and the accuracy of the network itself on held-out rows."""
    return {
        "epoch": round(moment.epoch, 4),
        "train": round(moment.seconds, 3),
        "network": round(moment.network_accuracy, 4),
    }


def _trained(options: Any, followed: Followed) -> Record:
    changes = [
        [round(change.epoch, 4), _short(change.patterns), _short(change.weights)] for change in followed.changes
    ]
    distances = [[round(d["epoch"], 4), _short(d["patterns"]), _short(d["weights"])] for d in followed.distances()]
    about = {"layers": list(options.hidden_layer_sizes), "epochs": options.max_epochs}
    return about | {"settled": followed.settled, "changes": changes, "distances": distances}


def _short(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.3g}") for value in values]
