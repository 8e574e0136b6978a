"""Predict a file as part of a tracked run: what was read and written, by which version, and what it cost."""

import hashlib
import json
from pathlib import Path

from greenlightning.energy.meter import EnergyMeter
from greenlightning.errors import InputError
from tasks.core.constants import Metric, Subject, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.core.steps import task
from tasks.core.workspace import Workspace
from tasks.data.reading import DETECTED, Reading
from tasks.models.version_info import VersionInfo
from tasks.predictions.predicting import PredictedFile, predict_file
from tasks.predictions.predictor import Predictor
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_energy, of_subject

SUMMARY = "predictions.json"


def predictions_path(dataset: str, source: Path) -> Path:
    """The default file of predictions in the workspace; its folder is made."""
    folder = Workspace.current().root / "data" / "predictions" / dataset
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{source.name.partition('.')[0]}.predictions.csv"


@task(task_run_name="predict {source}", persist_result=False)
def predict_in_run(
    run_id: str, info: VersionInfo, source: Path, target: Path, proba: bool, reading: Reading = DETECTED
) -> tuple[PredictedFile, EnergyCost]:
    """Predict a file and log it: file and version as inputs, scores, energy, and a summary of the output."""
    if not source.is_file():
        raise InputError(f"{source} does not exist or is not a file", "Check the path; the worker must see it")
    with EnergyMeter() as meter:
        done = predict_file(Predictor.of(info), source, target, proba, reading)
    _log_inputs(run_id, info, source, done.rows)
    md5 = md5_of(target)
    spent = EnergyCost.of(meter.energy)
    tags: dict[str, str] = {
        Tag.ANSWERED_BY: str(info.version),
        Tag.PREDICTIONS: str(target),
        Tag.PREDICTIONS_MD5: md5,
    }
    metrics = {str(Metric.ROWS_PREDICTED): float(done.rows), **of_subject(done.scores, Subject.PREDICTED)}
    log_energy(run_id, spent, metrics=metrics, tags=tags)
    summary = {"version": info.version, "file": str(target), "md5": md5, "rows": done.rows}
    about = {"columns": list(done.columns), "first": list(done.first), "notes": list(done.notes)}
    connect().log_text(run_id, json.dumps(summary | about, default=str, indent=1), SUMMARY)
    return done, spent


def _log_inputs(run_id: str, info: VersionInfo, source: Path, rows: int) -> None:
    """Attach the file by its md5, and the version's model, to the run."""
    from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput

    md5 = md5_of(source)
    dataset = Dataset(
        name=source.name,
        digest=md5,
        source_type="local",
        source=json.dumps({"uri": str(source)}),
        profile=json.dumps({"num_rows": rows}),
    )
    labels = [InputTag("mlflow.data.context", "scored"), InputTag(Tag.ROWS, str(rows))]
    client = connect()
    model = str(client.get_model_version(info.dataset, str(info.version)).source).removeprefix("models:/")
    client.log_inputs(run_id, [DatasetInput(dataset, labels)], [LoggedModelInput(model)])


def md5_of(path: Path) -> str:
    """The md5 of a file's bytes; MLflow's digests have no room for more."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
