"""Path features: explicit ones by hand, the kernel against all paths written out, budgets and saturation."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from greenlightning import Structure
from greenlightning.errors import CapacityError, InputError, IntegrityError
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures, load_paths
from greenlightning.paths.base import statistics_bytes
from greenlightning.paths.explicit import principal_axes
from greenlightning.paths.landmarks import draw_landmarks, worst_explained
from tests.helpers.small import blobs, random_structure

Floats = NDArray[np.float64]


@pytest.fixture
def sides() -> Structure:
    """One input and two gates: the first fires on the right of zero, the second on the left."""
    return Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]])


def integers_of(paths: PathFeatures, X: object) -> list[list[int]]:
    """The integer features of ``X`` (n, d), row by row."""
    return [row for _, block in paths.blocks(X, block_rows=2) for row in block.tolist()]


@pytest.mark.parametrize(
    ("bits", "limit", "three", "one"),
    [(8, 127, 95, 32), (12, 2047, 1535, 512), (16, 32639, 24479, 8160)],
)
def test_explicit_features_by_hand(sides: Structure, bits: int, limit: int, three: int, one: int) -> None:
    """Four deviations are the limit: 3 is three quarters of it, the constant 1 is a quarter, and 9 saturates."""
    paths = ExplicitPaths.build(sides, [[0.0]], feature_bits=bits)
    assert paths.n_features_out == 4
    assert integers_of(paths, [[4.0], [-4.0], [9.0], [0.0], [3.0]]) == [
        [limit, one, 0, 0],
        [0, 0, -limit, one],
        [limit, one, 0, 0],
        [0, 0, 0, 0],
        [three, one, 0, 0],
    ]


def test_real_features_have_a_norm_of_order_one(sides: Structure) -> None:
    """Features are divided by the root of how many there are: here x / 2 and 1 / 2."""
    paths = ExplicitPaths.build(sides, [[0.0]], feature_bits=16)
    assert paths.transform([[3.0], [-1.0]]) == pytest.approx(
        np.array([[1.5, 0.5, 0, 0], [0, 0, -0.5, 0.5]]), abs=1e-3
    )


def test_features_are_the_input_routed_through_its_gates() -> None:
    structure = random_structure(5, (7,))
    X = np.random.default_rng(0).uniform(-3, 3, size=(40, 5))
    found = ExplicitPaths.build(structure, X, feature_bits=16).transform(X) * np.sqrt(7 * 6)
    gates, inputs = structure.patterns(X), np.c_[X, np.ones(40)]
    assert found == pytest.approx(np.einsum("nj,ni->nji", gates, inputs).reshape(40, -1), abs=1e-3)


def test_a_projection_routes_principal_axes_instead() -> None:
    """Inputs vary along (1, 1) alone, so one axis tells all: x1 + x2 over root 2."""
    structure = random_structure(2, (3,))
    X = np.linspace(-1.5, 1.5, 20)[:, None] * np.ones(2)
    paths = ExplicitPaths.build(structure, X, feature_bits=16, projection=1)
    assert paths.n_features_out == 3 * 2
    on_axis = np.c_[X.sum(axis=1) / np.sqrt(2), np.ones(20)]
    expected = np.einsum("nj,ni->nji", structure.patterns(X), on_axis).reshape(20, -1)
    assert paths.transform(X) * np.sqrt(6) == pytest.approx(expected, abs=2e-3)


def test_principal_axes_are_orthonormal_and_lead() -> None:
    X = np.random.default_rng(0).normal(size=(300, 4)) * [1, 5, 2, 0.1]
    axes = principal_axes(torch.from_numpy(X), 2) / 2**14
    assert axes.T @ axes == pytest.approx(np.eye(2), abs=1e-3)
    assert np.abs(axes).argmax(axis=0).tolist() == [1, 2]
    assert (axes.max(axis=0) > 0.9).all()


def all_paths(structure: Structure, X: Floats, unit: float) -> Floats:
    """Every path of a two-layer structure, written out: x_i a_j b_k, bias paths b_k, and the last bias.

    Their weights are the kernel's constants: ``unit`` for products of inputs, input bias 0.05, layer bias 0.01,
    and each layer's overlap over its width.
    """
    gates = structure.patterns(X).astype(np.float64)
    first, second = structure.hidden_layer_sizes
    a, b = gates[:, :first], gates[:, first:]
    inputs = np.c_[X * np.sqrt(unit), np.full(len(X), np.sqrt(0.05))]
    through = np.einsum("ni,nj,nk->nijk", inputs, a, b).reshape(len(X), -1) / np.sqrt(first * second)
    return np.c_[through, b * np.sqrt(0.01 / second), np.full(len(X), np.sqrt(0.01))]


def test_features_are_the_inner_products_of_all_paths_with_each_landmark() -> None:
    """Less their mean, over their largest magnitude; which points become landmarks depends on rounding."""
    X = np.array(list(product([-1.0, 0.0, 1.0], repeat=3)))
    structure = random_structure(3, (5, 4))
    for bits, tolerance in ((8, 1 / 254), (12, 1 / 4094), (16, 1 / 60_000)):
        paths = LandmarkPaths.build(structure, X, n_landmarks=27, feature_bits=bits)
        landmarks = paths.tables["landmarks"] / 127.0
        assert np.isin(landmarks, [-1.0, 0.0, 1.0]).all()
        unit = 1 / np.square(landmarks).sum(axis=1).mean()
        written_out = all_paths(structure, X, unit)
        assert written_out.shape == (27, 4 * 5 * 4 + 4 + 1)
        kernel = written_out @ all_paths(structure, landmarks, unit).T
        centred = kernel - kernel.mean(axis=0)
        peak = np.abs(centred).max(axis=0)
        assert 20 < (peak > 1e-9).sum() < 27, "some points open no path"
        expected = centred / np.where(peak < 1e-9, np.inf, peak)
        assert np.abs(paths.transform(X) * np.sqrt(27) - expected).max() <= tolerance + 1e-6


def test_a_feature_saturates_beyond_the_largest_value_of_the_base() -> None:
    structure = random_structure(4, (12, 10))
    X, y = blobs(400)
    X = X / X.std()
    paths = LandmarkPaths.build(structure, X[:300], y[:300], n_landmarks=250)
    assert np.abs(paths.transform(X[:300])).max() == pytest.approx(1 / np.sqrt(250))
    assert np.abs(paths.transform(3 * X)).max() == pytest.approx(1 / np.sqrt(250))


def test_landmarks_are_drawn_evenly_over_the_labels() -> None:
    y = np.array(["rare"] * 5 + ["common"] * 95)
    chosen = draw_landmarks(100, y, 10, np.random.default_rng(0))
    assert (y[chosen] == "rare").sum() == 5
    assert (np.diff(chosen) > 0).all()
    assert len(draw_landmarks(100, None, 10, np.random.default_rng(0))) == 10
    assert draw_landmarks(3, None, 10, np.random.default_rng(0)).tolist() == [0, 1, 2]


def test_each_landmark_is_the_row_that_those_before_explain_worst() -> None:
    """Written out as Gram-Schmidt on all paths: take the longest row left, and take its direction from all."""
    structure = random_structure(3, (5, 4))
    X = np.array(list(product([-1.0, 0.0, 1.0], repeat=3)))
    rows = all_paths(structure, X, unit=1 / np.square(X).sum(axis=1).mean())
    rows -= rows.mean(axis=0)
    expected: list[int] = []
    for _ in range(6):
        expected.append(int(np.square(rows).sum(axis=1).round(9).argmax()))
        direction = rows[expected[-1]] / np.linalg.norm(rows[expected[-1]])
        rows -= np.outer(rows @ direction, direction)
    encoded = structure.encode(torch.from_numpy(X))
    assert worst_explained(structure, encoded, 6).tolist() == sorted(expected)
    assert worst_explained(structure, encoded, 40).tolist() == list(range(27))


def test_rows_all_alike_tell_nothing() -> None:
    paths = LandmarkPaths.build(random_structure(4, (6, 5)), np.ones((20, 4)), n_landmarks=10)
    assert paths.n_features_out == 10
    assert not paths.transform(np.ones((5, 4))).any()


def recipes() -> dict[str, Callable[[int], PathFeatures]]:
    X, y = blobs(60)
    return {
        "explicit": lambda bits: ExplicitPaths.build(random_structure(4, (6,)), X, feature_bits=bits),
        "projection": lambda bits: ExplicitPaths.build(
            random_structure(4, (6,)), X, feature_bits=bits, projection=2, seen=("base",)
        ),
        "landmarks": lambda bits: LandmarkPaths.build(
            random_structure(4, (6, 5)), X, y, n_landmarks=15, feature_bits=bits, seen=("base",)
        ),
    }


every_recipe = pytest.mark.parametrize("kind", list(recipes()))


@every_recipe
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_features_stay_within_their_bits(kind: str, bits: int) -> None:
    paths = recipes()[kind](bits)
    X = 50 * np.random.default_rng(0).normal(size=(100, 4))
    found = np.array(integers_of(paths, X))
    assert found.shape == (100, paths.n_features_out)
    assert np.abs(found).max() == paths.largest == {8: 127, 12: 2047, 16: 32639}[bits]
    assert np.allclose(paths.transform(X), found * paths.scales)


@every_recipe
@pytest.mark.parametrize("columns", [1, 2, 9])
def test_products_with_features_need_not_write_them_down(kind: str, columns: int) -> None:
    """Fewer columns than a gate has inputs are routed: gate by gate, then a gated sum."""
    paths, (X, _) = recipes()[kind](8), blobs(2_500, seed=1)
    V = np.random.default_rng(0).normal(size=(paths.n_features_out, columns))
    assert paths.product(X, V) == pytest.approx(np.array(integers_of(paths, X)) @ V, abs=1e-9)
    assert paths.product(X[:0], V).shape == (0, columns)


@every_recipe
def test_the_digest_names_the_whole_recipe(kind: str) -> None:
    make = recipes()[kind]
    assert make(8).digest == make(8).digest
    assert len({make(8).digest, make(12).digest, make(16).digest}) == 3


def test_another_structure_projection_or_number_of_landmarks_is_another_recipe() -> None:
    X, y = blobs(60)
    deep, flat = random_structure(4, (6, 5)), random_structure(4, (6,))
    made = [
        ExplicitPaths.build(flat, X),
        ExplicitPaths.build(random_structure(4, (6,), seed=1), X),
        ExplicitPaths.build(flat, X, projection=2),
        ExplicitPaths.build(flat, X, projection=3),
        LandmarkPaths.build(deep, X, y, n_landmarks=20),
        LandmarkPaths.build(deep, X, y, n_landmarks=19),
    ]
    assert len({paths.digest for paths in made}) == len(made)
    assert LandmarkPaths.build(deep, X, y, n_landmarks=20).digest == made[4].digest


def test_some_landmarks_are_nobodys_row_but_each_of_their_values_is_somebodys() -> None:
    """Rows with twice the same number; one candidate in four has its columns from two rows."""
    X = np.repeat(np.random.default_rng(0).normal(size=(90, 1)), 2, axis=1)
    structure = random_structure(2, (30, 20))
    landmarks = LandmarkPaths.build(structure, X, n_landmarks=40).tables["landmarks"]
    known = LandmarkPaths.build(structure, X, n_landmarks=90).tables["landmarks"]
    alike = landmarks[:, 0] == landmarks[:, 1]
    assert len(landmarks) == 40
    assert 0 < (~alike).sum() <= 30
    assert set(landmarks.ravel()) <= set(known.ravel())


@every_recipe
def test_a_recipe_comes_back_from_disk_the_same(kind: str, tmp_path: Path) -> None:
    paths = recipes()[kind](12)
    paths.save(tmp_path)
    loaded = load_paths(tmp_path, paths.kind, paths.structure)
    assert (type(loaded), loaded.digest, loaded.seen) == (type(paths), paths.digest, paths.seen)
    X, _ = blobs(30, seed=5)
    assert (loaded.transform(X) == paths.transform(X)).all()


@every_recipe
def test_a_recipe_of_another_structure_or_torn_is_an_integrity_error(kind: str, tmp_path: Path) -> None:
    paths = recipes()[kind](8)
    paths.save(tmp_path)
    other = random_structure(4, paths.structure.hidden_layer_sizes, seed=8)
    with pytest.raises(IntegrityError, match="another than it says"):
        load_paths(tmp_path, paths.kind, other)
    file = tmp_path / "paths.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match="cannot be read"):
        load_paths(tmp_path, paths.kind, paths.structure)


@every_recipe
def test_no_rows_have_no_features_and_do_not_saturate(kind: str) -> None:
    paths = recipes()[kind](8)
    assert paths.transform(np.empty((0, 4))).shape == (0, paths.n_features_out)
    assert paths.saturation(np.empty((0, 4))) == 0


def test_saturation_is_the_share_of_features_at_the_limit(sides: Structure) -> None:
    """Of each row's four features two are shut and one is the constant; x itself saturates from 4 on."""
    paths = ExplicitPaths.build(sides, [[0.0]])
    assert paths.saturation([[1.0], [2.0]]) == 0
    assert paths.saturation([[1.0], [5.0]]) == 1 / 8
    assert paths.saturation([[-7.0], [5.0]]) == 2 / 8


