"""What the tests of flows share: the handwritten digits in pieces, and a flow's outcome by one call."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from prefect import Flow
from sklearn.datasets import load_digits

from flows.engine.outcome import Outcome, outcome_of
from flows.learning.ingest import ingest
from greenlightning.linear.statistics import Statistics
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Alias
from tasks.core.settings import Learning
from tasks.core.workspace import Workspace
from tasks.data.batch_files import LandedBatch
from tasks.data.batch_index import batch_ref
from tasks.data.holdout import Learnable, current_holdout
from tasks.data.ingestion import land
from tasks.models import registry

X, y = load_digits(return_X_y=True)
COLUMNS = [f"pixel_{number}" for number in range(64)]
BASE, FIRST, SECOND, THIRD = slice(0, 500), slice(500, 700), slice(700, 900), slice(900, 1100)
LEARNING = Learning(max_epochs=2, n_landmarks=64, hidden_layer_sizes=(32, 16))
DIGITS = "digits"


def outcome(flow: Flow[..., Any], **parameters: Any) -> Outcome:
    """Run a flow and return what it came to, checked against the name of its state."""
    state = flow(**parameters, return_state=True)
    found = outcome_of(state)
    assert state.name == found.state
    return found


def source(name: str, rows: slice, labels: NDArray[Any] | None = None) -> Path:
    """A file of some digits beside the workspace's folders; with ``labels`` instead of theirs."""
    return frame_file(name, X[rows], y[rows] if labels is None else labels)


def frame_file(name: str, inputs: NDArray[Any], labels: Sequence[Any] | NDArray[Any]) -> Path:
    """A Parquet file of these digits in the workspace's folder ``sources``."""
    frame = pd.DataFrame(inputs, columns=COLUMNS)
    frame["label"] = labels
    path = Workspace.current().root / "sources" / f"{name}.parquet"
    path.parent.mkdir(exist_ok=True)
    frame.to_parquet(path)
    return path


def drop(name: str, rows: slice, labels: NDArray[Any] | None = None) -> LandedBatch:
    """Land some digits in incoming/, where the next flow finds them."""
    return land.fn(source(name, rows, labels), DIGITS)


def add(name: str, rows: slice) -> str:
    """Ingest some digits; the id of their batch."""
    landed = drop(name, rows)
    assert outcome(ingest, path=source(name, rows), dataset=DIGITS).state == "Versioned"
    return landed.id


def champion_number() -> int:
    """The number of the version that serves."""
    return registry.version(DIGITS, Alias.CHAMPION).version


def learnt_jointly(model: GreenLightningModel, batches: Sequence[str]) -> Statistics:
    """The statistics of all rows of ``batches`` in one go, under the model's recipe."""
    learnable = Learnable(current_holdout(DIGITS), model.encoder)
    parts = [learnable.open(batch_ref(DIGITS, batch)) for batch in batches]
    empty = GreenLightningModel.empty(model.paths, model.alpha, model.targets)
    return empty.collect(np.concatenate([p.X for p in parts]), np.concatenate([p.y for p in parts]))


def moved(workspace: Path, target: Path) -> None:
    """Copy a workspace; MLflow's absolute addresses follow when it is opened."""
    shutil.copytree(workspace, target, dirs_exist_ok=True)
