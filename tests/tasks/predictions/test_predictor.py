"""A version answers for a table by the names of its columns."""

import numpy as np
import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.predictions.predictor import Predictor


def test_the_answers_are_those_of_the_model_whatever_the_order_of_the_columns(
    predictor: Predictor, rows: pd.DataFrame
) -> None:
    expected = predictor.model.predict(rows[["x0", "x1", "x2", "x3"]].to_numpy())
    found = predictor.answer(rows[["x3", "label", "x1", "x0", "x2"]], 0, "new.csv")
    assert found.table.column("prediction").to_pylist() == expected.tolist()
    assert found.table.column("row").to_pylist() == list(range(1, 31))
    assert found.notes == ("columns put in the order of the schema",)


def test_probabilities_have_a_column_for_each_class_and_sum_to_one(
    predictor: Predictor, rows: pd.DataFrame
) -> None:
    table = predictor.answer(rows, 0, "new.csv", proba=True).table
    assert table.column_names == ["row", "prediction", "probability_0", "probability_1", "probability_2"]
    likely = table.select(table.column_names[2:]).to_pandas()
    assert np.allclose(likely.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    assert (likely.to_numpy().argmax(axis=1) == table.column("prediction").to_numpy()).all()


def test_an_extra_column_is_left_out_with_a_note(predictor: Predictor, rows: pd.DataFrame) -> None:
    found = predictor.answer(rows.assign(colour="red"), 0, "new.csv")
    assert any("'colour'" in note for note in found.notes)


def test_a_missing_column_is_named(predictor: Predictor, rows: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"new\.csv lacks column 'x2'"):
        predictor.answer(rows.drop(columns="x2"), 0, "new.csv")


def test_a_cell_is_named_by_its_row_in_the_file(predictor: Predictor, rows: pd.DataFrame) -> None:
    text = rows.astype({"x1": object})
    text.loc[3, "x1"] = "many"
    with pytest.raises(InputError, match=r"Row 104, column 'x1' of new\.csv holds 'many'"):
        predictor.answer(text, 100, "new.csv")


def test_a_version_without_an_encoder_takes_no_missing_cell(predictor: Predictor, rows: pd.DataFrame) -> None:
    rows.loc[6, "x3"] = np.nan
    with pytest.raises(InputError, match=r"Row 107, column 'x3' of new\.csv is empty, and version 1"):
        predictor.answer(rows, 100, "new.csv")
