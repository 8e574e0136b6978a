"""Runs in MLflow: an experiment a dataset, a parent run a flow run, nested runs for its parts."""

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from tasks.core import processes
from tasks.core.constants import LEARNING, Kind, Metric, Part, Tag
from tasks.core.workspace import Workspace
from tasks.tracking.client import connect, experiment_id, origin_of
from tasks.tracking.code_version import code_tags
from tasks.tracking.database import running
from tasks.tracking.metrics import log_metrics, log_whole_run
from tasks.tracking.pages.run_notes import NOTE_TAG, PARENT_TAG, run_note
from tasks.tracking.system_metrics import system_metrics


@contextmanager
def flow_run(dataset: str, kind: Kind, *, name: str | None = None, below: str | None = None) -> Iterator[str]:
    """Open the run of a flow run and yield its id; a failed body ends it FAILED, an interrupted KILLED.

    MLflow shows it below the run ``below``, if there is one.
    """
    from prefect.runtime import flow_run as prefect_run

    code = {"mlflow.source.name": f"greenlightning {kind}", "mlflow.source.type": "PROJECT"}
    tags: dict[str, str] = {Tag.KIND: kind, Tag.DATASET: dataset, **code_tags(), **code}
    if flow_run_id := prefect_run.get_id():
        tags[Tag.FLOW_RUN_ID] = flow_run_id
    if below:
        tags[PARENT_TAG] = below
    title = name or f"{kind} {dataset} {datetime.now():%Y-%m-%d %H:%M:%S}"
    with _run(experiment_id(dataset), title, tags) as run_id, system_metrics(run_id):
        if kind in {*LEARNING, Kind.REFERENCE}:  # MLflow's comparison draws the first metric of a run
            log_metrics(run_id, {Metric.JOULES: 0.0})
        yield run_id
        log_whole_run(run_id)


def decided_tags(decision: str, reason: str) -> dict[str, str]:
    """Audit tags of a run that carries out somebody's decision; ``mlflow.user`` says whose."""
    return {Tag.DECISION: decision, Tag.REASON: reason}


def hand_over(run_id: str, to: str, why: str) -> None:
    """Show a run below the run ``to`` that did its work, which takes over the health that it found."""
    client = connect()
    found = client.get_run(run_id).data.tags
    health: dict[str, str] = {tag: found[tag] for tag in (Tag.HEALTH, Tag.HEALTH_REASON) if tag in found}
    log_metrics(run_id, {}, decided_tags("handed over", why) | {PARENT_TAG: to})
    log_metrics(to, {}, health)


@contextmanager
def part_run(parent: str, part: Part) -> Iterator[str]:
    """Open a nested run for one part of the run ``parent`` and yield its id; it ends as ``flow_run`` does."""
    above = origin_of(parent)
    tags = {**above.tags, Tag.PART: part, PARENT_TAG: parent}
    with _run(above.experiment_id, part, tags) as run_id:
        yield run_id


@contextmanager
def _run(experiment: str, name: str, tags: Mapping[str, str]) -> Iterator[str]:
    """Create a run, and end it FINISHED, FAILED or KILLED as its body ends, with a note of its result."""
    client = connect()
    owner: dict[str, str] = {Tag.PROCESS: processes.name(os.getpid()), "mlflow.user": getpass.getuser()}
    run_id = str(client.create_run(experiment, run_name=name, tags={**tags, **owner}).info.run_id)
    status, failure = "KILLED", None
    try:
        yield run_id
        status = "FINISHED"
    except Exception as error:
        status, failure = "FAILED", error
        raise
    finally:
        client.set_terminated(run_id, status)
        client.set_tag(run_id, NOTE_TAG, run_note(client.get_run(run_id), status, failure))


def end_orphans(dataset: str) -> list[str]:
    """End as KILLED the RUNNING runs whose process on this host has died, and return their ids."""
    dead = orphans(dataset)
    for run_id in dead:
        connect().set_tag(run_id, Tag.ENDED_BY, "janitor: the process that ran it has died")
        connect().set_terminated(run_id, "KILLED")
    return dead


def orphans(dataset: str) -> list[str]:
    """The RUNNING runs whose process on this host has died; the embedded store is read by SQLite."""
    client, workspace = connect(), Workspace.current()
    if workspace.tracks_in_database:
        owners = running(workspace.database, dataset, Tag.PROCESS)
    else:
        found = client.search_runs([experiment_id(dataset)], "attributes.status = 'RUNNING'")
        owners = {run.info.run_id: run.data.tags.get(Tag.PROCESS, "") for run in found}
    return [run_id for run_id, process in owners.items() if processes.has_died(process)]
