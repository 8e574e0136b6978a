"""Logged models in MLflow: a structure, logged once for all its runs, and a served model without pickle."""

import json
import shutil
import warnings
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from unittest.mock import patch

from greenlightning.errors import NothingServedError
from tasks.core.constants import BATCH_TAG, Tag
from tasks.core.steps import task
from tasks.models.files.served_library import LIBRARY, library
from tasks.tracking.client import connect, origin_of

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, LoggedModel, Run
    from mlflow.models import ModelSignature

    from greenlightning.model import GreenLightningModel

SERVED_WITH = ("lazy-loader", "numpy", "pandas", "psutil", "safetensors", "scikit-learn", "scipy", "torch")
COMPARISON = "warn_dependency_requirement_mismatches"
"""MLflow reads the files of every installed package to compare versions; ours are those that are installed."""
MODEL_FILES = "artifacts/model"
STATISTICS_FILE = f"{MODEL_FILES}/statistics.safetensors"
LEDGER_FILE = "artifacts/ledger.json"
STRUCTURE_TYPE = "structure"
SEEN = "seen"


@task(task_run_name="log structure", persist_result=False)
def log_structure(run_id: str, structure_dir: Path) -> str:
    """Log a saved structure as output of the run, unless its digest is logged already; return its model id.

    Raises IntegrityError if the saved bytes do not have their digest.
    """
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    from greenlightning.structure.gates import Structure

    structure = Structure.load(structure_dir)
    if found := logged_structure(run_id, structure.digest):
        return str(found.model_id)
    client = connect()
    tags: dict[str, str] = {f"{BATCH_TAG}{batch}": SEEN for batch in structure.seen}
    tags[Tag.STRUCTURE_DIGEST] = structure.digest
    sizes = {"hidden_layer_sizes": structure.hidden_layer_sizes, "n_features": structure.n_features_in}
    made = client.create_logged_model(
        origin_of(run_id).experiment_id,
        f"structure-{structure.digest[:12]}",
        run_id,
        tags,
        {name: str(size) for name, size in sizes.items()},
        model_type=STRUCTURE_TYPE,
    )
    client.log_model_artifacts(made.model_id, str(structure_dir))
    client.finalize_logged_model(made.model_id, LoggedModelStatus.READY)
    client.log_outputs(run_id, [LoggedModelOutput(made.model_id, step=0)])
    return str(made.model_id)


@task(task_run_name="attach structures", persist_result=False)
def attach_structures(
    run_id: str, digests: Sequence[str], inputs: "Sequence[DatasetInput]" = ()
) -> tuple[str, ...]:
    """Attach the logged structures of these digests to a run, with other inputs, and return their model ids."""
    from mlflow.entities import LoggedModelInput

    found = []
    for digest in digests:
        if (one := logged_structure(run_id, digest)) is None:
            raise NothingServedError(f"No structure {digest[:12]} is logged", "Run: greenlightning train")
        found.append(str(one.model_id))
    connect().log_inputs(run_id, list(inputs), [LoggedModelInput(name) for name in found])
    return tuple(found)


def structure_seen(run_id: str, digest: str) -> tuple[str, ...]:
    """The batches that trained the logged structure of that digest; none where it is not logged."""
    found = logged_structure(run_id, digest)
    tags = found.tags if found else {}
    return tuple(name.removeprefix(BATCH_TAG) for name, value in tags.items() if value == SEEN)


def logged_structure(run_id: str, digest: str) -> "LoggedModel | None":
    """The structure of that digest in the run's experiment; an incomplete one does not count."""
    from mlflow.entities import LoggedModelStatus

    named = f"tags.`{Tag.STRUCTURE_DIGEST}` = '{digest}' AND model_type = '{STRUCTURE_TYPE}'"
    found = connect().search_logged_models([origin_of(run_id).experiment_id], named)
    return next((model for model in found if model.status == LoggedModelStatus.READY), None)


def log_model(
    model: "GreenLightningModel", model_dir: Path, name: str, run: "Run", features: Sequence[str]
) -> str:
    """Log a saved model with its ledger and serving code as output of the run, and return its model id.

    The run's final metrics become the model's: MLflow's own way reads the history of each of them.
    """
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus, Metric

    client, run_id = connect(), run.info.run_id
    made = client.create_logged_model(
        run.info.experiment_id, name, run_id, digests(model), model_type="greenlightning"
    )
    client.log_outputs(run_id, [LoggedModelOutput(made.model_id, step=0)])
    final = [m for m in run.data.to_proto().metrics if m.step == 0]
    client.log_batch(run_id, [Metric(m.key, m.value, m.timestamp, m.step, made.model_id) for m in final])
    with TemporaryDirectory() as staging:
        names = ("model", "ledger.json", LIBRARY, "served")
        files, ledger, archive, served = (Path(staging) / name for name in names)
        shutil.copytree(model_dir, files)
        ledger.write_text(ledger_text(model))
        archive.write_bytes(library())
        columns = model.encoder.schema.features if model.encoder else features
        signature = _signature(model.structure.n_features_in, columns)
        stored = {"model": str(files), "ledger": str(ledger), "library": str(archive)}
        _save_pyfunc(served, made, run_id, stored, signature)
        client.log_model_artifacts(made.model_id, str(served))
    client.finalize_logged_model(made.model_id, LoggedModelStatus.READY)
    return str(made.model_id)


def ledger_text(model: "GreenLightningModel") -> str:
    """The ledger of a model as its file has it."""
    return json.dumps(model.ledger.to_dict(), indent=1)


def structures_of(model: "GreenLightningModel") -> tuple[str, ...]:
    """The digests of a model's gates, and of those that were added later."""
    return tuple(one.digest for one in model.paths.structures)


def digests(model: "GreenLightningModel") -> dict[str, str]:
    """The digests that name a model's structure, path-feature recipe and statistics, as tags."""
    later = ",".join(structures_of(model)[1:])
    grown: dict[str, str] = {Tag.GROWN: later} if later else {}
    return grown | {
        Tag.STRUCTURE_DIGEST: model.structure.digest,
        Tag.RECIPE_DIGEST: model.paths.digest,
        Tag.STATISTICS_DIGEST: model.statistics.digest,
    }


def _save_pyfunc(
    folder: Path, made: "LoggedModel", run_id: str, files: dict[str, str], signature: "ModelSignature"
) -> None:
    """Write a logged model as models-from-code: our files, the serving code, the library; no pickle."""
    import mlflow.pyfunc
    from mlflow.models import Model
    from mlflow.utils import environment

    with warnings.catch_warnings(), patch.object(environment, COMPARISON):
        warnings.filterwarnings("ignore", ".*An input example was not provided", UserWarning)
        mlflow.pyfunc.save_model(
            folder,
            mlflow_model=Model(made.artifact_location, run_id, model_uuid=made.model_id, model_id=made.model_id),
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts=files,
            signature=signature,
            pip_requirements=[f"{name}=={installed(name).partition('+')[0]}" for name in SERVED_WITH],
        )


def _signature(width: int, features: Sequence[str]) -> "ModelSignature":
    """Columns of any type by name where names are given, else a float64 array or frame (n, width); and ``proba``.

    The served code itself brings cells into form: MLflow would refuse integers where it expects float64.
    """
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
    from mlflow.types.schema import AnyType

    columns: list[ColSpec | TensorSpec] = [ColSpec(AnyType(), name) for name in features]  # type: ignore[no-untyped-call]
    inputs = Schema(columns or [TensorSpec(np.dtype(np.float64), (-1, width))])
    return ModelSignature(inputs=inputs, params=ParamSchema([ParamSpec("proba", "boolean", False)]))
