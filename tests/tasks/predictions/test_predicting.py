"""A file is predicted in blocks: the blocks do not show, and a fault leaves no file."""

from pathlib import Path

import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.models import registry
from tasks.predictions import blocks as blocks_module
from tasks.predictions.predicting import predict_file
from tasks.predictions.predictor import Predictor
from tests.helpers.small import messy_model, messy_rows
from tests.helpers.versions import register_in_a_run


def test_a_file_in_blocks_is_predicted_and_scored_as_a_whole(
    predictor: Predictor, rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks_module, "BLOCK_ROWS", 7)
    rows.to_csv(tmp_path / "rows.csv", index=False)
    done = predict_file(predictor, tmp_path / "rows.csv", tmp_path / "p.csv")
    expected = predictor.model.predict(rows[["x0", "x1", "x2", "x3"]].to_numpy())
    written = pd.read_csv(tmp_path / "p.csv")
    assert written["row"].tolist() == list(range(1, 31))
    assert written["prediction"].tolist() == expected.tolist()
    assert (done.rows, done.scored_rows, done.columns) == (30, 30, ("row", "prediction"))
    assert done.scores["accuracy"] == pytest.approx((expected == rows["label"]).mean())
    assert done.first[0] == {"row": 1, "prediction": int(expected[0])}


def test_a_fault_in_a_later_block_names_its_row_and_leaves_no_file(
    predictor: Predictor, rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks_module, "BLOCK_ROWS", 7)
    rows.loc[20, "x1"] = float("nan")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(InputError, match=r"Row 21, column 'x1' of rows\.csv is empty"):
        predict_file(predictor, tmp_path / "rows.csv", tmp_path / "p.csv")
    assert not list(tmp_path.glob("*p.csv*"))


@pytest.mark.usefixtures("mlflow_home")
def test_each_row_has_its_prediction_though_it_has_no_value(tmp_path: Path) -> None:
    predictor = Predictor.of(registry.version("digits", register_in_a_run(messy_model(), tmp_path / "model")))
    rows = messy_rows(9).drop(columns=["label", "id"]).astype(object)
    rows.loc[[3, 6]] = None
    rows.to_csv(tmp_path / "rows.csv", index=False)
    done = predict_file(predictor, tmp_path / "rows.csv", tmp_path / "p.csv")
    written = pd.read_csv(tmp_path / "p.csv")
    assert (done.rows, written["row"].tolist()) == (9, list(range(1, 10)))
    assert written["prediction"][4] == predictor.answer(messy_rows(9), 0, "all").predicted[4]
