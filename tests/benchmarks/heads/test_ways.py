"""The ways to get a head learn what they are compared on, and sets of texts hold what they promise."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from benchmarks.heads import texts, ways
from benchmarks.heads.ways import Head, Plan


@pytest.fixture(scope="module")
def digits() -> tuple[ways.Floats, ways.Codes]:
    X, y = load_digits(return_X_y=True)
    return X.astype(np.float32), y.astype(np.int64)


@pytest.mark.parametrize(
    "way", [ways.conventional, ways.solved, ways.descended, ways.on_random_gates, ways.logistic]
)
def test_every_way_learns_digits(way: ways.Predict, digits: tuple[ways.Floats, ways.Codes]) -> None:
    X, y = digits
    plan = Plan(epochs=10, features=256, descent_epochs=5)
    predict = way(X[:1_000], y[:1_000], plan, 0)
    assert np.mean(predict(X[1_000:]) == y[1_000:]) > 0.75


def test_explicit_paths_get_the_gates_that_fit_the_features(digits: tuple[ways.Floats, ways.Codes]) -> None:
    head = Head.frozen(*digits, Plan(kind="explicit", features=700), 0)
    assert head.block.weight.shape == (10 * 65, 10)


def test_parameters_of_the_mlp_head_are_counted() -> None:
    assert ways.n_parameters(384, 12) == 64 * 385 + 12 * 65
    assert ways.n_parameters(1_280, 10) == 32 * 1_281 + 10 * 33


def test_docstrings_are_cut_to_a_sentence_without_the_packages_name(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text('def f():\n    """Not a sentence of this set."""\n')
    (tmp_path / "newer.py").write_text("def f[T](): ...\n")
    longer = '    """Fill a pandas frame\n    with zeros. Then more."""\n'
    shorter = '    def f(self):\n        """Short."""\n'
    (tmp_path / "a.py").write_text(f"class A:\n{longer}\n{shorter}")
    assert list(texts._sentences(tmp_path)) == ["Fill a it frame with zeros"]


def test_kinds_are_cut_to_the_same_size() -> None:
    labelled = [(f"text {i}", "many" if i < 900 else "few") for i in range(910)]
    assert Counter(kind for _, kind in texts._evenly(labelled)) == {"few": 10, "many": texts.MOST_OF_A_KIND}
