"""Files in MLflow: a structure logged once for all runs that use it, and the served model without pickle."""

import json
import shutil
import warnings
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from prefect import task

import greenlightning
from greenlightning.errors import NothingServedError
from tasks.names import BATCH_TAG, Tag
from tasks.tracking import connect

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from greenlightning.model import GreenLightningModel

SERVED_WITH = ("numpy", "pandas", "safetensors", "scikit-learn", "scipy", "torch")
MODEL_FILES = "artifacts/model"
LEDGER_FILE = "artifacts/ledger.json"
STRUCTURE_TYPE = "structure"
SEEN = "seen"


@task(task_run_name="log structure", persist_result=False)
def log_structure(run_id: str, structure_dir: Path) -> str:
    """Log a saved structure as output of the run, unless its digest is logged already; return its model id.

    Raises IntegrityError if the saved bytes do not have their digest.
    """
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    from greenlightning.structure import Structure

    structure = Structure.load(structure_dir)
    if found := _logged_structure(run_id, structure.digest):
        return found
    client = connect()
    tags: dict[str, str] = {f"{BATCH_TAG}{batch}": SEEN for batch in structure.seen}
    tags[Tag.STRUCTURE_DIGEST] = structure.digest
    sizes = {"hidden_layer_sizes": structure.hidden_layer_sizes, "n_features": structure.n_features_in}
    made = client.create_logged_model(
        client.get_run(run_id).info.experiment_id,
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


@task(task_run_name="attach structure {digest}", persist_result=False)
def attach_structure(run_id: str, digest: str) -> str:
    """Attach the logged structure of that digest to a run as its model input, and return its model id."""
    from mlflow.entities import LoggedModelInput

    found = _logged_structure(run_id, digest)
    if found is None:
        raise NothingServedError(f"No structure {digest[:12]} is logged", "Run: greenlightning train")
    connect().log_inputs(run_id, models=[LoggedModelInput(found)])
    return found


def _logged_structure(run_id: str, digest: str) -> str | None:
    """Model id of the structure of that digest in the run's experiment; a torn one does not count."""
    from mlflow.entities import LoggedModelStatus

    client = connect()
    experiment = client.get_run(run_id).info.experiment_id
    named = f"tags.`{Tag.STRUCTURE_DIGEST}` = '{digest}' AND model_type = '{STRUCTURE_TYPE}'"
    found = client.search_logged_models([experiment], named)
    return next((str(model.model_id) for model in found if model.status == LoggedModelStatus.READY), None)


def log_model(
    model: "GreenLightningModel", model_dir: Path, name: str, run_id: str, features: Sequence[str]
) -> str:
    """Log a saved model with its ledger and serving code as output of the run, and return its model id."""
    client = connect()
    experiment = client.get_run(run_id).info.experiment_id
    made = client.create_logged_model(experiment, name, run_id, digests(model), model_type="greenlightning")
    with TemporaryDirectory() as staging:
        files = shutil.copytree(model_dir, Path(staging) / "model")
        ledger = Path(staging) / "ledger.json"
        ledger.write_text(json.dumps(model.ledger.to_dict(), indent=1))
        signature = _signature(model.structure.n_features_in, features)
        _log_pyfunc(made.model_id, run_id, {"model": str(files), "ledger": str(ledger)}, signature)
    return str(made.model_id)


def digests(model: "GreenLightningModel") -> dict[str, str]:
    """The three digests that name a model's structure, path-feature recipe and statistics, as tags."""
    return {
        Tag.STRUCTURE_DIGEST: model.structure.digest,
        Tag.RECIPE_DIGEST: model.paths.digest,
        Tag.STATISTICS_DIGEST: model.statistics.digest,
    }


def _log_pyfunc(model_id: str, run_id: str, files: dict[str, str], signature: "ModelSignature") -> None:
    """Complete a logged model as models-from-code: our files, the serving code, the library; no pickle."""
    import mlflow.pyfunc
    from mlflow.models import Model

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*An input example was not provided", UserWarning)
        Model.log(
            artifact_path=None,
            flavor=mlflow.pyfunc,
            run_id=run_id,
            model_id=model_id,
            python_model=str(Path(__file__).with_name("serving.py")),
            artifacts=files,
            signature=signature,
            pip_requirements=[f"{name}=={installed(name).partition('+')[0]}" for name in SERVED_WITH],
            code_paths=[str(Path(greenlightning.__file__).parent)],
        )


def _signature(width: int, features: Sequence[str]) -> "ModelSignature":
    """Columns by name where names are given, else any float64 array or frame (n, width); and ``proba``."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec

    columns: list[ColSpec | TensorSpec] = [ColSpec(DataType.double, name) for name in features]
    inputs = Schema(columns or [TensorSpec(np.dtype(np.float64), (-1, width))])
    return ModelSignature(inputs=inputs, params=ParamSchema([ParamSpec("proba", "boolean", False)]))
