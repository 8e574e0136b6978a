"""The champion says whether labels fit a batch better once its columns are put back."""

from pathlib import Path

import numpy as np

from tasks.training.label_gain import ChampionsOpinion
from tests.helpers.batches import blobs, measures_of_blobs
from tests.helpers.small_champion import small_champion


def test_labels_fit_the_columns_in_their_place_better(tmp_path: Path, home: Path) -> None:
    opinion = ChampionsOpinion(small_champion(tmp_path))
    X, _y = blobs(1)
    rows = np.arange(0, 300, 3)
    gain = opinion(measures_of_blobs(1, X=X[:, ::-1]))
    assert gain(rows, X[rows]).mean() > 0
    assert gain(rows, X[rows, ::-1]).tolist() == [0.0] * 100
