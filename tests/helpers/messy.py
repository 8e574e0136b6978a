"""A small table as people have them: an identifier, text, gaps, booleans and dates; and a model that learnt it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from greenlightning.paths import ExplicitPaths
from greenlightning.tables import TableEncoder, conform, infer_schema
from tests.helpers.small import random_structure


def messy_rows(n: int, seed: int = 0) -> pd.DataFrame:
    """``n`` shops with an id, whose label says whether they do well."""
    rng = np.random.default_rng(seed)
    city, is_open = rng.choice(["Bern", "Oslo", "Lima"], size=n), rng.random(n) < 0.5
    size = rng.normal(50.0, 10.0, size=n)
    return pd.DataFrame(
        {
            "id": [f"shop {number:04d}" for number in range(n)],
            "size": np.where(rng.random(n) < 0.2, np.nan, size),
            "city": np.where(rng.random(n) < 0.1, None, city),
            "open": is_open,
            "since": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D"),
            "label": np.where((city == "Bern") | (is_open & (size > 50)), "well", "badly"),
        }
    )


def messy_model(n: int = 120) -> GreenLightningModel:
    """A model with an encoder, of a few random gates, that learnt ``n`` such rows."""
    rows = messy_rows(n, seed=1)
    schema = infer_schema(rows, label="label", identifiers=("id",))
    table = conform(rows, schema)
    encoder = TableEncoder.fit(table.frame, schema)
    X = encoder.transform(table.frame)
    paths = replace(ExplicitPaths.build(random_structure(X.shape[1], (8,)), X), encoder=encoder)
    assert table.y is not None
    return GreenLightningModel.empty(paths, alpha=1e-2).learn(Batch(X, table.y))
