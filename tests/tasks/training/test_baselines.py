"""Baselines: a conventional network and random gates learn exactly the rows that a version learnt."""

from pathlib import Path

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric, SharedParam, Subject, Tag
from tasks.tracking.client import connect, experiment_id
from tasks.tracking.metrics import rounded
from tasks.training.baselines import conventional_regressor, run_baseline
from tests.helpers.small_champion import served, versioned


@pytest.mark.usefixtures("mlflow_home")
@pytest.mark.parametrize("subject", [Subject.CONVENTIONAL, Subject.RANDOM_GATES])
def test_a_baseline_is_logged_as_a_run_of_its_own(
    subject: Subject, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    model = tiny_model.learn(batches[1])
    served(model, tmp_path / "model", versioned(batches[0], tmp_path))
    versioned(batches[1], tmp_path)
    versioned(batches[2], tmp_path, "digits.holdout")
    scores, spent = run_baseline.fn("digits", 1, subject)
    [run] = connect().search_runs([experiment_id("digits")], f"tags.`{Tag.KIND}` = '{Kind.REFERENCE}'")
    assert run.data.metrics[f"{subject}accuracy"] == rounded(scores[Metric.ACCURACY])
    assert 0.5 < scores[Metric.ACCURACY] <= 1
    assert run.data.metrics[Metric.JOULES] == rounded(spent.joules) > 0
    assert run.data.params[SharedParam.ROWS] == "60"
    assert run.data.tags[Tag.VERSION] == "1"


def test_the_network_for_real_targets_learns_them_in_their_own_units() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 4))
    y = 1e6 + 1e4 * (X[:, 0] + np.abs(X[:, 1]))
    fitted = conventional_regressor((32,)).fit(X[:450], y[:450])
    assert np.square(fitted.predict(X[450:]) - y[450:]).mean() < 0.1 * y.var()
