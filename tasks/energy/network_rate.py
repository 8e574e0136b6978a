"""What the conventional network spends on a row in an epoch, measured in a loop, as epochs can be short."""

import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from greenlightning.energy.meter import EnergyMeter
from tasks.core.energy_cost import EnergyCost
from tasks.energy.from_scratch import MOST_EPOCHS, NetworkRate

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.compose import TransformedTargetRegressor

    from greenlightning.evaluation.conventional_network import ConventionalNetwork

MOST_ROWS = 2_048
LEAST_CPU_SECONDS = 0.2
"""Rows of an epoch at most, and how long epochs are repeated: a clock of 10 ms then errs by 5 % at most."""


def measure_network(X: "NDArray[Any]", y: "NDArray[Any]", sizes: tuple[int, ...], task: str) -> NetworkRate:
    """Train a network of those layers for one epoch again and again, on rows taken evenly from ``X`` and ``y``."""
    part = np.unique(np.linspace(0, len(y) - 1, min(len(y), MOST_ROWS)).round().astype(int))
    import_training()
    network = one_epoch(sizes, task, len(y))
    inputs, answers, epochs = X[part], y[part], 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns that one epoch is not enough
        started = time.process_time()
        with EnergyMeter() as meter:
            while epochs == 0 or time.process_time() - started < LEAST_CPU_SECONDS:
                network.fit(inputs, answers)
                epochs += 1
    return NetworkRate(EnergyCost.of(meter.energy) * (1 / (len(part) * epochs)), task)


def import_training() -> None:
    """Import what torch and scikit-learn load at their first training, which then costs what it costs later."""
    from greenlightning.evaluation.conventional_network import ConventionalNetwork

    ConventionalNetwork((2,), max_epochs=1).fit(np.arange(64.0).reshape(32, 2), np.arange(32) % 2)


def one_epoch(sizes: tuple[int, ...], task: str, rows: int) -> "ConventionalNetwork | TransformedTargetRegressor":
    """The network that trains one epoch, in minibatches of the size for ``rows`` rows."""
    if task == "regression":
        return conventional_regressor(sizes, max_iter=1)
    from greenlightning.evaluation.conventional_network import ConventionalNetwork
    from greenlightning.evaluation.schedules import default_schedule

    return ConventionalNetwork(sizes, batch_size=default_schedule(rows).batch_size, max_epochs=1)


def conventional_regressor(sizes: tuple[int, ...], max_iter: int = MOST_EPOCHS) -> "TransformedTargetRegressor":
    """A network for real targets: inputs and targets standardised, stopped early on a tenth of the rows."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    about = {"learning_rate_init": 2e-3, "max_iter": max_iter, "early_stopping": True, "random_state": 0}
    network = MLPRegressor(hidden_layer_sizes=sizes, **about)
    return TransformedTargetRegressor(make_pipeline(StandardScaler(), network), transformer=StandardScaler())
