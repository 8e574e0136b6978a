"""The champion says whether labels fit a batch better once its columns are put back."""

from pathlib import Path

import numpy as np
import pandas as pd

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.training.label_gain import ChampionsOpinion
from tasks.validation.measures import Measures
from tests.helpers.small_champion import served, versioned


def test_labels_fit_the_columns_in_their_place_better(
    mlflow_home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    opinion = ChampionsOpinion(served(tiny_model, tmp_path / "model", versioned(batches[0], tmp_path)))
    X, y = np.asarray(batches[0].X), np.asarray(batches[0].y)
    rows = np.arange(0, len(X), 3)
    gain = opinion(Measures(pd.DataFrame(X[:, ::-1]), y))
    assert gain(rows, X[rows]).mean() > 0
    assert not gain(rows, X[rows, ::-1]).any()


def test_a_label_that_the_champion_does_not_know_says_nothing(
    mlflow_home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    opinion = ChampionsOpinion(served(tiny_model, tmp_path / "model", versioned(batches[0], tmp_path)))
    X = np.asarray(batches[0].X)
    gain = opinion(Measures(pd.DataFrame(X), np.full(len(X), 99)))
    assert not gain(np.arange(5), X[:5] + 1).any()
