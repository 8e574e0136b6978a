"""A structure that grows: new gates beside the old ones, and the sums of having had both from the start."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenlightning.data.batch import Batch
from greenlightning.data.targets import RealTargets
from greenlightning.errors import LedgerError, MismatchError
from greenlightning.model import GreenLightningModel
from greenlightning.model.growing import GrowthOptions, new_paths, rooted
from greenlightning.paths import ExplicitPaths, JoinedPaths, LandmarkPaths
from tests.helpers.small import blobs, joined_recipe, random_structure

quickly = settings(max_examples=25, derandomize=True, database=None)


def batches(n: int = 240, parts: int = 4) -> list[Batch]:
    X, y = blobs(n, n_classes=4, seed=2)
    return [Batch(X[part], y[part]) for part in np.array_split(np.arange(n), parts)]


def later_paths(seed: int = 5) -> LandmarkPaths:
    X, y = blobs(80, seed=seed)
    return LandmarkPaths.build(random_structure(4, (9, 7), seed=seed, seen=("red",)), X, y, n_landmarks=11)


@quickly
@given(data=st.data())
def test_a_grown_model_has_the_sums_of_learning_everything_with_the_grown_recipe(data: st.DataObject) -> None:
    """Whatever was learnt in which order, forgotten, and read in which pieces."""
    known = batches()
    order = data.draw(st.permutations(range(4)), label="order")
    gone = data.draw(st.sets(st.integers(0, 3), max_size=2), label="forgotten")
    empty = GreenLightningModel.empty(joined_recipe(4), 1e-2)
    model = reduce(GreenLightningModel.learn, [known[i] for i in order], empty)
    model = reduce(GreenLightningModel.forget, [known[i] for i in gone], model)
    X, y = (np.concatenate([getattr(known[i], name) for i in range(4) if i not in gone]) for name in ("X", "y"))
    cut = data.draw(st.integers(0, len(X)), label="cut")
    new = later_paths()
    grown = model.grow(new, [Batch(X[cut:], y[cut:]), Batch(X[:cut], y[:cut])])
    anew = GreenLightningModel.empty(JoinedPaths.of(model.paths, new), 1e-2).learn(Batch(X, y))
    assert grown.statistics == anew.statistics
    assert np.abs(grown.decision_function(X) - anew.decision_function(X)).max() <= 1e-8
    assert grown.ledger == model.ledger


def test_a_grown_model_learns_forgets_and_merges_on() -> None:
    first, second, third, fourth = batches()
    model = GreenLightningModel.empty(joined_recipe(4), 1e-2).learn(first).learn(second)
    new = later_paths()
    grown = model.grow(new, [first, second])
    elsewhere = GreenLightningModel.empty(grown.paths, 1e-2).learn(fourth)
    found = grown.learn(third).forget(first).merge(elsewhere)
    anew = GreenLightningModel.empty(grown.paths, 1e-2).learn(second).learn(third).learn(fourth)
    assert found.statistics == anew.statistics
    twice = found.grow(later_paths(6), [second, third, fourth])
    assert twice.paths.n_features_out == found.paths.n_features_out + 11
    assert model.paths.n_features_out == 24, "the old model stays"


def test_the_first_structure_alone_has_the_sums_that_it_had() -> None:
    first, second, third, _ = batches()
    for recipe in (joined_recipe(4), joined_recipe(4).parts[0]):
        model = GreenLightningModel.empty(recipe, 1e-2).learn(first).learn(second)
        twice = model.grow(later_paths(), [first, second]).grow(later_paths(6), [first, second])
        assert rooted(twice).statistics == model.statistics
        assert rooted(twice).paths.digest == model.paths.digest
        assert rooted(twice.learn(third)).statistics == model.learn(third).statistics


def test_weighted_rows_and_real_targets_grow_too() -> None:
    X, _ = blobs(120)
    weighted = Batch(X, X[:, 0], weights=np.linspace(0.25, 2.0, 120))
    empty = GreenLightningModel.empty(joined_recipe(4), 0.1, RealTargets.frozen_on(X[:, 0]))
    grown = empty.learn(weighted).grow(later_paths(), [weighted])
    anew = GreenLightningModel.empty(grown.paths, 0.1, empty.targets).learn(weighted)
    assert grown.statistics == anew.statistics


def test_batches_that_were_not_learnt_are_refused() -> None:
    first, second, third, _ = batches()
    model = GreenLightningModel.empty(joined_recipe(4), 1e-2).learn(first).learn(second)
    for wrong in ([first], [first, second, third], [first, third]):
        with pytest.raises(LedgerError, match=r"are not the 120 that the model has learnt"):
            model.grow(later_paths(), wrong)
    narrow = ExplicitPaths.build(random_structure(3, (4,)), first.X[:, :3])
    with pytest.raises(MismatchError, match="4 columns and 8 bits do not join those of 3"):
        model.grow(narrow, [first, second])


def test_new_gates_know_a_label_that_the_old_ones_never_saw() -> None:
    """Old gates are blind to the third column, which alone tells the new label."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_200, 3))
    y = (X[:, 0] > 0).astype(int)
    late = np.arange(1_200) >= 600
    X[~late, 2] *= 0.2
    y[late & (np.abs(X[:, 2]) > 1)] = 2
    blind = random_structure(3, (12,))
    weights = [np.where(np.arange(3) == 2, 0.0, w / 2.0**14) for w in blind.weights]
    old = ExplicitPaths.build(
        type(blind).from_arrays(blind.mean, blind.scale, weights, [b / 2.0**26 for b in blind.biases]), X
    )
    known = [Batch(X[~late], y[~late], "base"), Batch(X[late], y[late], "red")]
    model = reduce(GreenLightningModel.learn, known, GreenLightningModel.empty(old, 1e-3))
    new = new_paths(model, X[late], y[late], options=GrowthOptions((32,), 20, 60), seen=("red",))
    grown = model.grow(new, known)
    held = rng.normal(size=(600, 3))
    truth = np.abs(held[:, 2]) > 1

    def right(one: GreenLightningModel) -> float:
        return float(np.mean((one.predict(held) == 2) == truth))

    assert right(grown) > right(model) + 0.1
    assert grown.remembered_by("red") == ("structure 2", "landmarks 2")
    assert grown.remembered_by("base") == ()


def test_earlier_rows_are_as_many_as_the_red_ones_and_32_768_at_least() -> None:
    options = GrowthOptions()
    assert [options.earlier_rows(red, 100_000) for red in (10, 40_000)] == [32_768, 40_000]
    assert options.earlier_rows(10, 500) == 500, "where there are as many"


def test_few_rows_carry_twelve_landmarks_for_each_square_root() -> None:
    X, y = blobs(400, n_classes=4, seed=2)
    model = GreenLightningModel.empty(joined_recipe(4), 1e-2).learn(Batch(X, y))
    assert new_paths(model, X, y, options=GrowthOptions((8,), 1)).n_features_out == 240
    assert new_paths(model, X, y, options=GrowthOptions((8,), 1, 30)).n_features_out == 30
