"""Settling: every number here can be checked with a pencil."""

import numpy as np
import pytest
from numpy.typing import NDArray

from greenlightning import extract_structure
from greenlightning.errors import CapacityError, InputError
from greenlightning.structure.extraction import standardisation
from greenlightning.structure.settling import (
    EpochRecord,
    SettlingHistory,
    SettlingRule,
    draw_pairs,
    firing_rate,
    flip_rate,
    oui,
    oui_batch,
    weight_change,
)
from greenlightning.structure.training import TrainingOptions
from tests.helpers.small import blobs


def gates(*rows: str) -> NDArray[np.bool_]:
    """Patterns from words of 0 and 1, a row a probe."""
    return np.array([[bit == "1" for bit in row] for row in rows])


@pytest.mark.parametrize(
    ("before", "after", "rate"),
    [
        (("0000", "1111"), ("0000", "1111"), 0.0),
        (("0000", "1111"), ("1111", "0000"), 1.0),
        (("0000", "1111"), ("0100", "1110"), 2 / 8),
        (("01",), ("11",), 0.5),
    ],
)
def test_flip_rate(before: tuple[str, ...], after: tuple[str, ...], rate: float) -> None:
    assert flip_rate(gates(*before), gates(*after)) == rate


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([[3.0, 4.0]], [[3.0, 4.0]], 0.0),
        ([[3.0, 4.0]], [[0.0, 0.0]], 1.0),
        ([[3.0], [4.0]], [[3.0], [5.0]], 1 / 5),  # two tensors count as one vector
        ([[3.0], [4.0]], [[6.0], [8.0]], 1.0),
        ([[0.0]], [[1.0]], 0.0),  # no size to compare with
    ],
)
def test_weight_change(before: list[list[float]], after: list[list[float]], change: float) -> None:
    assert weight_change([*map(np.array, before)], [*map(np.array, after)]) == pytest.approx(change)


@pytest.mark.parametrize(
    ("layers", "pairs", "value"),
    [
        ([("0000", "0000")], [(0, 1)], 0.0),
        ([("0000", "1000")], [(0, 1)], 1 / 2),  # one of M = 2
        ([("0000", "1100")], [(0, 1)], 1.0),
        ([("0000", "1111")], [(0, 1)], 1.0),  # capped at M
        ([("00000", "10000")], [(0, 1)], 1 / 2),  # M = floor(5 / 2)
        ([("0000", "1000", "1100")], [(0, 1), (0, 2)], 3 / 4),
        ([("0000", "1000"), ("00", "10")], [(0, 1)], (1 / 2 + 1) / 2),  # layers weigh the same
        ([("0", "1")], [(0, 1)], 1.0),  # a layer of one unit has M = 1
    ],
)
def test_oui_of_pairs(layers: list[tuple[str, ...]], pairs: list[tuple[int, int]], value: float) -> None:
    assert oui([gates(*rows) for rows in layers], np.array(pairs)) == pytest.approx(value)


@pytest.mark.parametrize(
    ("layers", "value"),
    [
        ([("00", "00", "00", "00")], 0.0),
        ([("11", "11", "11", "11")], 0.0),
        ([("11", "11", "00", "00")], 1.0),
        ([("11", "00", "00", "00")], 1 / 2),  # min(1, 3) / floor(4 / 2)
        ([("10", "10", "01", "00")], (1 + 1 / 2) / 2),
        ([("1", "0", "0")], 1.0),  # min(1, 2) / floor(3 / 2)
        ([("1111", "0000", "0000", "0000"), ("1", "1", "0", "0")], (1 / 2 + 1) / 2),  # layers weigh the same
    ],
)
def test_oui_of_a_batch(layers: list[tuple[str, ...]], value: float) -> None:
    assert oui_batch([gates(*rows) for rows in layers]) == pytest.approx(value)


