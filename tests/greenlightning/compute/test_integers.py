"""Integer products give the same digests on every processor."""

import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from greenlightning import (
    Statistics,
)
from greenlightning.compute import integers
from greenlightning.data.targets import ClassTargets
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures
from tests.helpers.small import RECIPES, random_structure

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("multiply", [integers.int8_product, integers._float32_product])
@settings(max_examples=40, derandomize=True, database=None)
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


@pytest.mark.parametrize(("kind", "bits"), list(product(RECIPES, (8, 12, 16))))
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
        "import tests.greenlightning.compute.test_integers as t\n"
        "digests = [t.digest_of_digits(kind, bits) for kind in t.RECIPES for bits in (8, 12, 16)]\n"
        "print(t.integers.int8_is_native(), *digests)"
    )
    root = Path(__file__).parents[3]
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
