"""A tracked session of a flow run: an MLflow run, a scratch folder, one run a model at a time."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from flows.engine.flow_decorator import name_run
from tasks.core.constants import LEARNING, Kind
from tasks.core.workspace import Workspace, checked_name
from tasks.lineage.openlineage_events import lineage_events
from tasks.models import registry
from tasks.models.files.seals import check_tags
from tasks.models.version_info import VersionInfo
from tasks.orchestration.concurrency import one_run_per_model
from tasks.tracking.runs import end_orphans, flow_run


def champion_of(dataset: str) -> VersionInfo:
    """The serving version to learn on; IntegrityError where the tags that decide are not those registered."""
    serving = registry.champion_of(dataset)
    check_tags(serving)
    return serving


@dataclass(frozen=True)
class Session:
    """One flow run: its dataset, its MLflow run and a scratch folder that is removed with it."""

    dataset: str
    run_id: str
    folder: Path


@contextmanager
def session(dataset: str, kind: Kind, name: str) -> Iterator[Session]:
    """Open an MLflow run with the flow run's ``name``, and a scratch folder; end the runs of dead processes.

    Deployed flows that train a model run one at a time for each dataset.
    """
    scratch = Workspace.current().scratch
    for dead in end_orphans(checked_name(dataset)):
        shutil.rmtree(scratch / dead, ignore_errors=True)
    turn = one_run_per_model(dataset) if kind in LEARNING else nullcontext()
    with (
        turn,
        flow_run(dataset, kind, name=name) as run_id,
        lineage_events(dataset, kind, run_id),
    ):
        name_run(name, run_id)
        folder = scratch / run_id
        folder.mkdir(mode=0o700, parents=True)
        try:
            yield Session(dataset, run_id, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
