"""Promise 1: any order, partition, block size, thread count or processor gives the same statistics, to the bit."""

from collections.abc import Iterator
from functools import cache, reduce
from itertools import product
from operator import add
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from greenlightning import (
    GreenLightningModel,
    Statistics,
    extract_structure,
)
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import load
from greenlightning.data.targets import ClassTargets, RealTargets, Targets
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures
from greenlightning.structure.training import TrainingOptions
from tests.helpers.real_data import real_root
from tests.helpers.small import RECIPES, blobs, grown_recipe, joined_recipe, random_structure

pytestmark = pytest.mark.slow

COLUMNS = 5
Rows = tuple[NDArray[Any], NDArray[Any]]
quickly = settings(max_examples=40, derandomize=True, database=None)
every_recipe = pytest.mark.parametrize(("kind", "bits"), list(product((*RECIPES, "joined", "grown"), (8, 12, 16))))
every_target = pytest.mark.parametrize("target", ["classes", "reals"])


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """Give torch its thread count back after each test."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@cache
def recipe(kind: str, bits: int) -> PathFeatures:
    """A recipe frozen on 60 base rows: 12 gates, 12 gates over 3 axes, all paths of 10-8 gates, or several."""
    if kind in ("joined", "grown"):
        return joined_recipe(COLUMNS, bits) if kind == "joined" else grown_recipe(COLUMNS, bits)
    X, y = blobs(60, COLUMNS, seed=1)
    if kind == "landmarks":
        return LandmarkPaths.build(random_structure(COLUMNS, (10, 8)), X, y, n_landmarks=20, feature_bits=bits)
    axes = 3 if kind == "projection" else None
    return ExplicitPaths.build(random_structure(COLUMNS, (12,)), X, feature_bits=bits, projection=axes)


def targets_of(kind: str) -> Targets:
    """Labels, or fixed-point targets frozen on values around 10."""
    return ClassTargets() if kind == "classes" else RealTargets.frozen_on(np.array([7.5, 10.0, 12.5]))


def drawn_rows(data: st.DataObject, targets: Targets) -> Rows:
    """1 to 70 rows, some repeated, some far beyond every frozen scale; labels "a" to "e", or reals around 10."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1), label="seed"))
    n = data.draw(st.integers(1, 70), label="rows")
    X = rng.normal(size=(n, COLUMNS)) * rng.choice([1e-4, 1.0, 100.0], size=(n, 1), p=[0.1, 0.8, 0.1])
    X[rng.random(n) < 0.2] = X[0]
    if isinstance(targets, RealTargets):
        return X, 10 + 5 * rng.normal(size=n)
    return X, rng.choice(list("abcde"), size=n)


def drawn_parts(data: st.DataObject, n: int) -> list[NDArray[np.intp]]:
    """A partition of ``n`` shuffled rows, some parts empty, in any order."""
    order = np.random.default_rng(data.draw(st.integers(0, 99), label="order")).permutation(n)
    cuts = data.draw(st.lists(st.integers(0, n), max_size=4).map(sorted), label="cuts")
    return data.draw(st.permutations(np.split(order, cuts)), label="parts")


@every_recipe
@every_target
@quickly
@given(data=st.data())
def test_order_partition_blocks_and_threads_leave_no_trace(
    kind: str, bits: int, target: str, data: st.DataObject
) -> None:
    paths, targets = recipe(kind, bits), targets_of(target)
    X, y = drawn_rows(data, targets)
    torch.set_num_threads(1)
    jointly = Statistics.collect(paths, targets, X, y)
    collected = []
    for part in drawn_parts(data, len(X)):
        torch.set_num_threads(data.draw(st.sampled_from([1, 2, 3]), label="threads"))
        block = data.draw(st.integers(1, 80), label="block_rows")
        collected.append(Statistics.collect(paths, targets, X[part], y[part], block_rows=block))
    assert reduce(add, collected).digest == jointly.digest
    assert reduce(add, collected[::-1], Statistics.empty(paths, targets)).digest == jointly.digest


@every_recipe
@every_target
@quickly
@given(data=st.data())
def test_what_is_forgotten_was_never_learnt(kind: str, bits: int, target: str, data: st.DataObject) -> None:
    targets = targets_of(target)
    X, y = drawn_rows(data, targets)
    parts = drawn_parts(data, len(X))
    empty = GreenLightningModel.empty(recipe(kind, bits), 1.0, targets)
    batches = [Batch(X[part], y[part], str(i)) for i, part in enumerate(parts)]
    everything = reduce(GreenLightningModel.learn, batches, empty)
    gone = data.draw(st.integers(0, len(batches)), label="gone")
    after = reduce(GreenLightningModel.forget, batches[:gone], everything)
    never = reduce(GreenLightningModel.learn, batches[gone:][::-1], empty)
    assert after.statistics.digest == never.statistics.digest
    assert after.classes == never.classes
    assert set(after.ledger) == set(never.ledger)