def test_the_two_forms_are_different_scales() -> None:
    """With firing rate p the pair form is about min(1, 4p(1-p)), the batch form 2 min(p, 1-p)."""
    rng = np.random.default_rng(0)
    for p in (0.1, 0.2):
        layer = rng.random((2000, 400)) < p
        pairs = draw_pairs(2000, 0, n_pairs=2000)
        assert oui([layer], pairs) == pytest.approx(4 * p * (1 - p), abs=0.01)
        assert oui_batch([layer]) == pytest.approx(2 * p, abs=0.01)


@pytest.mark.parametrize(
    ("layers", "rate"),
    [([("1100", "0000")], 1 / 4), ([("11", "11"), ("0000", "0000")], 1 / 2), ([("1",)], 1.0)],
)
def test_firing_rate(layers: list[tuple[str, ...]], rate: float) -> None:
    assert firing_rate([gates(*rows) for rows in layers]) == rate


def test_pairs_are_drawn_once_and_never_pair_a_probe_with_itself() -> None:
    pairs = draw_pairs(5, 3, n_pairs=500)
    assert np.array_equal(pairs, draw_pairs(5, 3, n_pairs=500))
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert set(pairs.ravel().tolist()) == {0, 1, 2, 3, 4}
    assert draw_pairs(5, 3).shape == (28, 2)


@pytest.mark.parametrize(
    ("flip_rates", "patience", "settled"),
    [
        ([], 1, False),
        ([0.009], 1, True),
        ([0.01], 1, False),  # under the tolerance, not at it
        ([0.009], 2, False),
        ([0.009, 0.009], 2, True),
        ([0.009, 0.02, 0.009], 2, False),  # in a row
        ([0.5, 0.009, 0.0], 2, True),
        ([0.0, 0.0, 0.5], 2, False),
    ],
)
def test_the_rule_stops_after_patience_epochs_under_the_tolerance(
    flip_rates: list[float], patience: int, settled: bool
) -> None:
    assert SettlingRule(tolerance=0.01, patience=patience).settled(flip_rates) is settled


def history(flips: list[float], weights: list[float]) -> SettlingHistory:
    records = [
        EpochRecord(i, flip, weight, 0, 0, 0, 0, 0)
        for i, (flip, weight) in enumerate(zip(flips, weights, strict=True), start=1)
    ]
    return SettlingHistory(SettlingRule(0.01, 1), records)


@pytest.mark.parametrize(
    ("flips", "weights", "ratio"),
    [
        ([1, 0.09, 0.05, 0.05], [1, 0.5, 0.2, 0.09], 4 / 2),  # gates after 2 epochs, weights after 4
        ([1, 0.5, 0.09], [1, 0.09, 0.01], 2 / 3),
        ([1, 0.1, 0.1], [1, 0.09, 0.09], None),  # a tenth is not under a tenth
        ([1, 0.09], [1, 0.9], None),
        ([0, 0], [1, 0.01], None),  # gates that never moved cannot fall
        ([], [], None),
    ],
)
def test_settling_ratio(flips: list[float], weights: list[float], ratio: float | None) -> None:
    assert history(flips, weights).settling_ratio == ratio


def test_history_knows_its_end_and_comes_back_from_json() -> None:
    open_ended, done = history([0.5, 0.1], [1, 1]), history([0.5, 0.001], [1, 1])
    assert (open_ended.settled, open_ended.epochs) == (False, 2)
    assert (done.settled, done.epochs) == (True, 2)
    assert SettlingHistory.from_dict(done.to_dict()) == done


def test_extraction_watches_each_epoch_and_stops_when_settled() -> None:
    X, y = blobs(300)
    seen: list[EpochRecord] = []
    settling = SettlingRule(tolerance=0.02, patience=2)
    options = TrainingOptions((16, 8), max_epochs=20, settling=settling, batch_size=8, learning_rate=5e-3)
    structure = extract_structure(X, y, options=options, on_epoch=seen.append)
    found = structure.history
    assert found is not None
    assert found.records == seen
    assert [record.epoch for record in seen] == list(range(1, found.epochs + 1))
    assert found.settled
    assert 2 <= found.epochs < 20
    assert all(record.flip_rate < 0.02 for record in seen[-2:])
    assert not found.rule.settled([record.flip_rate for record in seen[:-1]])
    for record in seen:
        assert 0 < record.weight_change < 1
        assert 0 < record.oui <= 1
        assert 0 < record.oui_batch <= 1
        assert 0 < record.firing_rate < 1
    assert seen[-1].validation_accuracy > 0.9
    assert seen[-1].train_loss < seen[0].train_loss


