"""Sites with some of the digits each, their publication, and what learning them in one place gives."""

from pathlib import Path

import numpy as np
import pandas as pd

from greenlightning import GreenLightningClassifier
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import load
from greenlightning.federation import SigningKey, publish, read_publication
from greenlightning.model import GreenLightningModel


def make_sites(folder: Path, n_sites: int) -> GreenLightningModel:
    """Write a table's ``publication`` and ``files/site-NNN.npz``; the model that learnt all rows in one place."""
    data = load("digits")
    X, y = data.X_train, data.y_train
    network = GreenLightningClassifier(
        paths="synthetic", n_landmarks=32, n_random_features=0, max_epochs=2, random_state=0
    )
    table = pd.DataFrame(X[:400]).add_prefix("pixel ")
    publish(network.fit(table, y[:400]).model_, folder / "publication", SigningKey.generate())
    central = read_publication(folder / "publication")
    (folder / "files").mkdir()
    rows_each = max(len(y) // n_sites, 20)
    for number in range(n_sites):
        rows = (np.arange(rows_each) + number * rows_each) % len(y)
        batch = Batch(X[rows] * (1 - number / 1_000), y[rows])
        np.savez(folder / "files" / f"site-{number:03}.npz", X=batch.X, y=batch.y)
        central = central.learn(batch)
    return central
