"""The champion says whether labels fit a batch better once its columns are put back."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.training.label_gain import LEAST_PROBABILITY, ChampionsOpinion
from tasks.validation.measures import Measures
from tests.helpers.small_champion import served, versioned

NAMES = ["x0", "x1", "x2", "x3"]


def test_the_gain_is_the_difference_of_the_log_likelihoods(
    mlflow_home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    opinion = ChampionsOpinion(served(tiny_model, tmp_path / "model", versioned(batches[0], tmp_path)))
    X, y = np.asarray(batches[0].X), np.asarray(batches[0].y)
    rows = np.arange(0, len(X), 3)
    gain = opinion(Measures(pd.DataFrame(X[:, ::-1], columns=NAMES), y))
    right, wrong = (tiny_model.predict_proba(cells)[range(10), y[rows]] for cells in (X[rows], X[rows, ::-1]))
    expected = np.log(np.maximum(right, LEAST_PROBABILITY)) - np.log(np.maximum(wrong, LEAST_PROBABILITY))
    assert gain(rows, X[rows]) == pytest.approx(expected)
    assert not gain(rows, X[rows, ::-1]).any()


def test_a_label_that_the_champion_does_not_know_says_nothing(
    mlflow_home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    opinion = ChampionsOpinion(served(tiny_model, tmp_path / "model", versioned(batches[0], tmp_path)))
    X = np.asarray(batches[0].X)
    gain = opinion(Measures(pd.DataFrame(X, columns=NAMES), np.full(len(X), 99)))
    assert not gain(np.arange(5), X[:5] + 1).any()