def test_saturation_tells_a_shifted_batch() -> None:
    X, y = blobs(300)
    paths = LandmarkPaths.build(random_structure(4, (12, 10)), X / 4, y, n_landmarks=40)
    assert paths.saturation(X / 4) < 0.03 < paths.saturation(8 * X)


@every_recipe
def test_the_budget_chooses_the_blocks(kind: str) -> None:
    paths = recipes()[kind](16)
    fixed = statistics_bytes(paths.n_features_out, 16)
    per_row = (paths.block_rows(fixed + 10**6) - 1, paths.block_rows(fixed + 2 * 10**6))
    assert 64 < per_row[0] < per_row[1] < 8192
    assert per_row[1] == pytest.approx(2 * per_row[0], rel=0.05)
    assert paths.block_rows(10**9) == paths.block_rows() == 8192
    X, _ = blobs(1000)
    sizes = [len(block) for _, block in paths.blocks(X, memory_budget=fixed + 10**6)]
    assert sum(sizes) == 1000
    assert max(sizes) <= per_row[0] + 1


@pytest.mark.parametrize("budget", [0, 10**6])
def test_what_cannot_fit_is_refused_with_its_sizes(budget: int) -> None:
    """400 gates over 784 + 1 inputs are 314,000 features: 24 * 314,000^2 bytes."""
    paths = ExplicitPaths.build(random_structure(784, (400,)), np.zeros((1, 784)))
    with pytest.raises(CapacityError, match=r"314,000 path features need 2366\.3 GB.*budget is 0\.0 GB.*project"):
        paths.block_rows(budget)
    with pytest.raises(CapacityError, match="314,000"):
        next(iter(paths.blocks(np.zeros((1, 784)), memory_budget=10**9)))


