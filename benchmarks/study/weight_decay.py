"""Does the OUI after a few epochs tell which weight decay ends well, and does a decay chosen by it help?

Each training runs to its last epoch on four fifths of the training rows, with the library's defaults; a tenth of
them watches the gates. The remaining fifth judges (*held out*), test rows are only reported. Beside both forms of
the OUI stand the firing rate and the network's own early accuracy, which need no theory.
"""

import time
from dataclasses import asdict
from typing import Literal

import numpy as np

from benchmarks.core.records import Record
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import Dataset
from greenlightning.data.splits import split_rows

GRID = 0.0, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0
CHOICES: tuple[float | Literal["oui"], ...] = (*GRID, "oui")
WATCHED = "oui", "oui_batch", "firing_rate", "validation_accuracy"


def measured(
    data: Dataset, seed: int, decay: float | Literal["oui"], max_epochs: int | Literal["auto"] = "auto"
) -> Record:
    """What each epoch showed, and the accuracies of the network and of the solved model at the end."""
    learn, held = split_rows(data.y_train, 0.2, seed)
    estimator = GreenLightningClassifier(
        weight_decay=decay, max_epochs=max_epochs, settle_tolerance=0.0, random_state=seed
    )
    begin = time.process_time()
    estimator.fit(data.X_train[learn], data.y_train[learn])
    _ = estimator.model_.coefficients
    seconds = time.process_time() - begin
    history = estimator.model_.structure.history
    assert history
    epochs = [asdict(record) for record in history.records]
    return {
        "chosen": estimator.weight_decay_,
        "epochs": {name: [float(np.round(epoch[name], 4)) for epoch in epochs] for name in WATCHED},
        "held": float(estimator.score(data.X_train[held], data.y_train[held])),
        "test": float(estimator.score(data.X_test, data.y_test)),
        "processor_seconds": round(seconds, 3),
    }
