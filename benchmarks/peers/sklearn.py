"""scikit-learn's own ways: partial_fit, ridge, random ReLU features, boosted trees."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import RidgeClassifier, SGDClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.peers.peer import About, Array, Kind, Peer, Refit, Setting, grid

MOST_PASSES, PATIENCE, HELD = 50, 3, 0.1


class Passing(Peer):
    """An estimator with ``partial_fit``, on inputs standardised by the base.

    Passes over the base until accuracy on a tenth of it held out has not risen for three; then ``passes`` over
    each batch. It gets all labels beforehand, as ``partial_fit`` requires.
    """

    def __init__(self, model: Any, passes: int, about: About) -> None:
        self._model, self._passes, self._labels = model, passes, about.labels
        self._rng = np.random.default_rng(about.seed)

    def start(self, X: Array, y: Array) -> None:
        self._scaler = StandardScaler().fit(X)
        standard, order = self._scaler.transform(X), self._rng.permutation(len(y))
        held, kept = np.split(order, [round(len(y) * HELD)])
        best, since = 0.0, 0
        for _ in range(MOST_PASSES):
            self._pass(standard, y, kept)
            score = self._model.score(standard[held], y[held])
            best, since = (score, 0) if score > best else (best, since + 1)
            if since == PATIENCE:
                break

    def update(self, X: Array, y: Array) -> None:
        standard = self._scaler.transform(X)
        for _ in range(self._passes):
            self._pass(standard, y, np.arange(len(y)))

    def predict(self, X: Array) -> Array:
        return np.asarray(self._model.predict(self._scaler.transform(X)))

    def _pass(self, standard: Array, y: Array, rows: Array) -> None:
        rows = self._rng.permutation(rows)
        self._model.partial_fit(standard[rows], y[rows], classes=self._labels)


class RandomReLU(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """``width`` ReLU units with weights drawn once, for standardised inputs; float64, which ridge needs here."""

    def __init__(self, width: int, random_state: int) -> None:
        self.width = width
        self.random_state = random_state

    def fit(self, X: Array, y: Array | None = None) -> Self:
        rng = np.random.default_rng(self.random_state)
        self.weights_ = rng.normal(size=(X.shape[1], self.width)) / np.sqrt(X.shape[1])
        self.biases_ = rng.normal(size=self.width)
        return self

    def transform(self, X: Array) -> Array:
        return np.maximum(X @ self.weights_ + self.biases_, 0)


class Boosted(Refit):
    """Boosted trees, early-stopped unless a label has one row only, which cannot be held out and trained on."""

    def start(self, X: Array, y: Array) -> None:
        stop = bool(np.unique(y, return_counts=True)[1].min() > 1)
        self.model = self._make().set_params(early_stopping=stop).fit(X, y)


def _sgd(setting: Setting, about: About) -> Peer:
    model = SGDClassifier(loss="log_loss", alpha=setting["alpha"], random_state=about.seed)
    return Passing(model, setting["passes"], about)


def _mlp(setting: Setting, about: About) -> Peer:
    sizes = about.network["hidden_layer_sizes"]
    model = MLPClassifier(sizes, learning_rate_init=setting["learning_rate"], random_state=about.seed)
    return Passing(model, setting["passes"], about)


def _ridge(setting: Setting, about: About) -> Peer:
    return Refit(lambda: make_pipeline(StandardScaler(), RidgeClassifier(**setting)))


def _random_relu(setting: Setting, about: About) -> Peer:
    def make() -> Any:
        features = RandomReLU(setting["width"], about.seed)
        return make_pipeline(StandardScaler(), features, RidgeClassifier(alpha=setting["alpha"]))

    return Refit(make)


def _boosted(setting: Setting, about: About) -> Peer:
    return Boosted(lambda: HistGradientBoostingClassifier(**setting, n_iter_no_change=5, random_state=about.seed))


RELU_GRID = grid(alpha=[0.1, 1.0, 10.0, 100.0], width=[2_048])
TREE_GRID = grid(learning_rate=[0.1, 0.3], max_leaf_nodes=[15, 31])
RIDGE, BOOSTED = "ridge on the inputs", "boosted trees"
KINDS = (
    Kind("SGD partial_fit", _sgd, "batch", grid(alpha=[1e-5, 1e-4, 1e-3, 1e-2], passes=[1, 5])),
    Kind("MLP partial_fit", _mlp, "batch", grid(learning_rate=[3e-4, 1e-3], passes=[1, 5])),
    Kind(RIDGE, _ridge, "far", grid(alpha=[1.0, 100.0, 10_000.0])),
    Kind("random ReLU + ridge", _random_relu, "far", RELU_GRID, few_on=("fashion-mnist",)),
    Kind(BOOSTED, _boosted, "far", TREE_GRID, few_on=("digits", "letter", "fashion-mnist"), seeds=2),
)
