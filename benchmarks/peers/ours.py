"""Ours, with its defaults, and the same behind gates that were never trained."""

from benchmarks.peers.peer import About, Array, Kind, Peer, Setting
from greenlightning import GreenLightningClassifier
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.structure.defaults import structure_defaults

OURS, RANDOM_GATES = "ours", "random gates"


class Ours(Peer):
    """Structure, recipe and ridge strength from the base; each update learns the batch and solves again."""

    def __init__(self, seed: int) -> None:
        self.model = GreenLightningClassifier(random_state=seed)

    def start(self, X: Array, y: Array) -> None:
        self.model.fit(X, y)
        self._solve()

    def update(self, X: Array, y: Array) -> None:
        self.model.partial_fit(X, y)
        self._solve()

    def predict(self, X: Array) -> Array:
        labels: Array = self.model.predict(X)
        return labels

    def _solve(self) -> None:
        """Coefficients are solved on first use: use them, so that the solve is in the time."""
        _ = self.model.model_.coefficients


class RandomGates(Ours):
    """The same features, solver and updates; the gates stay as they were drawn."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._seed = seed

    def start(self, X: Array, y: Array) -> None:
        self.model.fit_structure(random_gates(X, gate_sizes(*X.shape), self._seed), X, y)
        self._solve()


def gate_sizes(n_rows: int, n_features: int) -> tuple[int, ...]:
    """The widths that the classifier's defaults take for that many rows of that many pixels."""
    return structure_defaults(n_features, n_rows, one_unit=True).hidden_layer_sizes


def _ours(setting: Setting, about: About) -> Peer:
    return Ours(about.seed)


def _random(setting: Setting, about: About) -> Peer:
    return RandomGates(about.seed)


KINDS = (Kind(OURS, _ours, "batch"), Kind(RANDOM_GATES, _random, "batch"))