@every_recipe
@quickly
@given(data=st.data())
def test_a_federation_is_the_central_model(kind: str, bits: int, data: st.DataObject) -> None:
    targets = ClassTargets()
    X, y = drawn_rows(data, targets)
    empty = GreenLightningModel.empty(recipe(kind, bits), 1.0, targets)
    central = empty.learn(Batch(X, y, "all"))
    parts = drawn_parts(data, len(X))
    sites = [empty.learn(Batch(X[part], y[part], f"site {i}")) for i, part in enumerate(parts)]
    federated = reduce(GreenLightningModel.merge, sites)
    assert federated.statistics.digest == central.statistics.digest
    assert federated.classes == tuple(sorted(set(y.tolist())))
    assert np.abs(federated.decision_function(X) - central.decision_function(X)).max() <= 1e-8


@every_recipe
def test_predictions_agree_over_threads_and_blocks(kind: str, bits: int) -> None:
    X, y = blobs(3000, COLUMNS, seed=2)
    paths = recipe(kind, bits)
    empty = GreenLightningModel.empty(paths, 1e-2)
    with threadpool_limits(1):
        whole = empty.learn(Batch(X, y))
        scores = whole.decision_function(X)
    torch.set_num_threads(2)
    with threadpool_limits(2):
        cut = reduce(GreenLightningModel.learn, [Batch(X[i::7], y[i::7]) for i in range(7)], empty)
        again = np.concatenate([cut.decision_function(X[i : i + 13]) for i in range(0, 3000, 13)])
    assert np.abs(again - scores).max() <= 1e-8


@pytest.mark.parametrize("name", ["digits", "letter", "fashion-mnist"])
@pytest.mark.parametrize("kind", RECIPES)
def test_exact_on_real_data(name: str, kind: str) -> None:
    X, y = real_rows(name)
    base = X[:600], y[:600]
    widths = {"explicit": (1600 // X.shape[1],), "projection": (40,), "landmarks": (24, 16)}[kind]
    structure = extract_structure(*base, options=TrainingOptions(widths, max_epochs=1))
    if kind == "landmarks":
        paths: PathFeatures = LandmarkPaths.build(structure, *base, n_landmarks=150)
    else:
        axes = 12 if kind == "projection" else None
        paths = ExplicitPaths.build(structure, base[0], projection=axes)
    empty = GreenLightningModel.empty(paths, 1e-2)
    jointly = empty.learn(Batch(X, y))
    by_label = np.split(np.argsort(y, kind="stable"), [100, 101, 900])
    batches = [Batch(X[part], y[part]) for part in by_label]
    one_by_one = reduce(GreenLightningModel.learn, batches, empty)
    assert one_by_one.statistics.digest == jointly.statistics.digest
    assert np.abs(one_by_one.decision_function(X) - jointly.decision_function(X)).max() <= 1e-8

    never = reduce(GreenLightningModel.learn, batches[:2] + batches[3:], empty)
    assert one_by_one.forget(batches[2]).statistics.digest == never.statistics.digest
    assert never.statistics.digest != jointly.statistics.digest


def real_rows(name: str) -> Rows:
    """The first 1,500 training rows of a real set."""
    root = None if name == "digits" else real_root(name)
    data = load(name, root)
    return data.X_train[:1500], data.y_train[:1500]


@pytest.mark.parametrize("dtype", ["u1", "i2", "i8", "f2", "f4", "f8", "?"])
def test_the_type_that_numbers_come_in_leaves_no_trace(dtype: str) -> None:
    X, y = np.random.default_rng(0).integers(0, 2, size=(30, COLUMNS)), np.arange(30) % 2
    paths = recipe("explicit", 8)
    as_it_is = Statistics.collect(paths, ClassTargets(), X, y)
    assert Statistics.collect(paths, ClassTargets(), X.astype(dtype), y.astype(dtype)).digest == as_it_is.digest
    other_half = Statistics.collect(paths, ClassTargets(), X[::2], y[::2].astype(dtype))
    half = Statistics.collect(paths, ClassTargets(), X[1::2].astype(dtype), y[1::2])
    assert (half + other_half).digest == (other_half + half).digest == as_it_is.digest
