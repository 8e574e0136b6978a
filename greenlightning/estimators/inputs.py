"""Inputs of an estimator: tables and arrays through the encoder that the first batch froze."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import _check_y, validate_data

from greenlightning.errors import InputError
from greenlightning.tables import ConformedTable, TableEncoder, TableSchema, conform, infer_schema

if TYPE_CHECKING:
    from greenlightning.estimators.base import BaseGreenLightning

NUMBERS = [np.float64, np.float32, np.uint8]


def encoded_inputs(
    estimator: "BaseGreenLightning", X: Any, *, reset: bool, encoder: TableEncoder | None = None
) -> NDArray[Any]:
    """Check and encode the inputs of an estimator.

    Parameters
    ----------
    estimator : BaseGreenLightning
        With ``reset`` it gets ``encoder_``, frozen on ``X``; without, its encoder is used.
    X : DataFrame or array-like of shape (n, d)
        A table with columns of any kind and missing cells, or numbers, NaN where one is missing.
    reset : bool
        Whether this is the first batch.
    encoder : TableEncoder, optional
        What made ``X`` already; the estimator keeps it as it is.

    Returns
    -------
    ndarray of shape (n, e)
        Inputs without a missing value. An array of plain numbers stays as it is and gets no encoder: its recipe
        then depends on no row, so that sites which share a structure can merge.

    Raises
    ------
    InputError
        Where a cell cannot be read or is infinite.
    """
    if encoder is not None:
        return _already_encoded(estimator, X, encoder)
    if not reset and estimator.encoder_ is None:
        return np.asarray(validate_data(estimator, X, reset=False, dtype=NUMBERS))
    table, schema = _table(estimator, X, reset=reset)
    found = TableEncoder.fit(table.frame, schema) if reset else estimator.encoder_
    assert found is not None
    inputs = found.transform(table.columns)
    estimator.encoder_ = found if isinstance(X, pd.DataFrame) or not found.is_identity else None
    if not np.isfinite(inputs).all():
        raise InputError("The inputs hold infinity", "Leave such cells empty, or give finite numbers")
    return inputs


def _already_encoded(estimator: "BaseGreenLightning", X: Any, encoder: TableEncoder) -> NDArray[Any]:
    """Return inputs that ``encoder`` made; the estimator takes tables of the encoder's schema from now on."""
    inputs = np.asarray(validate_data(estimator, X, dtype=NUMBERS))
    estimator.encoder_, names = encoder, encoder.schema.names
    estimator.n_features_in_, estimator.feature_names_in_ = len(names), np.array(names, dtype=object)
    return inputs


def checked_targets(estimator: "BaseGreenLightning", y: Any, **rules: bool) -> NDArray[Any]:
    """Check targets by scikit-learn's rules; raise ValueError where they are missing, not finite, or no column."""
    if y is None:
        raise ValueError(f"{type(estimator).__name__} requires y to be passed, but the target y is None")
    return np.asarray(_check_y(y, estimator=estimator, **rules))


def _table(estimator: "BaseGreenLightning", X: Any, *, reset: bool) -> tuple[ConformedTable, TableSchema]:
    """Return the inputs as a canonical table, with its schema; names and number of columns are checked."""
    known = None if reset else estimator.encoder_
    if isinstance(X, pd.DataFrame):
        names = X.columns.tolist()
        if reset or names != getattr(estimator, "feature_names_in_", np.empty(0)).tolist():
            validate_data(estimator, X, reset=reset, skip_check_array=True)
            X = X.set_axis([str(name) for name in names], axis=1)
        schema = known.schema if known else infer_schema(X, label=None)
        return conform(X, schema), schema
    inputs = validate_data(estimator, X, reset=reset, dtype=NUMBERS, ensure_all_finite="allow-nan")
    names = list(known.schema.names) if known else [f"x{place}" for place in range(inputs.shape[1])]
    schema = TableSchema.of_numbers(names)
    return ConformedTable(pd.DataFrame(inputs, columns=names, copy=False)), schema
