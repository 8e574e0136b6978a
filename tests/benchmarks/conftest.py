"""The data set of the benchmarks' tests."""

import gc
from collections.abc import Iterator

import pytest

from greenlightning.data.datasets import Dataset
from tests.helpers.small import blobs


@pytest.fixture(scope="module", autouse=True)
def little_garbage() -> Iterator[None]:
    """What lives already is skipped when garbage is collected before each measurement."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Six blobs in four columns: 240 rows to train on, 60 to test on."""
    X, y = blobs(300, n_classes=6)
    return Dataset("blobs", X[:240], y[:240], X[240:], y[240:], ("a", "b", "c", "d"), "made here")
