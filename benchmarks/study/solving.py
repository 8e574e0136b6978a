"""The linear model solved on gates as they are at some moment, and on gates and features that nothing taught."""

import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.core.records import Record
from benchmarks.study.following import Array
from greenlightning import GreenLightningClassifier
from greenlightning.data.batch import Batch
from greenlightning.data.splits import split_rows
from greenlightning.data.targets import ClassTargets
from greenlightning.linear.solver import choose_alpha
from greenlightning.model import GreenLightningModel
from greenlightning.paths import RandomFeatures
from greenlightning.structure.gates import Structure

RECIPES: dict[str, Record] = {"paths": {"n_random_features": 0}, "default": {}}
Judged = dict[str, tuple[Array, Array]]


def solved(recipe: str, structure: Structure, X: Array, y: Array, judged: Judged, seed: int) -> Record:
    """Accuracy on each set of ``judged`` rows, number of features and processor seconds of the linear part."""
    model = GreenLightningClassifier(random_state=seed, **RECIPES[recipe])
    begin = time.process_time()
    model.fit_structure(structure, X, y)
    _ = model.model_.coefficients
    seconds = time.process_time() - begin
    scores = {name: float(model.score(*rows)) for name, rows in judged.items()}
    return {**scores, "features": model.model_.paths.n_features_out, "solve": round(seconds, 3)}


def random_features(encoder: Structure, n_features: int, X: Array, y: Array, judged: Judged, seed: int) -> Record:
    """The same for random ReLU features alone, with the ridge chosen in the same way."""
    begin = time.process_time()
    recipe = RandomFeatures.build(encoder, X, n_features=n_features, random_state=seed)
    targets = ClassTargets()
    kept, held = split_rows(y, 0.1, seed)
    empty = GreenLightningModel.empty(recipe, 0.0, targets)
    sums, held_sums = (empty.collect(X[rows], y[rows]) for rows in (kept, held))
    alpha = choose_alpha(sums, held_sums, recipe, targets, tolerance=0.05)[0]
    model = GreenLightningModel.empty(recipe, alpha, targets).learn(Batch(X, y, "all"))
    _ = model.coefficients
    seconds = time.process_time() - begin
    scores = {name: _accuracy(model, *rows) for name, rows in judged.items()}
    return {**scores, "features": n_features, "solve": round(seconds, 3)}


def shuffled(structure: Structure, seed: int) -> Structure:
    """The same gates with each layer's weights dealt anew: their sizes stay, what they had learnt does not."""
    rng = np.random.default_rng(seed)
    weights = tuple(_dealt(weight, rng) for weight in structure.weights)
    about = {"steps": structure.steps, "bins": structure.bins}
    return Structure(structure.mean, structure.scale, weights, structure.biases, **about)


def _dealt(weight: Array, rng: np.random.Generator) -> Array:
    return np.asarray(rng.permuted(weight, axis=1))


def _accuracy(model: GreenLightningModel, X: Array, y: Array) -> float:
    labels: NDArray[np.object_] = np.asarray(model.classes)[model.decision_function(X).argmax(axis=1)]
    return float(np.mean(labels == y))
