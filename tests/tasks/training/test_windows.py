"""A window of batches: what leaves it is subtracted exactly, and what never left the site stays."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.data.ledger import LedgerEntry
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind
from tasks.core.settings import EVERYTHING, Deciding
from tasks.tracking.runs import flow_run
from tasks.training.retraining import learn_batches
from tasks.training.windows import leaving_batches, too_old, within
from tests.helpers.small_champion import served, versioned

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_the_oldest_batch_leaves_when_a_new_one_comes_and_the_sums_never_had_it(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    base = versioned(batches[0], tmp_path)
    champion = served(tiny_model, tmp_path / "champion", base)
    new = versioned(batches[1], tmp_path)
    holdout = versioned(Batch(batches[2].X[:6], batches[2].y[:6]), tmp_path, "digits.holdout")
    with flow_run("digits", Kind.RETRAIN) as run_id:
        trained = learn_batches.fn(champion, [new], holdout, Deciding(keep="1 batch"), run_id, tmp_path)
    left = GreenLightningModel.load(trained.folder)
    alone = GreenLightningModel.empty(tiny_model.paths, 1.0, tiny_model.targets).learn(batches[1])
    assert left.statistics.digest == alone.statistics.digest
    assert (set(left.ledger), trained.released) == ({new.id}, {base.id: "1 batch"})
    assert (trained.rows_learnt, trained.rows_forgotten, trained.rows_touched) == (30, 30, 60)
    assert trained.notes == ("1 batch of 30 rows left the window of 1 batch and was subtracted exactly",)


def test_a_batch_older_than_the_window_is_too_old_whether_it_is_learnt_or_new(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    first, second, third = (versioned(batch, tmp_path) for batch in batches)
    champion = served(tiny_model, tmp_path / "champion", first)
    assert too_old("1 batch", champion, [second, third]) == {first.id, second.id}
    assert leaving_batches("1 batch", champion, [second, third]) == [first]
    assert too_old("60 rows", champion, [second, third]) == {first.id}
    assert too_old(EVERYTHING, champion, [second, third]) == set()
    assert within("60 rows", [first, second, third]) == [second, third]
    assert within(EVERYTHING, [first]) == [first]


def test_rows_of_a_site_stay(tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path) -> None:
    with_site = tiny_model.absorb(
        tiny_model.collect(batches[1].X, batches[1].y), "site", LedgerEntry(30, None, "n")
    )
    champion = served(with_site, tmp_path / "champion", versioned(batches[0], tmp_path))
    new = versioned(batches[2], tmp_path)
    assert too_old("1 batch", champion, [new]) == {batches[0].id}
