"""A table with text, gaps and dates, as a folder of Parquet files, and a recipe under which it is summed."""

from pathlib import Path

import numpy as np
import pandas as pd

from greenlightning import GreenLightningClassifier
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.federation import SigningKey, publish
from greenlightning.model import GreenLightningModel
from greenlightning.tables import TableEncoder, conform, in_form_of, infer_schema

ROWS = 600
RNG = np.random.default_rng(3)
TABLE = pd.DataFrame(
    {
        "size": np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.normal(size=ROWS)),
        "city": RNG.choice(["Rome", "Paris", "Oslo"], ROWS),
        "since": pd.date_range("2024-01-01", periods=ROWS, freq="D"),
        "outcome": RNG.choice(["buys", "leaves"], ROWS),
    }
)


def publication(folder: Path) -> GreenLightningModel:
    """Publish a recipe for the table into ``folder``; a model under it that has learnt nothing."""
    schema = infer_schema(TABLE, label="outcome")
    table = conform(TABLE, schema)
    encoder = TableEncoder.fit(in_form_of(table.frame, schema), schema)
    X = encoder.transform(table.columns)
    estimator = GreenLightningClassifier(paths="synthetic", n_landmarks=12, random_state=0)
    model = estimator.fit_structure(random_gates(X, (16,)), X, table.y, encoder=encoder).model_
    publish(model, folder, SigningKey.generate())
    return GreenLightningModel.empty(model.paths, model.alpha, model.targets)


def in_files(folder: Path, files: int = 6, group_rows: int = 25, table: pd.DataFrame = TABLE) -> Path:
    """Write a table into files of small row groups."""
    folder.mkdir(parents=True)
    for number, rows in enumerate(np.array_split(np.arange(ROWS), files)):
        table.iloc[rows].to_parquet(folder / f"part-{number}.parquet", index=False, row_group_size=group_rows)
    return folder
