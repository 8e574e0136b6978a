"""A first exact solution under a frozen recipe: held-out rows choose the ridge strength, then are learnt too."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.data.batch import Batch
from greenlightning.data.labels import Label, label_array, positions
from greenlightning.data.ledger import LedgerEntry
from greenlightning.data.splits import split_rows
from greenlightning.data.targets import ClassTargets, RealTargets
from greenlightning.errors import InputError
from greenlightning.estimators.first_fit import CLASS_ERROR_TOLERANCE
from greenlightning.linear.probabilities import Calibration
from greenlightning.linear.solver import choose_alpha
from greenlightning.model import GreenLightningModel
from greenlightning.paths import PathFeatures

HELD_SHARE = 0.1


def as_array(values: ArrayLike | Tensor) -> NDArray[Any]:
    """Bring a tensor to NumPy; half precision becomes float32."""
    if not isinstance(values, Tensor):
        return np.asarray(values)
    tensor = values.detach().cpu()
    return np.asarray((tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor).numpy())


def checked_batch(features: ArrayLike, targets: ArrayLike, n_outputs: int, name: str) -> Batch:
    """Make a batch of features (n, d) and class indices (n,), or real targets (n,) or (n, k).

    Raises
    ------
    InputError
        Where an index is no output of the block, or the targets have another number of columns.
    """
    X, y = as_array(features), as_array(targets)
    if y.dtype.kind in "iub":
        wrong = np.flatnonzero((y < 0) | (y >= n_outputs)) if y.ndim == 1 else np.zeros(1, dtype=np.intp)
        if len(wrong):
            given = f"Row {wrong[0]} has the class {y[wrong[0]]}"
            raise InputError(f"{given}, the block has the outputs 0 to {n_outputs - 1}", "Give indices of outputs")
        return Batch(X, y.astype(np.int64), name)
    columns = y.reshape(len(y), -1)
    if columns.shape[1] != n_outputs:
        raise InputError(
            f"The targets have {columns.shape[1]} columns, the block {n_outputs} outputs", "Give one for each"
        )
    return Batch(X, columns.astype(np.float64), name)


def output_columns(classes: Sequence[Label], n_outputs: int) -> list[int]:
    """Return the outputs that the classes of a model are the indices of.

    Raises
    ------
    InputError
        Where a class is no such index.
    """
    for label in classes:
        if not isinstance(label, int) or not 0 <= label < n_outputs:
            raise InputError(
                f"The model's class {label!r} is none of the outputs 0 to {n_outputs - 1}",
                "Learn the labels as numbers from 0, or give n_outputs",
            )
    return [int(label) for label in classes]


def first_solution(
    paths: PathFeatures, batch: Batch, alpha: float | None, random_state: int
) -> GreenLightningModel:
    """Learn a first batch.

    Parameters
    ----------
    paths : PathFeatures
        The frozen recipe.
    batch : Batch
        Features (n, d) with class indices (n,) or real targets (n, k).
    alpha : float or None
        Ridge strength; None chooses it on a tenth of the rows.
    random_state : int
        Seed of that choice.

    Returns
    -------
    GreenLightningModel
        The model, calibrated such that the softmax of its scaled scores is its probabilities.

    Raises
    ------
    CapacityError
        Where the sums of so many features do not fit into memory.
    """
    paths.block_rows()
    classes = batch.y.ndim == 1
    targets = ClassTargets() if classes else RealTargets.frozen_on(batch.y)
    empty = GreenLightningModel.empty(paths, alpha or 0.0, targets)
    rows = split_rows(batch.y, HELD_SHARE, random_state, stratified=classes)
    training, held = (empty.collect(batch.X[part], batch.y[part]) for part in rows)
    if alpha is None:
        tolerance = CLASS_ERROR_TOLERANCE if classes else 0.0
        validation = held if held.n else training
        empty = replace(empty, alpha=choose_alpha(training, validation, paths, targets, tolerance=tolerance)[0])
    if classes:
        trained = replace(empty, statistics=training)
        known = rows[1][np.isin(batch.y[rows[1]], label_array(trained.classes))]
        scores, truth = trained.decision_function(batch.X[known]), positions(batch.y[known], trained.classes)
        empty = replace(empty, calibration=Calibration.of(scores, truth, linear=True))
    return empty.absorb(training + held, batch.id, LedgerEntry(batch.rows))
