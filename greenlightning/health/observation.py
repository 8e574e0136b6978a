"""What a model makes of some rows: the gates of all its structures, squared errors, saturation."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from greenlightning.data.labels import label_array
from greenlightning.data.targets import ClassTargets

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel


@dataclass(frozen=True, eq=False)
class Observation:
    """What a model makes of some rows.

    Attributes
    ----------
    gates : ndarray of shape (n, units), bool
        Open gates, those of a structure that was added later after those before.
    residual : ndarray of shape (n,)
        Squared error.
    saturation : ndarray of shape (n,)
        Share of saturated path features.
    """

    gates: NDArray[np.bool_]
    residual: NDArray[np.float64]
    saturation: NDArray[np.float64]

    @classmethod
    def of(cls, model: "GreenLightningModel", X: ArrayLike, y: ArrayLike) -> "Observation":
        """Observe rows through a model.

        Where its sums keep the classes apart, their weights are left out: they may change from version to version,
        and squared errors under other weights cannot be compared.

        Parameters
        ----------
        model : GreenLightningModel
            The model.
        X : array-like of shape (n, d)
            Inputs.
        y : array-like of shape (n,) or (n, k)
            Labels or real targets; a label that the model has no column for counts as an error of 1.

        Returns
        -------
        Observation
            Gates, squared errors and saturation.
        """
        if isinstance(model.targets, ClassTargets) and model.targets.apart and model.targets.weights:
            model = replace(model, targets=ClassTargets(apart=True))
        scores, saturation = [], []
        for _, features in model.paths.blocks(X, memory_budget=model.memory_budget):
            scores.append(model.score(features))
            saturation.append((features.abs() == model.paths.largest).float().mean(dim=1).double().numpy())
        if isinstance(model.targets, ClassTargets):
            truth = (np.asarray(y)[:, None] == label_array(model.classes)).astype(np.float64)
            error = np.concatenate(scores) - truth
            missed = 1.0 - truth.sum(axis=1)
        else:
            error, missed = (np.concatenate(scores) - model.targets.mapped(y)) / model.targets.scales(0), 0.0
        squared = np.square(error).sum(axis=1) + missed
        return cls(patterns_of(model, X), squared, np.concatenate(saturation))


def gates_digest(structures: Sequence[str]) -> str:
    """Name the gates of several structures by their digests, in order; one alone keeps its own."""
    return structures[0] if len(structures) == 1 else hashlib.sha256("/".join(structures).encode()).hexdigest()


def patterns_of(model: "GreenLightningModel", X: ArrayLike) -> NDArray[np.bool_]:
    """Compute the patterns (n, units) of inputs ``X`` (n, d) in all structures of a model."""
    return np.concatenate([structure.patterns(X) for structure in model.paths.structures], axis=1)
