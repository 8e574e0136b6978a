"""Batches and rows are named by their values."""

import numpy as np

from greenlightning.data.batch import Batch, content_id, row_fingerprints
from tests.helpers.small import blobs


def test_the_same_values_have_the_same_name() -> None:
    X, y = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array(["a", "b"])
    names = {
        content_id(X, y),
        content_id(X.astype(np.float32), y.astype(object)),
        content_id(X.astype(int).tolist(), ["a", "b"]),
        content_id(np.asfortranarray(X), y),
        content_id([[-0.0, 1.0], [2.0, 3.0]], y),
    }
    others = {content_id(X[::-1], y), content_id(X, y[::-1]), content_id(X.ravel()[:, None], ["a", "b"])}
    assert len(names) == 1
    assert len(names | others) == 4
    assert len(names.pop()) == 16


def test_rows_have_the_same_name_in_any_batch() -> None:
    X, y = blobs(20)
    whole = row_fingerprints(X, y)
    assert len(set(whole.tolist())) == 20
    assert (row_fingerprints(X[5:9], y[5:9]) == whole[5:9]).all()


def test_batches_are_compared_by_what_they_are() -> None:
    X, y = blobs(4)
    batch = Batch(X, y)
    assert batch == batch
    assert batch.id == Batch(X.copy(), y).id == content_id(X, y)
    assert (batch.rows, Batch(X, y, "named").id) == (4, "named")
