"""Promotion by hand: serve a chosen version; the run is the audit record."""

from typing import Any

from prefect import State

from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.session import session
from flows.inputs.parameters import DatasetName, Stated, VersionNumber
from greenlightning.errors import MismatchError
from tasks.core.constants import Kind
from tasks.models import champion, registry
from tasks.models.version_info import serving_already
from tasks.promotion.decisions import audit_tags, check_loadable, serving_notes
from tasks.tracking.metrics import set_tags


@flow(name="promote", flow_run_name="promote {dataset} version {version}", persist_result=False)
def promote(dataset: DatasetName, version: VersionNumber, reason: Stated) -> State[Any]:
    """Make a version the champion, unless the champion changed since this run began."""
    serving, chosen = registry.champion(dataset), registry.version(dataset, version)
    if serving and serving.version == version:
        raise serving_already(chosen)
    with session(dataset, Kind.PROMOTE, f"promote {dataset} version {version}") as run:
        seen = serving.version if serving else None
        set_tags(run.run_id, audit_tags(seen, version, reason))
        check_loadable(dataset, version)
        if not champion.promote(dataset, version, seen, reason):
            raise MismatchError(
                f"Another version than {seen} became the champion of {dataset!r} meanwhile",
                "Look at it, then promote again",
            )
    done = Outcome(
        state="Promoted",
        dataset=dataset,
        reason=f"version {version} serves{f' instead of version {seen}' if seen else ''}: {reason}",
        version=version,
        left=seen,
        promoted=True,
        notes=serving_notes(serving, chosen, held_back=False),
        run_id=run.run_id,
    )
    return done.completed()
