"""Prequential scores add up batch by batch."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenlightning.evaluation.prequential import FADING, BatchScore, Prequential


def test_the_mean_weighs_rows_and_the_recent_mean_fades_batches() -> None:
    stream = Prequential.of([BatchScore("a", 100, {"accuracy": 0.5}), BatchScore("b", 90, {"accuracy": 0.7})])
    assert stream.rows == 190
    assert stream.mean["accuracy"] == pytest.approx((50 + 63) / 190)
    assert stream.weight == pytest.approx(0.9 * 100 + 90)
    assert stream.recent["accuracy"] == pytest.approx((0.9 * 50 + 63) / 180)


def test_root_mean_squares_are_joined_as_squares() -> None:
    stream = Prequential.of([BatchScore("a", 1, {"rmse": 3.0}), BatchScore("b", 1, {"rmse": 4.0})])
    assert stream.mean["rmse"] == pytest.approx(math.sqrt((9 + 16) / 2))


def test_a_score_that_one_batch_lacks_is_dropped() -> None:
    stream = Prequential.of(
        [BatchScore("a", 1, {"accuracy": 1.0, "ece": 0.1}), BatchScore("b", 1, {"accuracy": 0.0})]
    )
    assert (stream.mean, set(stream.recent)) == ({"accuracy": 0.5}, {"accuracy"})


@given(st.lists(st.tuples(st.integers(1, 1000), st.floats(0, 1)), min_size=1, max_size=20))
def test_the_mean_of_a_stream_is_the_mean_over_its_rows(parts: list[tuple[int, float]]) -> None:
    stream = Prequential.of([BatchScore(str(at), rows, {"accuracy": one}) for at, (rows, one) in enumerate(parts)])
    rows = sum(n for n, _ in parts)
    faded = [n * FADING ** (len(parts) - 1 - at) for at, (n, _) in enumerate(parts)]
    assert stream.mean["accuracy"] == pytest.approx(sum(n * one for n, one in parts) / rows)
    expected = sum(w * one for w, (_, one) in zip(faded, parts, strict=True)) / sum(faded)
    assert stream.recent["accuracy"] == pytest.approx(expected)


def test_it_survives_json_and_starts_with_no_rows() -> None:
    stream = Prequential.of([BatchScore("a", 3, {"accuracy": 0.25})])
    assert Prequential(**json.loads(json.dumps(stream.to_dict()))) == stream
    assert Prequential(**json.loads("{}")).rows == 0
