"""What a conventional network spends on a row in an epoch."""

from typing import Any

import numpy as np
import pytest

from greenlightning.energy.meter import Energy, EnergyPart
from greenlightning.energy.power import Known
from tasks.energy import network_rate
from tasks.energy.network_rate import conventional_regressor, measure_network, one_epoch


class Watch:
    """A meter that reads 6 J, and a clock that moves 0.08 s whenever it is asked."""

    energy = Energy.of([EnergyPart("cpu", 6.0, "measured:rapl")], 3.0, Known(3.6e6, "given"))
    now = 0.0

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def process_time(self) -> float:
        self.now += 0.08
        return self.now


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_short_epochs_are_repeated_and_the_reading_is_shared_by_rows_and_epochs(
    task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch()
    monkeypatch.setattr(network_rate, "EnergyMeter", lambda: watch)
    monkeypatch.setattr(network_rate.time, "process_time", watch.process_time)
    X = np.random.default_rng(0).normal(size=(100, 3))
    rate = measure_network(X, (X[:, 0] > 0).astype(int), (4,), task)
    # 0.08 s at the start, 0.16 and 0.24 s later: the third epoch is the first that begins 0.2 s after it
    assert rate.a_row.joules == pytest.approx(6.0 / (100 * 3))
    assert rate.a_row.seconds == pytest.approx(3.0 / (100 * 3))
    assert (rate.a_row.source, rate.task, rate.epochs) == ("measured:rapl", task, None)


def test_a_large_base_is_measured_on_some_of_its_rows_in_minibatches_of_its_own_size() -> None:
    assert one_epoch((4,), "classification", 16_000).get_params()["batch_size"] == 128
    assert one_epoch((4,), "classification", 700).get_params()["batch_size"] == 64


def test_the_network_for_real_targets_learns_them_in_their_own_units() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 4))
    y = 1e6 + 1e4 * (X[:, 0] + np.abs(X[:, 1]))
    fitted = conventional_regressor((32,)).fit(X[:450], y[:450])
    assert np.square(fitted.predict(X[450:]) - y[450:]).mean() < 0.1 * y.var()
