"""The study in MLflow: one experiment, ``study``, and one run for each line of its records."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from greenlightning.errors import InputError
from tasks.core.constants import Tag
from tasks.core.steps import task
from tasks.core.workspace import Workspace
from tasks.tracking.client import artifacts_of, connect

EXPERIMENT = "study"
TAGS = "command", "commit", "data", "code", "machine"
"""What tells where a line comes from: how to measure it again, on which code, on which rows."""
LINE, RECORD = "greenlightning.study.line", "line.json"


@task(task_run_name="log {experiment}", persist_result=False)
def log_study_line(experiment: str, cell: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Log one line of the study, with all its numbers as metrics; a line that is there already stays one.

    Returns the id of its run.
    """
    client, where = connect(), study_experiment()
    line = hashlib.sha256(json.dumps([experiment, cell, found], sort_keys=True).encode()).hexdigest()[:16]
    if there := client.search_runs([where], f"tags.`{LINE}` = '{line}'", max_results=1):
        return str(there[0].info.run_id)
    tags = {LINE: line, **{name: str(found[name]) for name in TAGS if name in found}}
    name = " ".join([experiment, *map(str, cell.values())])
    run_id = str(client.create_run(where, run_name=name, tags=tags).info.run_id)
    for key, value in {"experiment": experiment, **cell}.items():
        client.log_param(run_id, key, value)
    for key, number in numbers(found):
        client.log_metric(run_id, key, number)
    client.log_dict(run_id, {"cell": dict(cell), **found}, RECORD)
    client.set_terminated(run_id)
    return run_id


def numbers(found: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, float]]:
    """Every number of a record by its path, such as ``accuracies/network``; curves are in the record's file."""
    for key, value in found.items():
        name = f"{above}{key}".replace(",", "")
        if isinstance(value, Mapping):
            yield from numbers(value, f"{name}/")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield name, float(value)


def study_experiment() -> str:
    """Return the id of the experiment, created where it is new.

    Raises InputError where a dataset has its name.
    """
    client = connect()
    with Workspace.current().locked("experiments"):
        found = client.get_experiment_by_name(EXPERIMENT)
        if found is None:
            return str(client.create_experiment(EXPERIMENT, artifacts_of(EXPERIMENT)))
    if Tag.DATASET in found.tags:
        raise InputError(
            f"The MLflow experiment {EXPERIMENT!r} is that of a dataset of this name",
            "Run the study in another workspace: GREENLIGHTNING_HOME=FOLDER",
        )
    return str(found.experiment_id)
