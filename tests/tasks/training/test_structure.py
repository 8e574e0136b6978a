"""First training in two steps: a structure from the base, then the base's statistics under it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from greenlightning.structure.gates import Structure
from tasks.core.constants import Kind, Metric
from tasks.core.settings import Learning
from tasks.data.versioning import checkout
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tasks.training.structure import TrainingResult, extract_structure, joined_batches, learn_base
from tests.helpers.small_champion import versioned

SMALL = Learning(max_epochs=2, hidden_layer_sizes=(6, 5), paths="landmarks", n_landmarks=8)


@pytest.mark.usefixtures("mlflow_home")
def test_the_base_trains_a_structure_and_then_a_model_that_knows_every_row(
    batches: list[Batch], tmp_path: Path
) -> None:
    base = [versioned(batch, tmp_path) for batch in batches[:2]]
    holdout = versioned(batches[2], tmp_path, "digits.holdout")
    with flow_run("digits", Kind.TRAIN) as run_id:
        extracted = extract_structure.fn("digits", base, holdout, SMALL, run_id, tmp_path)
        trained = learn_base.fn("digits", base, holdout, SMALL, extracted.folder, run_id, tmp_path)
    structure, model = Structure.load(extracted.folder), GreenLightningModel.load(trained.folder)
    assert structure.hidden_layer_sizes == (6, 5)
    assert model.structure.digest == structure.digest
    assert set(structure.seen) == set(model.ledger) == {batch.id for batch in batches[:2]}
    assert (extracted.rows, trained.rows_learnt, trained.rows_known, model.statistics.n) == (60, 60, 60, 60)
    logged = connect().get_run(run_id)
    assert logged.data.metrics[Metric.EPOCHS] == 2
    stored = {file.path for file in connect().list_artifacts(run_id)}
    assert {"settling.png", "health_reference"} <= stored


@pytest.mark.usefixtures("mlflow_home")
def test_with_early_stopping_the_error_of_the_solved_model_is_logged_where_it_was_looked_at(
    batches: list[Batch], tmp_path: Path
) -> None:
    base = [versioned(batch, tmp_path) for batch in batches[:2]]
    holdout = versioned(batches[2], tmp_path, "digits.holdout")
    settings = SMALL.model_copy(update={"early_stopping": True})
    with flow_run("digits", Kind.TRAIN) as run_id:
        extracted = extract_structure.fn("digits", base, holdout, settings, run_id, tmp_path)
    history = Structure.load(extracted.folder).history
    assert history is not None
    errors = connect().get_metric_history(run_id, Metric.SOLVED_ERROR)
    assert [point.step for point in errors] == [1, 2]
    assert [point.value for point in errors] == pytest.approx([r.solved_error for r in history.records], rel=1e-4)


@pytest.mark.usefixtures("mlflow_home")
def test_a_structure_is_extracted_from_one_reading_of_each_batch(
    batches: list[Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = [versioned(batch, tmp_path) for batch in batches[:2]]
    holdout = versioned(batches[2], tmp_path, "digits.holdout")
    read, opened = pyarrow.parquet.ParquetFile, Counter[Path]()

    def counted(path: Path) -> pyarrow.parquet.ParquetFile:
        opened[Path(path)] += 1
        return read(path)

    with flow_run("digits", Kind.TRAIN) as run_id:
        monkeypatch.setattr(pyarrow.parquet, "ParquetFile", counted)
        extract_structure.fn("digits", base, holdout, SMALL, run_id, tmp_path)
    assert [opened[checkout(ref)] for ref in base] == [1, 1]


def test_batches_are_joined_in_their_order(batches: list[Batch]) -> None:
    joined = joined_batches(batches[:2])
    assert np.array_equal(joined.X, np.vstack([batches[0].X, batches[1].X]))
    assert joined_batches(batches[:1]) is batches[0]


def test_rows_touched_are_those_learnt_and_those_forgotten(tmp_path: Path) -> None:
    from tasks.core.energy_cost import NO_COST

    result = TrainingResult(tmp_path, {"a": 20, "b": 5}, 100, NO_COST, rows_forgotten=7)
    assert (result.rows_learnt, result.rows_touched) == (25, 32)
