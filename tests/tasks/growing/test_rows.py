"""Rows are read as they were learnt: without those of the holdout of the day, also after it was exchanged."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.settings import DECIDING
from tasks.growing.rows import Growth, LearntRows
from tests.helpers.small_champion import served, versioned


@pytest.mark.usefixtures("mlflow_home")
def test_a_holdout_of_today_takes_no_row_from_a_batch_that_was_learnt_before(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    base = versioned(batches[0], tmp_path)
    model = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(batches[0], md5=base.md5)
    first = versioned(batches[2], tmp_path, "digits.holdout")
    champion = served(model, tmp_path / "champion", base)
    object.__setattr__(champion, "tags", {**champion.tags, "holdout": first.id})
    later = versioned(Batch(batches[0].X[:12], batches[0].y[:12]), tmp_path, "digits.holdout")
    growth = Growth(champion, (), (base.id,), later, DECIDING)
    assert LearntRows.read(growth, model).batches[base.id].rows == 30
