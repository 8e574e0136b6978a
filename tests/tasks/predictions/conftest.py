"""A small champion of four numeric columns and three labels, and rows that it has not seen."""

from pathlib import Path

import pandas as pd
import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.models.version_info import VersionInfo
from tasks.predictions.predictor import Predictor
from tests.helpers.small_champion import served, versioned


@pytest.fixture
def serving(
    mlflow_home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> VersionInfo:
    """Version 1 of the digits, whose columns are x0 to x3."""
    return served(tiny_model, tmp_path / "model", versioned(batches[0], tmp_path))


@pytest.fixture
def predictor(serving: VersionInfo) -> Predictor:
    return Predictor.of(serving)


@pytest.fixture
def rows(batches: list[Batch]) -> pd.DataFrame:
    """Thirty rows with their labels."""
    return pd.DataFrame(batches[1].X, columns=["x0", "x1", "x2", "x3"]).assign(label=batches[1].y)
