"""The report: one page about a dataset, written to a file and logged to MLflow."""

import json
from pathlib import Path
from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.console.inert_console import out
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.inputs.parameters import DatasetName
from greenlightning.errors import InputError
from tasks.core.workspace import Workspace
from tasks.reporting.report import FILE, Report, log_report, make_report


@flow(name="report", flow_run_name="report {dataset}", persist_result=False)
def report(
    dataset: DatasetName,
    output: Annotated[Path | None, Field(description="file of the page on the worker's disk")] = None,
) -> State[Any]:
    """Write and log one page about a dataset: accuracy, energy, settling, calibration, lineage."""
    made, path = _written(dataset, output)
    shown = Workspace.current().seen_from_here(path)
    reason = f"the page is {shown}, and {FILE} of the run that made version {made.champion}"
    about = {"version": made.champion, "run_id": made.run_id}
    return Outcome(state="Reported", dataset=dataset, reason=reason, **about).completed()


def print_report(dataset: str, output: Path | None, as_json: bool) -> None:
    """Write and log the page, and print its path."""
    made, path = _written(dataset, output)
    if as_json:
        print(json.dumps({"path": str(path), **made.numbers()}))
    else:
        out.print(str(path), soft_wrap=True, highlight=False)


def _written(dataset: str, output: Path | None) -> tuple[Report, Path]:
    """Write the page and log it with the champion's run; InputError where the file cannot be written."""
    path = output or Workspace.current().data_docs / dataset / FILE
    made = make_report(dataset)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made.html)
    except OSError as error:
        raise InputError(f"The report cannot be written: {error}", "Give another file with --output") from error
    log_report(made)
    return made, path