@pytest.mark.parametrize(
    ("build", "cause"),
    [
        (lambda X: ExplicitPaths.build(random_structure(4, (3, 2)), X), "one gated layer, the structure has 2"),
        (lambda X: ExplicitPaths.build(random_structure(4, (3,)), X, feature_bits=7), "feature_bits=7"),
        (lambda X: LandmarkPaths.build(random_structure(4, (3,)), X, feature_bits=32), "feature_bits=32"),
        (lambda X: ExplicitPaths.build(random_structure(4, (3,)), X, projection=5), "projection=5"),
        (lambda X: ExplicitPaths.build(random_structure(4, (3,)), X, projection=0), "projection=0"),
        (lambda X: LandmarkPaths.build(random_structure(4, (3,)), X, n_landmarks=0), "0 landmarks"),
        (lambda X: LandmarkPaths.build(random_structure(4, (3,)), X[:0]), "from 0 rows"),
        (lambda X: LandmarkPaths.build(random_structure(4, (3,)), X, [1, 2]), "2 labels"),
        (lambda X: LandmarkPaths.build(random_structure(3, (3,)), X), "shape"),
        (lambda X: ExplicitPaths.build(random_structure(4, (3,)), X * np.nan, projection=2), "NaN"),
    ],
)
def test_recipes_that_cannot_be_are_refused(build: Callable[[Floats], PathFeatures], cause: str) -> None:
    with pytest.raises(InputError, match=cause):
        build(blobs(20)[0])
