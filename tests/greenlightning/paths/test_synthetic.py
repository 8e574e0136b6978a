"""Synthetic landmarks: rows that look like the base's, and are none of them."""

from pathlib import Path

import numpy as np

from greenlightning.estimators import GreenLightningClassifier
from greenlightning.paths import JoinedPaths, LandmarkPaths, SyntheticLandmarks, load_paths, synthetic_rows
from greenlightning.structure.gates import Structure

RNG = np.random.default_rng(0)
BASE = RNG.multivariate_normal([0, 5], [[1, 0.9], [0.9, 1]], size=4_000)


def test_they_have_the_quantiles_and_the_correlation_of_the_base() -> None:
    drawn = synthetic_rows(BASE, 4_000, np.random.default_rng(1))
    assert (
        np.abs(np.quantile(drawn, [0.1, 0.5, 0.9], axis=0) - np.quantile(BASE, [0.1, 0.5, 0.9], axis=0)).max()
        < 0.1
    )
    assert abs(np.corrcoef(drawn.T)[0, 1] - 0.9) < 0.02


def test_none_is_a_row_of_the_base_and_none_lies_beyond_its_percentiles() -> None:
    rows = np.concatenate([BASE, [[100.0, 100.0]]])
    drawn = synthetic_rows(rows, 1_000, np.random.default_rng(1))
    assert drawn.max() < 20
    assert not (drawn[:, None] == rows[None, :500]).all(axis=2).any()


def test_columns_of_few_values_keep_to_about_these_and_a_constant_one_stays() -> None:
    rows = np.stack([RNG.integers(0, 2, 500), np.full(500, 7)], axis=1)
    drawn = synthetic_rows(rows, 300, np.random.default_rng(1))
    assert set(np.unique(drawn[:, 1])) == {7.0}
    assert np.isin(drawn[:, 0], (0.0, 1.0)).mean() > 0.98


def test_the_recipe_is_saved_and_says_that_it_holds_no_rows(tmp_path: Path) -> None:
    structure = Structure.from_arrays(np.zeros(2), np.ones(2), [RNG.normal(size=(6, 2))], [np.zeros(6)])
    paths = SyntheticLandmarks.build(structure, BASE, n_landmarks=9)
    paths.save(tmp_path)
    read = load_paths(tmp_path, "synthetic", structure)
    assert (read.digest, read.holds_rows, read.n_features_out) == (paths.digest, False, 9)
    rows = LandmarkPaths.build(structure, BASE, n_landmarks=9)
    assert rows.holds_rows and JoinedPaths.of(paths, rows).holds_rows and not JoinedPaths.of(paths).holds_rows


def test_an_estimator_takes_them_by_name() -> None:
    y = BASE[:, 0] * BASE[:, 1] > 1
    found = GreenLightningClassifier(paths="synthetic", max_epochs=3, random_state=0).fit(BASE[:3_000], y[:3_000])
    assert not found.model_.paths.holds_rows
    assert found.score(BASE[3_000:], y[3_000:]) > 0.95
