"""Real targets in the pipeline: trained, retrained, forgotten, compared and reported like labels."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flows.engine.outcome import Outcome
from flows.learning.forget import forget
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from flows.learning.train import train
from tasks.core.constants import Alias, Subject
from tasks.core.settings import DECIDING, Learning
from tasks.models import registry
from tasks.predictions.predicting import predict_file
from tasks.predictions.predictor import Predictor
from tasks.reporting.report import make_report
from tasks.reporting.version_comparison import compare_versions
from tasks.tracking.client import connect
from tasks.training.baselines import run_baseline
from tests.helpers.digits import outcome

HOMES = "homes"


def file(folder: Path, name: str, seed: int, rows: int = 200, shift: float = 0.0) -> Path:
    """Homes with an area, rooms and a district, and a price that is skewed."""
    rng = np.random.default_rng(seed)
    area, rooms = rng.uniform(30, 200, rows), rng.integers(1, 7, rows)
    district = rng.choice(["old town", "harbour", "hills"], rows)
    log_price = 10 + area / 60 + 0.1 * rooms + (district == "hills") + 0.1 * rng.normal(size=rows)
    table = pd.DataFrame({"area": area, "rooms": rooms, "district": district})
    table["label"] = np.exp(log_price + shift).round(2)
    table.to_csv(folder / f"{name}.csv", index=False)
    return folder / f"{name}.csv"


def bring(folder: Path, name: str, seed: int) -> Outcome:
    return outcome(ingest, path=file(folder, name, seed), dataset=HOMES)


@pytest.mark.usefixtures("prefect", "mlflow_home")
def test_homes_from_file_to_report(tmp_path: Path) -> None:
    assert bring(tmp_path, "first", 0).state == "Versioned"
    learning = Learning(max_epochs=3, n_landmarks=64, hidden_layer_sizes=(32,))
    first = outcome(train, dataset=HOMES, learning=learning)
    assert (first.state, set(first.scores)) == ("Promoted", {"rmse", "mae", "r2"})
    assert first.scores["r2"] > 0.7 and first.notes == ()
    assert "RMSE" in first.reason and "on 40 holdout rows" in first.reason
    model = registry.load(HOMES)
    assert model.targets.transform.kind in ("log", "quantile")
    assert {"residuals.svg"} <= {one.path for one in connect().list_artifacts(first.run_id)}

    assert bring(tmp_path, "second", 1).state == "Versioned"
    second = outcome(retrain, dataset=HOMES)
    assert second.state == "Promoted" and "RMSE" in second.reason and "against version 1, 20" in second.reason
    logged = connect().get_run(second.run_id).data
    assert {"champion_rmse", "fresh_rmse", "gate_margin", "rmse_lower", "health", "input_drift"} <= set(
        logged.metrics
    )
    assert logged.tags["gate.score"] == "rmse"

    found = compare_versions(HOMES, 1, 2, DECIDING)
    assert found.paired and found.paired.score == "rmse"
    assert found.differences()["rmse"] == pytest.approx(found.paired.difference)
    scores, _ = run_baseline.fn(HOMES, 2, Subject.CONVENTIONAL)
    assert scores["r2"] > 0.3
    report = make_report(HOMES)
    assert "R² over time" in report.html and "Residuals" in report.html and "Calibration" not in report.html

    told = predict_file(
        Predictor.of(registry.version(HOMES, 2)), tmp_path / "second.csv", tmp_path / "p.csv", True
    )
    assert "a regression has no probabilities" in told.notes and told.scores["r2"] > 0.7

    [gone] = set(registry.version(HOMES, 2).batches) - set(registry.version(HOMES, 1).batches)
    forgotten = outcome(forget, dataset=HOMES, batch=gone)
    assert forgotten.promoted
    assert registry.load(HOMES, Alias.CHAMPION).statistics == registry.load(HOMES, 1).statistics
