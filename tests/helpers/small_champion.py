"""Small batches and a small champion without a flow: landed, versioned and registered as a flow would."""

from pathlib import Path

import numpy as np

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Alias, Kind
from tasks.data.batch_files import LandedBatch
from tasks.data.batch_index import BatchRef
from tasks.data.ingestion import land
from tasks.data.versioning import checkout, version_batch
from tasks.models import champion, registry
from tasks.models.logged_models import log_structure
from tasks.models.version_expectations import log_expectations
from tasks.models.version_info import VersionInfo
from tasks.tracking.runs import flow_run
from tasks.validation.expectations import learn_expectations
from tests.helpers.versions import register_version


def landed(batch: Batch, folder: Path, dataset: str = "digits") -> LandedBatch:
    """The rows of ``batch`` landed in incoming/; it keeps its id."""
    file = folder / f"{batch.id}.npz"
    np.savez(file, X=batch.X, y=batch.y)
    return land.fn(file, dataset)


def versioned(batch: Batch, folder: Path, dataset: str = "digits") -> BatchRef:
    """The rows of ``batch`` as a versioned batch; it keeps its id."""
    return version_batch.fn(landed(batch, folder, dataset))


def served(model: GreenLightningModel, folder: Path, base: BatchRef) -> VersionInfo:
    """Register ``model`` with its structure and the expectations of ``base``, and make it the champion."""
    with flow_run("digits", Kind.TRAIN) as run_id:
        number = register_version(model, folder, run_id)
        model.structure.save(folder / "structure")
        log_structure.fn(run_id, folder / "structure")
        log_expectations(run_id, learn_expectations(checkout(base)))
    assert champion.promote.fn("digits", number, None)
    return registry.version("digits", Alias.CHAMPION)
