"""Path features: explicit ones by hand, the kernel against all paths written out, budgets and saturation."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from greenlightning.errors import CapacityError, InputError, IntegrityError
from greenlightning.paths import (
    ExplicitPaths,
    LandmarkPaths,
    PathFeatures,
    RandomFeatures,
    RandomFields,
    RandomLayer,
    load_paths,
)
from greenlightning.paths.base import statistics_bytes
from tests.helpers.small import blobs, grown_recipe, integers_of, joined_recipe, random_structure

Floats = NDArray[np.float64]


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
        "random": lambda bits: RandomFeatures.build(
            random_structure(4, (6, 5)), X, n_features=15, feature_bits=bits, seen=("base",)
        ),
        "random layer": lambda bits: RandomLayer.build(
            random_structure(4, (6, 5)), X, n_features=15, feature_bits=bits, seen=("base",)
        ),
        "random fields": lambda bits: RandomFields.build(
            random_structure(4, (6, 5)), X, n_features=15, feature_bits=bits, seen=("base",)
        ),
        "joined": lambda bits: joined_recipe(4, bits),
        "grown": lambda bits: grown_recipe(4, bits),
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
