"""The score of predictions, block by block, against scikit-learn's on all rows."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import log_loss, r2_score, root_mean_squared_error

from greenlightning.tables import TableSchema
from tasks.predictions.predictor import Predictions
from tasks.predictions.running_score import RunningScore

CLASSES = TableSchema((), label="y", labels="str")


def answers(proba: list[list[float]]) -> Predictions:
    likely = np.array(proba)
    return Predictions(pa.table({}), np.array(["a", "b"])[likely.argmax(axis=1)], likely, ())


def test_two_blocks_score_as_one_and_rows_without_a_label_do_not_count() -> None:
    score = RunningScore(CLASSES, ("a", "b"))
    score.add(pd.Series(["a", None]), answers([[0.9, 0.1], [0.5, 0.5]]))
    score.add(pd.Series(["a", "b"]), answers([[0.2, 0.8], [0.4, 0.6]]))
    assert score.rows == 3
    assert score.scores["accuracy"] == pytest.approx(2 / 3)
    expected = log_loss(["a", "a", "b"], [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])
    assert score.scores["log_loss"] == pytest.approx(expected)


def test_an_unknown_label_counts_as_wrong_with_the_smallest_probability() -> None:
    score = RunningScore(CLASSES, ("a", "b"))
    score.add(pd.Series(["c", "a"]), answers([[0.9, 0.1], [1.0, 0.0]]))
    assert score.scores["accuracy"] == 0.5
    assert score.scores["log_loss"] == pytest.approx(-np.log(1e-15) / 2)


def test_numbers_have_rmse_mae_and_r2() -> None:
    truth, predicted = np.array([1.0, 2.0, 4.0, 7.0]), np.array([1.5, 2.0, 3.0, 7.0])
    score = RunningScore(TableSchema((), label="y", task="regression"))
    for part in (slice(0, 2), slice(2, 4)):
        score.add(pd.Series(truth[part]), Predictions(pa.table({}), predicted[part], None, ()))
    assert score.scores["rmse"] == pytest.approx(root_mean_squared_error(truth, predicted))
    assert score.scores["mae"] == (0.5 + 0.0 + 1.0 + 0.0) / 4
    assert score.scores["r2"] == pytest.approx(r2_score(truth, predicted))


def test_labels_that_cannot_be_read_end_the_score_with_a_note() -> None:
    score = RunningScore(TableSchema((), label="y", task="regression"))
    score.add(pd.Series(["1.5", "many"]), Predictions(pa.table({}), np.array([1.0, 2.0]), None, ()))
    assert score.scores == {}
    assert score.note == "no score: Row 2 of the label column None holds 'many', not a number"


def test_without_labels_there_is_no_score() -> None:
    score = RunningScore(CLASSES, ("a", "b"))
    score.add(pd.Series([None, ""]), answers([[0.9, 0.1], [0.5, 0.5]]))
    assert score.scores == {}
