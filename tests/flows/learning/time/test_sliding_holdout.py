"""Where a time is declared the holdout slides: what it holds is unlearnt, what leaves it is learnt, to the bit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flows.learning.forget import forget
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from flows.learning.train import train
from flows.versions.reproduce import reproduce
from flows.versions.rollback import rollback
from greenlightning.linear.statistics import Statistics
from greenlightning.model import GreenLightningModel
from greenlightning.model.windows import EVERYTHING
from tasks.core.constants import Alias
from tasks.core.settings import Deciding, Learning
from tasks.data.batch_files import joined, read_content
from tasks.data.batch_index import batch_ref, batches
from tasks.data.holdout import holdout_of
from tasks.data.schemas import Declared
from tasks.data.sliding_holdout import parts_of
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.models.files.window_files import load_windows
from tasks.models.holdouts import holdout_at
from tests.helpers.digits import outcome

pytestmark = pytest.mark.usefixtures("prefect", "mlflow_home")
GRID, DAYS = "grid", Declared(label="label", time="hour")
LEARNING = Learning(max_epochs=2, n_landmarks=32, hidden_layer_sizes=(8,))


def bring(folder: Path, week: int, rows: int = 100) -> str:
    """Ingest a week of hourly rows whose label says whether the load is above its mean; the batch's id."""
    rng = np.random.default_rng(week)
    load, wind = rng.normal(size=(2, rows))
    hours = pd.date_range("2026-01-05", periods=rows, freq="h") + pd.Timedelta(weeks=week)
    frame = pd.DataFrame({"hour": hours, "load": load, "wind": wind})
    frame["label"] = np.where(load + 0.3 * rng.normal(size=rows) > 0, "high", "low")
    path = folder / f"week-{week}.parquet"
    frame.sample(frac=1, random_state=week).to_parquet(path, index=False)
    outcome(ingest, path=path, dataset=GRID, declared=DAYS)
    return next(ref.id for ref in batches(GRID) if ref.source == path.name)


def everything_else(model: GreenLightningModel, learnt: list[str], held: str) -> Statistics:
    """The statistics of all rows of these batches whose time the holdout does not have."""
    whole = joined([read_content(checkout(batch_ref(GRID, name))) for name in learnt])
    times = read_content(checkout(batch_ref(holdout_of(GRID), held))).frame["hour"]
    rows = whole.rows(~whole.frame["hour"].isin(times).to_numpy())
    return model.collect(rows.inputs(model.encoder), rows.y)


def champion() -> tuple[GreenLightningModel, registry.VersionInfo]:
    info = registry.version(GRID, Alias.CHAMPION)
    return registry.load_version(info), info


def test_each_row_is_learnt_once_when_it_leaves_the_holdout(tmp_path: Path) -> None:
    weeks = [bring(tmp_path, 0)]
    first = outcome(train, dataset=GRID, learning=LEARNING)
    assert "on 20 holdout rows from 2026-01-08 to 2026-01-09" in first.reason
    for week in (1, 2):
        weeks.append(bring(tmp_path, week))
        done = outcome(retrain, dataset=GRID)
        assert done.promoted, done.reason
        model, info = champion()
        held = holdout_at(info)
        assert parts_of(held) == {weeks[week]: 20}
        assert model.statistics.digest == everything_else(model, weeks, held.id).digest
        assert model.statistics.n == 100 * week + 80 == model.ledger.rows
        assert done.learnt == {weeks[week]: 80, weeks[week - 1]: 20}
        assert "20 rows left the holdout, which slides with the stream, and are learnt" in done.notes
        assert f"on the holdout from 2026-01-{8 + 7 * week:02}" in done.reason
        assert done.predicted is not None and done.predicted.rows == 100
    assert outcome(reproduce, dataset=GRID, version=3).state == "Reproduced"
    assert outcome(reproduce, dataset=GRID, version=2).state == "Reproduced"