def test_flips_are_those_of_the_frozen_gates() -> None:
    """The last record is of the network's gates on the probes; rounding to 8 bits changes few of them."""
    X, y = blobs(200)
    epochs: list[EpochRecord] = []
    options = TrainingOptions((12,), max_epochs=1, settling=SettlingRule(tolerance=0.0))
    structures = [extract_structure(X, y, options=options, on_epoch=epochs.append) for _ in range(2)]
    assert structures[0].digest == structures[1].digest
    assert epochs[0] == epochs[1]
    frozen = structures[0].patterns(X)
    assert epochs[0].firing_rate == pytest.approx(frozen.mean(), abs=0.005)


def test_regression_is_watched_by_its_r_squared() -> None:
    X, _ = blobs(300)
    options = TrainingOptions((16,), max_epochs=8, batch_size=8, learning_rate=5e-3)
    structure = extract_structure(X, 3 * X[:, 0] + 100, task="regression", options=options)
    assert structure.history is not None
    assert structure.history.records[-1].validation_accuracy > 0.8


@pytest.mark.parametrize(
    ("change", "error", "cause"),
    [
        ({"y": np.zeros(40)}, InputError, "one label"),
        ({"y": np.zeros(39)}, InputError, "40 rows and 39 targets"),
        ({"task": "clustering"}, InputError, "task='clustering'"),
        ({"X": np.empty((0, 4)), "y": []}, InputError, "0 rows"),
        ({"options": TrainingOptions(())}, InputError, "train nothing"),
        ({"options": TrainingOptions((4, 0))}, InputError, "train nothing"),
        ({"options": TrainingOptions((4,), max_epochs=0)}, InputError, "train nothing"),
        ({"X": np.full((40, 4), np.nan)}, InputError, "NaN"),
        ({"task": "regression", "y": np.full(40, np.nan)}, InputError, "NaN"),
        ({"options": TrainingOptions((4,), learning_rate=1e30)}, CapacityError, "not finite"),
    ],
)
def test_what_cannot_be_trained_is_refused(change: dict[str, object], error: type[Exception], cause: str) -> None:
    X, y = blobs(40)
    about = {"X": X, "y": y, "options": TrainingOptions((4,), max_epochs=2)} | change
    with pytest.raises(error, match=cause):
        extract_structure(**about)  # type: ignore[arg-type]


def test_columns_of_different_units_are_scaled_each_by_its_own_deviation() -> None:
    X = np.array([[0.0, 1000.0, 7.1], [2.0, 3000.0, 7.1]])
    mean, scale = standardisation(X)
    assert mean.tolist() == pytest.approx([1, 2000, 7.1])
    assert scale.tolist() == [1, 1000, 1]


def test_a_constant_column_is_constant_even_where_its_mean_is_rounded() -> None:
    X = np.c_[np.full(40, 0.1), np.linspace(0, 1, 40), np.linspace(0, 1e4, 40)]
    assert X.var(axis=0)[0] > 0
    assert standardisation(X)[1][0] == 1


def test_columns_that_share_a_unit_get_a_floor() -> None:
    """Variances 4, 4, 4, 0.04 and 0 have mean 2.408: a tenth of it joins each, the constant column's too."""
    X = np.array([[0, 0, 0, 0, 5], [4, 4, 4, 0.4, 5]], dtype=np.float64)
    _, scale = standardisation(X)
    assert scale**2 == pytest.approx(np.array([4, 4, 4, 0.04, 0]) + 0.2408)
