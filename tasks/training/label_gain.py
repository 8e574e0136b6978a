"""What the champion says about columns that may be swapped: do the labels fit better once they are put back?"""

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.model import GreenLightningModel
from tasks.data.batch_files import BatchContent
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
            given = measures.frame.iloc[rows].reset_index(drop=True)
            changed = given.assign(**dict(zip(measures.numeric_names, cells.T, strict=True)))
            return self._fit(changed, measures.y[rows]) - self._fit(given, measures.y[rows])

        return gain

    def _fit(self, frame: pd.DataFrame, y: NDArray[np.generic]) -> NDArray[np.float64]:
        """Log-likelihood (n,) of each row's label; 0 where the champion knows no such label, or no such input."""
        X = BatchContent(frame, y).inputs(self._model.encoder)
        positions = {label: index for index, label in enumerate(self._model.classes)}
        index = np.array([positions.get(label, -1) for label in y.tolist()])
        known = (index >= 0) & np.isfinite(X).all(axis=1)
        likelihood = np.maximum(self._model.predict_proba(X[known]), LEAST_PROBABILITY)
        found = np.zeros(len(y))
        found[known] = np.log(likelihood[np.arange(len(likelihood)), index[known]])
        return found
