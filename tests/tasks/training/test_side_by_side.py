"""`--keep auto`: every window predicts a batch before it learns it, and the best one's model is the candidate."""

from dataclasses import replace
from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.data.ledger import LedgerEntry
from greenlightning.errors import InputError
from greenlightning.model import GreenLightningModel
from greenlightning.model.windows import EVERYTHING, SIZES
from tasks.core.constants import AGED_TAG
from tasks.data.holdout import Learnable
from tasks.training.side_by_side import SideBySide
from tests.helpers.small_champion import served, versioned

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_windows_are_made_from_the_batches_with_those_that_aged(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    aged, base, new = (versioned(batches[at], tmp_path) for at in (1, 0, 2))
    champion = served(tiny_model, tmp_path / "champion", base)
    serving = replace(champion, tags={**champion.tags, f"{AGED_TAG}{aged.id}": "1 batch"})
    learnable = Learnable(versioned(Batch(batches[2].X[:3], batches[2].y[:3]), tmp_path, "digits.holdout"))
    auto = SideBySide.open(serving, tiny_model, [new], learnable)
    assert set(auto.windows.models[EVERYTHING].ledger) == {base.id, aged.id}
    assert (auto.rows_opened, auto.notes) == (30, ())
    batch = learnable.open(new)
    auto.learn(batch, LedgerEntry(batch.rows, new.md5), tiny_model.collect(batch.X, batch.y))
    wrong = float((tiny_model.learn(batches[1]).predict(batch.X) != batch.y).sum())
    assert auto.windows.losses == pytest.approx(dict.fromkeys(SIZES, wrong))
    kept = auto.finish(serving, tmp_path / "windows")
    assert kept.model.statistics == tiny_model.learn(batches[1]).learn(batch).statistics
    assert (kept.released, kept.rows_opened) == ({}, 30)
    assert kept.notes[-1].startswith("window auto: everything")


def test_rows_of_a_site_cannot_be_in_windows(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    statistics = tiny_model.collect(batches[1].X, batches[1].y)
    with_site = tiny_model.absorb(statistics, "site", LedgerEntry(30, None, "north"))
    champion = served(with_site, tmp_path / "champion", versioned(batches[0], tmp_path))
    learnable = Learnable(versioned(batches[2], tmp_path, "digits.holdout"))
    with pytest.raises(InputError, match="those of site are not here"):
        SideBySide.open(champion, with_site, [], learnable)
