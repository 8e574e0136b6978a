"""A grown version: the sums of every batch under all gates, judged without the rows held back."""

from pathlib import Path

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.health.observation import gates_digest
from greenlightning.health.reference import HealthReference
from greenlightning.model import GreenLightningModel
from greenlightning.model.growing import GrowthOptions, rooted
from greenlightning.paths import LandmarkPaths
from tasks.core.constants import CURVES, Kind, Metric
from tasks.core.settings import DECIDING
from tasks.growing.growth import grow_model
from tasks.growing.rows import Growth, LearntRows
from tasks.models.logged_models import log_structure
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tasks.training.health import REFERENCE
from tasks.training.retraining import decide, learn_batches
from tests.helpers.small import random_structure
from tests.helpers.small_champion import served, versioned

pytestmark = pytest.mark.usefixtures("mlflow_home")


@pytest.fixture
def first_and_growth(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> tuple[GreenLightningModel, Growth]:
    """A champion that has learnt the first batch, and the growth that the second one asks for."""
    base = versioned(batches[0], tmp_path)
    first = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(batches[0], md5=base.md5)
    champion = served(first, tmp_path / "champion", base)
    new, holdout = versioned(batches[1], tmp_path), versioned(batches[2], tmp_path, "digits.holdout")
    return first, Growth(champion, (new,), (new.id,), holdout, DECIDING)


def test_the_champion_and_its_new_batch_are_read_once_and_get_new_gates(
    first_and_growth: tuple[GreenLightningModel, Growth], batches: list[Batch], tmp_path: Path
) -> None:
    _, growth = first_and_growth
    champion, [new], holdout = growth.serving, growth.new, growth.holdout
    (tmp_path / "old").mkdir()
    with flow_run("digits", Kind.GROW) as run_id:
        learnt = learn_batches.fn(champion, [new], holdout, DECIDING, run_id, tmp_path / "old")
        grown = grow_model.fn(growth, learnt, run_id, tmp_path)
        decision = decide.fn(champion.version, holdout, tmp_path, DECIDING, run_id)
    model = GreenLightningModel.load(grown.folder)
    both = Batch(np.vstack([b.X for b in batches[:2]]), np.concatenate([b.y for b in batches[:2]]))
    assert model.statistics == GreenLightningModel.empty(model.paths, model.alpha).learn(both).statistics
    assert (grown.rows, grown.rows_known, grown.rows_reread, grown.rows_touched) == ({new.id: 30}, 60, 30, 60)
    assert "on the new rows" in decision.reason
    run = connect().get_run(run_id)
    curve = [point.value for point in connect().get_metric_history(run_id, f"{CURVES}{Metric.FLIP_RATE}")]
    assert len(curve) == run.data.metrics[Metric.EPOCHS] > 0, "the new gates' epochs, on the run's own page"
    logged = [file.path for file in connect().list_artifacts(run_id)]
    assert REFERENCE in logged
    reference = HealthReference.load(tmp_path / REFERENCE)
    digests = [one.digest for one in model.paths.structures]
    assert (len(digests), reference.structure) == (2, gates_digest(digests))
    assert len(reference.positions) == 30 + 6, "the holdout, and a fifth of the red batch"


def test_gates_are_trained_on_red_rows_that_are_not_held_back_and_on_earlier_ones(
    first_and_growth: tuple[GreenLightningModel, Growth], batches: list[Batch]
) -> None:
    first, growth = first_and_growth
    [new] = growth.new
    rows = LearntRows.read(growth, first.learn(batches[1], md5=new.md5))
    assert (rows.rows, list(rows.batches)) == (60, [batches[0].id, batches[1].id])
    [held] = rows.held_back(growth)
    assert (held.kept.rows, held.back.rows) == (24, 6)
    data, seen = rows.for_gates([held], GrowthOptions())
    assert (data.rows, seen) == (24 + 30, (batches[1].id, batches[0].id))
    apart = {row.tobytes() for row in held.back.X}
    assert not apart & {row.tobytes() for row in data.X}


def test_the_next_growth_takes_the_place_of_the_one_before(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    base, holdout = versioned(batches[0], tmp_path), versioned(batches[2], tmp_path, "digits.holdout")
    first = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(batches[0], md5=base.md5)
    later = LandmarkPaths.build(random_structure(4, (5,), seed=5), batches[0].X, batches[0].y, n_landmarks=7)
    once = first.grow(later, [batches[0]])
    champion = served(once, tmp_path / "champion", base)
    for number, structure in enumerate(once.paths.structures):
        structure.save(tmp_path / str(number))
        log_structure.fn(champion.run_id, tmp_path / str(number))
    with flow_run("digits", Kind.GROW) as run_id:
        grown = grow_model.fn(Growth(champion, (), (base.id,), holdout, DECIDING), None, run_id, tmp_path)
    model = GreenLightningModel.load(grown.folder)
    assert (len(champion.structures), len(model.paths.structures)) == (2, 2)
    assert later.structure.digest not in {one.digest for one in model.paths.structures}
    assert model.structure.digest == first.structure.digest
    assert "gates that were added before gave way to them" in grown.notes[-1]
    assert rooted(model).statistics == first.statistics
