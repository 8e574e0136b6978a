"""A version answers for a table by the names of its columns."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.models import registry
from tasks.predictions.predictor import Predictor
from tests.helpers.small import messy_model, messy_rows
from tests.helpers.versions import register_in_a_run


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


@pytest.fixture
def of_tables(mlflow_home: Path, tmp_path: Path) -> Predictor:
    """A version with an encoder of text, gaps, booleans and dates."""
    return Predictor.of(registry.version("digits", register_in_a_run(messy_model(), tmp_path / "model")))


def test_a_table_with_gaps_is_answered_and_keeps_its_identifiers(of_tables: Predictor) -> None:
    rows = messy_rows(20)
    found = of_tables.answer(rows.drop(columns="label"), 0, "new.csv").table
    assert found.column_names == ["id", "prediction"]
    assert found.column("id").to_pylist() == rows["id"].tolist()
    expected = of_tables.model.predict(of_tables.model.encode(rows))
    assert found.column("prediction").to_pylist() == expected.tolist()


def test_the_same_rows_as_text_have_the_same_answers(of_tables: Predictor) -> None:
    rows = messy_rows(20)
    text = rows.astype(object).where(rows.notna(), None).map(lambda cell: None if cell is None else str(cell))
    first, second = (of_tables.answer(each, 0, "new.csv", proba=True).table for each in (rows, text))
    assert first.equals(second)


def test_without_the_identifier_rows_have_numbers(of_tables: Predictor) -> None:
    found = of_tables.answer(messy_rows(3).drop(columns="id"), 10, "new.csv").table
    assert found.column("row").to_pylist() == [11, 12, 13]


def test_columns_that_say_nothing_are_noted(of_tables: Predictor) -> None:
    rows = messy_rows(20)
    text = next(iter(of_tables.model.encoder.categories))
    assert of_tables.answer(rows, 0, "new.csv").notes == ()
    unknown = of_tables.answer(rows.assign(**{text: "Atlantis"}), 0, "new.csv").notes
    assert unknown == (f"column {text!r} holds no category that version 1 knows",)
    assert of_tables.answer(rows.assign(**{text: None}), 0, "new.csv").notes == (
        f"column {text!r} is empty in every row",
    )
