"""Reproduction: rebuild a version from its versioned data and compare the result with it."""

from pathlib import Path
from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.session import session
from flows.inputs.parameters import DatasetName
from tasks.core.constants import Alias, Kind
from tasks.lineage.reproduce import put_back, record, reextract_structure, reproduce_version
from tasks.models import registry


@flow(name="reproduce", flow_run_name="reproduce {dataset}", persist_result=False)
def reproduce(
    dataset: DatasetName,
    version: Annotated[int | None, Field(ge=1, description="version to rebuild; the champion by default")] = None,
    structure: Annotated[
        bool, Field(description="extract the structure again too, and compare its digest")
    ] = False,
    restore: Annotated[bool, Field(description="replace pruned or lost files with the rebuilt ones")] = False,
    site_files: Annotated[
        list[Path] | None, Field(description="the sites' own files, where a federation is reproduced")
    ] = None,
) -> State[Any]:
    """Rebuild a version from its versioned batches and compare statistics, ridge strength and coefficients.

    The structure comes from the registry, by digest, unless ``structure`` extracts it again from its base. Fails
    where a batch is missing or anything differs; the error says what was equal and what was not.
    """
    number = registry.version(dataset, version or Alias.CHAMPION).version
    with session(dataset, Kind.REPRODUCE, f"reproduce {dataset} version {number}") as run:
        found = reproduce_version(dataset, number, run.run_id, run.folder, site_files or ())
        notes, spent = found.notes, found.spent
        if restore and found.incomplete:
            put_back(dataset, number, found.folder)
            notes = (*notes, "the rebuilt files replace those that were pruned or lost")
        if structure:
            found_notes, extraction = reextract_structure(dataset, number, run.folder)
            notes, spent = (*notes, *found_notes), spent + extraction
        record(dataset, number, run.run_id, notes, spent)
    reason = f"version {number} is what its lineage says: {found.verdict}"
    about = {"version": number, "notes": notes, "spent": spent, "run_id": run.run_id}
    return Outcome(state="Reproduced", dataset=dataset, reason=reason, **about).completed()
