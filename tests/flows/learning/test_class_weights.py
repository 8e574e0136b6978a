"""Class weights in the pipeline: rows are counted once, weights change without data, versions are reproduced."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.learning.forget import forget
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from flows.learning.train import train
from flows.versions.reproduce import reproduce
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Alias, Tag
from tasks.core.settings import Deciding, Learning
from tasks.data.batch_index import batches
from tasks.models import registry
from tests.helpers.digits import outcome

FRAUD = "fraud"
PLAIN = Deciding(metric="balanced_accuracy", threshold="keep")
LEARNING = Learning(max_epochs=2, n_landmarks=32, hidden_layer_sizes=(8,), class_weight="balanced")


def bring(folder: Path, seed: int, rows: int = 400) -> str:
    """Payments, of which one in sixteen is a fraud; the id of the batch."""
    rng = np.random.default_rng(seed)
    fraud = rng.random(rows) < 1 / 16
    frame = pd.DataFrame(rng.normal(size=(rows, 4)) + 0.8 * fraud[:, None], columns=["a", "b", "c", "d"])
    frame["label"] = np.where(fraud, "fraud", "fine")
    path = folder / f"{seed}.csv"
    frame.to_csv(path, index=False)
    outcome(ingest, path=path, dataset=FRAUD)
    return next(ref.id for ref in batches(FRAUD) if ref.source == path.name)


def serving() -> tuple[GreenLightningModel, registry.VersionInfo]:
    info = registry.version(FRAUD, Alias.CHAMPION)
    return registry.load_version(info), info


@pytest.mark.usefixtures("prefect", "mlflow_home")
def test_weights_are_kept_changed_and_left_without_reading_a_row_again(tmp_path: Path) -> None:
    base = bring(tmp_path, 0)
    outcome(train, dataset=FRAUD, learning=LEARNING, deciding=PLAIN)
    model, info = serving()
    assert model.targets.weights == "balanced" and model.statistics.n == model.ledger.rows == 320
    assert info.tags[Tag.ROWS] == "320" and "class weights" in info.description
    first = bring(tmp_path, 1)
    assert outcome(retrain, dataset=FRAUD, deciding=PLAIN).learnt == {first: 400}
    kept, _ = serving()
    assert kept.targets.weights == "balanced" and kept.statistics.n == 720
    bring(tmp_path, 2)
    heavier = PLAIN.model_copy(update={"class_weight": {"fraud": 3.0}, "margin": 0.9})
    outcome(retrain, dataset=FRAUD, deciding=heavier)
    changed, info = serving()
    assert changed.targets.weights == {"fraud": 3.0}
    assert info.class_targets == changed.targets
    for version in (2, 3):
        assert outcome(reproduce, dataset=FRAUD, version=version).state == "Reproduced"
    assert outcome(forget, dataset=FRAUD, batch=base).promoted
    left, _ = serving()
    assert left.statistics.n == 800
    assert left.targets.weights == {"fraud": 3.0}


def test_a_first_file_that_is_learnt_in_one_run_has_the_weights_that_its_command_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"a": rng.normal(size=200), "label": np.where(np.arange(200) % 8, "fine", "fraud")})
    frame.to_csv(tmp_path / "first.csv", index=False)
    given = ["learn", str(tmp_path / "first.csv"), "--dataset", FRAUD, "--class-weight", "balanced"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    assert serving()[0].targets.weights == "balanced"
