"""Promise 1: any order, partition, block size, thread count or processor gives the same statistics, to the bit."""

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, reduce
from itertools import product
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from greenlightning import (
    GreenLightningClassifier,
    GreenLightningModel,
    GreenLightningRegressor,
    Statistics,
    extract_structure,
)
from greenlightning.compute import integers as integers
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import load
from greenlightning.data.targets import ClassTargets, RealTargets, Targets
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures
from greenlightning.structure.training import TrainingOptions
from tests.helpers.real_data import real_root
from tests.helpers.small import blobs, random_structure

COLUMNS = 5
RECIPES = ("explicit", "projection", "landmarks")
Rows = tuple[NDArray[Any], NDArray[Any]]
quickly = settings(max_examples=40, deadline=None, derandomize=True, database=None)
every_recipe = pytest.mark.parametrize(("kind", "bits"), list(product(RECIPES, (8, 12, 16))))
every_target = pytest.mark.parametrize("target", ["classes", "reals"])


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """Give torch its thread count back after each test."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@cache
def recipe(kind: str, bits: int) -> PathFeatures:
    """A recipe frozen on 60 base rows: 12 gates, 12 gates over 3 axes, or all paths of 10-8 gates."""
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


@pytest.mark.parametrize("multiply", [integers.int8_product, integers._float32_product])
@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    shape=st.tuples(st.integers(1, 90), st.integers(1, 3000), st.integers(1, 90)),
    extreme=st.sampled_from([None, (-128, -128), (127, -128), (127, 127)]),
    seed=st.integers(0, 99),
)
@example(shape=(3, 1, 2), extreme=None, seed=0)
def test_both_products_are_the_integer_product(
    multiply: Any, shape: tuple[int, int, int], extreme: tuple[int, int] | None, seed: int
) -> None:
    n, k, m = shape
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(-128, 128, size=size, dtype=np.int8) for size in ((n, k), (k, m + 3)))
    if extreme:
        a.fill(extreme[0])
        b.fill(extreme[1])
    found = multiply(torch.from_numpy(a), torch.from_numpy(b)[:, 3:])
    assert np.array_equal(found.numpy(), a.astype(np.int64) @ b[:, 3:].astype(np.int64))


@every_recipe
def test_the_float32_product_gives_the_same_digest(kind: str, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = []
    for native in (integers.int8_is_native(), False):
        monkeypatch.setattr(integers, "int8_is_native", lambda native=native: native)
        digests.append(digest_of_digits(kind, bits))
    assert digests[0] == digests[1]


def digest_of_digits(kind: str, bits: int) -> str:
    """Digest of the statistics of 300 handwritten digits under random gates."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    X = (X - 8) / 8
    if kind == "landmarks":
        paths: PathFeatures = landmark_tables(bits)
    else:
        axes = 8 if kind == "projection" else None
        paths = ExplicitPaths.build(random_structure(64, (12,)), X[:200], feature_bits=bits, projection=axes)
    return Statistics.collect(paths, ClassTargets(), X[:300], y[:300]).digest


def landmark_tables(bits: int) -> LandmarkPaths:
    """A landmark recipe of random integers: none of its numbers comes from a processor's own arithmetic."""
    rng = np.random.default_rng(5)
    structure = random_structure(64, (20, 16))
    m = 40
    tables: dict[str, NDArray[Any]] = {
        "landmarks": rng.integers(-127, 128, size=(m, 64), dtype=np.int8),
        "gates.0": rng.integers(0, 2, size=(m, 20), dtype=np.int8),
        "gates.1": rng.integers(0, 2, size=(m, 16), dtype=np.int8),
        "input_step": np.array(4096 / 127),
        "input_unit": np.array(1e-5, dtype=np.float32),
        "centre": np.full(m, 0.5, dtype=np.float32),
        "per_unit": np.full(m, 2.0**bits, dtype=np.float32),
    }
    return LandmarkPaths(structure, bits, tables)


def test_an_older_processor_gives_the_same_digests() -> None:
    """Without VNNI an int8 product saturates at 16 bits inside: such processors must take the other road."""
    script = (
        "import tests.greenlightning.test_exactness as t; from greenlightning.compute import integers as i\n"
        "print(i.int8_is_native(), *[t.digest_of_digits(kind, b) for kind in t.RECIPES for b in (8, 12, 16)])"
    )
    root = Path(__file__).parents[2]
    older = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "1"}
    paths = str(root)
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | older | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    _, *found = run.stdout.split()
    assert found == [digest_of_digits(kind, bits) for kind in RECIPES for bits in (8, 12, 16)]


@pytest.fixture(scope="module")
def three_batches() -> list[Rows]:
    """Three batches of the digits; the third brings the classes 8 and 9."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    known, new = np.flatnonzero(y < 8)[:400], np.flatnonzero(y >= 8)[:100]
    return [(X[part], y[part]) for part in (known[:250], known[250:], new)]


@pytest.mark.parametrize(
    "estimator",
    [
        GreenLightningClassifier(hidden_layer_sizes=(8,), max_epochs=1, alpha=0.1, random_state=0),
        GreenLightningClassifier(
            hidden_layer_sizes=(12, 8), n_landmarks=60, feature_bits=12, max_epochs=1, alpha=0.1, random_state=0
        ),
        GreenLightningRegressor(hidden_layer_sizes=(8,), max_epochs=1, alpha=0.1, random_state=0),
        GreenLightningRegressor(
            hidden_layer_sizes=(12, 8), n_landmarks=60, max_epochs=1, alpha=0.1, random_state=0
        ),
    ],
    ids=["classifier-explicit", "classifier-landmarks", "regressor-explicit", "regressor-landmarks"],
)
def test_estimators_learn_forget_and_merge_without_a_trace(estimator: Any, three_batches: list[Rows]) -> None:
    base, more, new = three_batches
    fitted = estimator.fit(*base)
    both_orders = [
        copy.deepcopy(fitted).partial_fit(*more).partial_fit(*new),
        copy.deepcopy(fitted).partial_fit(*new).partial_fit(*more),
    ]
    together = [np.concatenate(both) for both in zip(more, new, strict=True)]
    jointly = copy.deepcopy(fitted).partial_fit(*together)
    digests = {found.model_.statistics.digest for found in (*both_orders, jointly)}
    assert len(digests) == 1

    site = copy.deepcopy(fitted).partial_fit(*new).forget(*base)
    merged = copy.deepcopy(fitted).partial_fit(*more).merge(site)
    assert merged.model_.statistics.digest == jointly.model_.statistics.digest
    assert np.abs(merged.model_.decision_function(new[0]) - jointly.model_.decision_function(new[0])).max() <= 1e-8

    some = [values[30:90] for values in together]
    back = jointly.forget(*some).forget(*[np.delete(values, slice(30, 90), axis=0) for values in together])
    assert back.model_.statistics.digest == fitted.model_.statistics.digest
    assert np.array_equal(back.predict(base[0]), fitted.predict(base[0]))
