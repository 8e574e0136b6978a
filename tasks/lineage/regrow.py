"""Growing again as a version did, from the same rows, to compare what comes of it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from greenlightning.data.ledger import Ledger, LedgerEntry
from greenlightning.energy.meter import EnergyMeter
from tasks.core.constants import Params
from tasks.core.energy_cost import EnergyCost
from tasks.core.settings import DECIDING
from tasks.data.batch_index import batch_ref
from tasks.growing.growth import GROWTH_FILE
from tasks.growing.rows import Growth, LearntRows
from tasks.lineage.rebuild import frozen_parts
from tasks.lineage.tree import ledger_entries
from tasks.models import registry
from tasks.models.holdouts import holdout_at
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect

if TYPE_CHECKING:
    from greenlightning.paths import PathFeatures


def regrow(grower: VersionInfo) -> "tuple[PathFeatures, PathFeatures, EnergyCost]":
    """The features that a version's growth added, those that its rows give again, and what that cost."""
    from mlflow.artifacts import load_dict

    from greenlightning.model.growing import FORMER, GrowthOptions, new_paths
    from greenlightning.paths import JoinedPaths

    assert grower.parent is not None
    parent = registry.version(grower.dataset, grower.parent)
    frozen = frozen_parts(grower)
    assert isinstance(frozen.paths, JoinedPaths)
    entries = {name: LedgerEntry(**entry) for name, entry in ledger_entries(grower).items()}
    model = replace(frozen, ledger=Ledger(entries))
    new = tuple(batch_ref(grower.dataset, name) for name in grower.batches if name not in parent.batches)
    logged = connect().get_run(grower.run_id).data.params
    fraction = float(logged.get(f"{Params.FLOW}slice_fraction", DECIDING.slice_fraction))
    deciding = DECIDING.model_copy(update={"slice_fraction": fraction})
    about = load_dict(f"runs:/{grower.run_id}/{GROWTH_FILE}")
    options = GrowthOptions(**about["options"]) if "options" in about else FORMER
    growth = Growth(parent, new, tuple(about["red"]), holdout_at(grower), deciding)
    with EnergyMeter() as meter:
        rows = LearntRows.read(growth, model)
        data, seen = rows.for_gates(rows.held_back(growth), options)
        again = new_paths(model, data.X, data.y, options=options, seen=seen)
    return frozen.paths.parts[-1], again, EnergyCost.of(meter.energy)
