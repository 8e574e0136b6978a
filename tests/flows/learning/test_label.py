"""Files without labels wait; once their labels are joined they are batches like any other."""

from pathlib import Path

import pandas as pd
import pytest

from flows.console.status import summary
from flows.learning.label import hold_for_labels, label
from flows.learning.retrain import retrain
from tests.helpers.digits import COLUMNS, DIGITS, FIRST, X, outcome, y

pytestmark = pytest.mark.usefixtures("prefect")


def labels(folder: Path, rows: slice) -> Path:
    path = folder / f"labels-{rows.start}.csv"
    frame = pd.DataFrame({"pixel_0": range(rows.start, rows.stop), "label": y[FIRST][rows]})
    frame.to_csv(path, index=False)
    return path


@pytest.mark.usefixtures("champion")
def test_a_batch_is_learnt_when_its_labels_are_there(tmp_path: Path) -> None:
    frame = pd.DataFrame(X[FIRST], columns=COLUMNS).assign(pixel_0=range(200))
    late = tmp_path / "late.parquet"
    frame.to_parquet(late, index=False)
    assert outcome(hold_for_labels, paths=(late,), dataset=DIGITS).state == "Waiting for labels"
    assert summary(DIGITS)["unlabelled"] == ["late.parquet: 0 of 200 rows have labels"]
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"
    first = outcome(label, path=labels(tmp_path, slice(0, 150)), dataset=DIGITS, identifier="pixel_0")
    assert (first.state, first.notes) == (
        "Waiting for labels",
        ("still waits: late.parquet: 150 of 200 rows have labels",),
    )
    rest = outcome(label, path=labels(tmp_path, slice(150, 200)), dataset=DIGITS, identifier="pixel_0")
    assert rest.state == "Versioned" and summary(DIGITS)["unlabelled"] == []
    assert sum(outcome(retrain, dataset=DIGITS).learnt.values()) == 200
