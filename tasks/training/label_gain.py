"""What the champion says about columns that may be swapped: do the labels fit better once they are put back?"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from greenlightning.model import GreenLightningModel
from tasks.models import registry
from tasks.validation.column_swaps import LabelGain
from tasks.validation.measures import Measures

LEAST_PROBABILITY = 0.02


class ChampionsOpinion:
    """Tells for a batch how much better its labels fit other values of its columns; loads the model if asked."""

    def __init__(self, serving: registry.VersionInfo) -> None:
        self._serving = serving

    @cached_property
    def _model(self) -> GreenLightningModel:
        return registry.load_version(self._serving)

    def __call__(self, measures: Measures) -> LabelGain:
        """The gain of other numeric cells, for the rows of one batch."""

        def gain(rows: NDArray[np.intp], cells: NDArray[np.float64]) -> NDArray[np.float64]:
            labels = measures.y[rows]
            return self._fit(cells, labels) - self._fit(measures.matrix[rows], labels)

        return gain

    def _fit(self, X: NDArray[np.float64], y: NDArray[np.generic]) -> NDArray[np.float64]:
        """Log-likelihood (n,) of each row's label; 0 for labels that the champion does not know."""
        positions = {label: index for index, label in enumerate(self._model.classes)}
        index = np.array([positions.get(label, -1) for label in y.tolist()])
        likelihood = np.maximum(self._model.predict_proba(X), LEAST_PROBABILITY)[np.arange(len(y)), index]
        return np.where(index < 0, 0.0, np.log(likelihood))