def test_forgetting_takes_what_was_learnt_of_a_batch_and_its_rows_out_of_the_holdout(tmp_path: Path) -> None:
    weeks = [bring(tmp_path, 0), bring(tmp_path, 1)]
    outcome(train, dataset=GRID, learning=LEARNING)
    assert parts_of(holdout_at(champion()[1])) == {weeks[1]: 40}
    weeks.append(bring(tmp_path, 2))
    outcome(retrain, dataset=GRID)
    assert parts_of(holdout_at(champion()[1])) == {weeks[1]: 20, weeks[2]: 20}
    assert outcome(forget, dataset=GRID, batch=weeks[1], reason="asked for").promoted
    model, info = champion()
    held = holdout_at(info)
    assert parts_of(held) == {weeks[2]: 20}
    assert model.statistics.digest == everything_else(model, [weeks[0], weeks[2]], held.id).digest
    weeks.append(bring(tmp_path, 3))
    assert outcome(retrain, dataset=GRID).learnt == {weeks[3]: 80, weeks[2]: 20}


def test_after_a_rollback_the_holdout_is_that_of_the_version_that_serves(tmp_path: Path) -> None:
    weeks = [bring(tmp_path, 0)]
    outcome(train, dataset=GRID, learning=LEARNING)
    weeks.append(bring(tmp_path, 1))
    outcome(retrain, dataset=GRID)
    outcome(rollback, dataset=GRID, reason="bad week")
    weeks.append(bring(tmp_path, 2))
    done = outcome(retrain, dataset=GRID)
    assert done.learnt == {weeks[2]: 80, weeks[0]: 20}
    model, info = champion()
    assert model.statistics.digest == everything_else(model, [weeks[0], weeks[2]], holdout_at(info).id).digest


@pytest.mark.parametrize("keep", ["2 batches", "auto"])
def test_a_window_subtracts_what_was_learnt_of_the_batches_that_leave(tmp_path: Path, keep: str) -> None:
    deciding = Deciding(keep=keep)
    weeks = [bring(tmp_path, 0)]
    outcome(train, dataset=GRID, learning=LEARNING, deciding=deciding)
    for week in range(1, 6):
        weeks.append(bring(tmp_path, week))
        done = outcome(retrain, dataset=GRID, deciding=deciding)
        assert done.promoted, done.reason
    model, info = champion()
    held = holdout_at(info)
    assert parts_of(held) == {weeks[-1]: 20}
    assert model.statistics.digest == everything_else(model, list(model.ledger), held.id).digest
    assert done.learnt.keys() <= set(model.ledger)
    assert "on the new rows, which decide alone since a window is kept" in done.reason
    assert done.reason.count("accuracy") == 1
    if keep == "auto":
        windows = load_windows(info, model)
        assert windows and len(windows.models[4].ledger) == 4
        for size in (4, EVERYTHING):
            one = windows.models[size]
            assert one.statistics.digest == everything_else(model, list(one.ledger), held.id).digest


def test_rows_that_leave_the_holdout_and_the_window_at_once_are_not_called_learnt(tmp_path: Path) -> None:
    deciding = Deciding(keep="1 batch")
    bring(tmp_path, 0)
    outcome(train, dataset=GRID, learning=LEARNING)
    last = bring(tmp_path, 1)
    done = outcome(retrain, dataset=GRID, deciding=deciding)
    assert done.learnt == {last: 80} and champion()[0].ledger.rows == 80
    assert "1 batch of 100 rows left the window of 1 batch and was subtracted exactly" in done.notes
    assert not any("and are learnt" in note for note in done.notes)


def test_a_second_training_learns_all_but_the_holdout_that_follows_the_champions(tmp_path: Path) -> None:
    weeks = [bring(tmp_path, 0)]
    outcome(train, dataset=GRID, learning=LEARNING)
    weeks.append(bring(tmp_path, 1))
    done = outcome(train, dataset=GRID, learning=LEARNING)
    assert "against version 1" in done.reason
    info = registry.version(GRID, 2)
    model, held = registry.load_version(info), holdout_at(info)
    assert parts_of(held) == {weeks[1]: 20}
    assert model.statistics.digest == everything_else(model, weeks, held.id).digest
    assert outcome(reproduce, dataset=GRID, version=2).state == "Reproduced"
