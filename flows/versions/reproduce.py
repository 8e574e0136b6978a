"""Reproduction: prove that a version is what its lineage says, from versioned bytes to coefficients."""

from pathlib import Path
from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.parameters import DatasetName
from flows.engine.session import session
from tasks.core.constants import Alias, Kind
from tasks.lineage.reproduce import put_back, record, reextract_structure, reproduce_version
from tasks.models import registry


@flow(name="reproduce", flow_run_name="reproduce {dataset}", persist_result=False)
def reproduce(
    dataset: DatasetName,
    version: Annotated[int | None, Field(ge=1, description="version to rebuild; the champion by default")] = None,
    structure: Annotated[
        bool, Field(description="extract the structure anew too, and compare its digest")
    ] = False,
    restore: Annotated[bool, Field(description="put rebuilt files in the place of pruned or lost ones")] = False,
    site_files: Annotated[
        list[Path] | None, Field(description="the sites' own files, where a federation is reproduced")
    ] = None,
) -> State[Any]:
    """Rebuild a version from its versioned batches and compare statistics, ridge strength and coefficients.

    The structure is that of the registry, by digest, unless ``structure`` extracts it anew from its base. Fails,
    with what held and the reason, where a batch is not here or anything differs.
    """
    number = registry.version(dataset, version or Alias.CHAMPION).version
    with session(dataset, Kind.REPRODUCE, f"reproduce {dataset} version {number}") as run:
        found = reproduce_version(dataset, number, run.run_id, run.folder, site_files or ())
        notes, spent = found.notes, found.spent
        if restore and found.incomplete:
            put_back(dataset, number, found.folder)
            notes = (*notes, "the rebuilt files are in the place of those that were pruned or lost")
        if structure:
            told, extracting = reextract_structure(dataset, number, run.folder)
            notes, spent = (*notes, *told), spent + extracting
        record(dataset, number, run.run_id, notes, spent)
    reason = f"version {number} is what its lineage says: {found.verdict}"
    about = {"version": number, "notes": notes, "spent": spent, "run_id": run.run_id}
    return Outcome(state="Reproduced", dataset=dataset, reason=reason, **about).completed()
