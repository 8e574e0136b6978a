"""Score a file as a flow run: predictions with lineage, from the dashboard's form or on a schedule."""

from pathlib import Path
from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.session import session
from flows.inputs.parameters import DatasetName, VersionNumber
from greenlightning.data.counted import counted
from tasks.core.constants import Kind
from tasks.core.workspace import Workspace
from tasks.data.reading import DETECTED, Reading
from tasks.predictions.answering import answering
from tasks.predictions.score_run import predict_in_run, predictions_path


@flow(name="score", flow_run_name="score {path} with {dataset}", persist_result=False)
def score(
    path: Annotated[Path, Field(description="file that this machine, or the worker, sees")],
    dataset: DatasetName,
    version: Annotated[
        VersionNumber | None, Field(description="version that answers; the champion by default")
    ] = None,
    at: Annotated[
        str | None, Field(description="let the version answer that served on this ISO date, or at this date-time")
    ] = None,
    proba: Annotated[bool, Field(description="add a column with the probability of each class")] = False,
    output: Annotated[
        Path | None, Field(description="CSV or Parquet file; by default in data/predictions of the workspace")
    ] = None,
    reading: Reading = DETECTED,
) -> State[Any]:
    """Predict the rows of a file and write the predictions to another; labels in the file are scored.

    The MLflow run names the file's bytes, the version that answered, the predictions' bytes and the energy.
    """
    info, notes = answering(dataset, version, at)
    with session(dataset, Kind.SCORE, f"score {path.name} with {dataset} version {info.version}") as run:
        target = output or predictions_path(dataset, path)
        done, spent = predict_in_run(run.run_id, info, path, target, proba, reading)
    reason = (
        f"{counted(done.rows, 'row')} of {path.name} predicted in {Workspace.current().seen_from_here(target)}"
    )
    return Outcome(
        state="Scored",
        dataset=dataset,
        reason=reason,
        version=info.version,
        scores=done.scores,
        spent=spent,
        notes=(*notes, *done.notes),
        run_id=run.run_id,
    ).completed()
