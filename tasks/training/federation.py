"""Federation in one round: each site computes statistics of its own file; they are screened and summed once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from greenlightning.data.files import read_json, write_json
from greenlightning.data.ledger import LedgerEntry
from greenlightning.energy.meter import EnergyMeter
from greenlightning.errors import InputError, IntegrityError, MismatchError
from tasks.core import progress
from tasks.core.constants import Part
from tasks.core.energy_cost import EnergyCost
from tasks.core.steps import task
from tasks.core.workspace import checked_name
from tasks.data.batch_index import BatchRef
from tasks.data.holdout import Learnable
from tasks.data.ingestion import site_content
from tasks.data.reading import DETECTED, Reading
from tasks.data.schemas import frozen_schema
from tasks.data.versioning import md5_of
from tasks.models import registry
from tasks.models.logged_models import attach_structures, structures_of
from tasks.tracking.metrics import log_energy
from tasks.tracking.runs import part_run
from tasks.training.structure import TrainingResult

if TYPE_CHECKING:
    from greenlightning.linear.statistics import Statistics
    from greenlightning.model import GreenLightningModel

SITE_FORMAT = "greenlightning-site/1"


@task(task_run_name="statistics of site {site}", persist_result=False)
def site_statistics(
    site: str,
    path: Path,
    parent: registry.VersionInfo,
    holdout: BatchRef,
    folder: Path,
    reading: Reading = DETECTED,
) -> Path:
    """Compute a site's statistics under the champion's structure and save them to send; no sample leaves it."""
    sent = folder / "sites" / checked_name(site, "site")
    champion = registry.load_version(parent)
    content, batch_id = site_content(path, frozen_schema(parent.dataset, champion.encoder), reading)
    batch = Learnable(holdout, champion.encoder).rows(content, batch_id)
    if batch.rows == 0:
        raise InputError(f"Site {site} has no row to learn", "Give a file with rows outside the holdout")
    try:
        champion.collect(batch.X, batch.y).save(sent)
    except InputError as error:
        raise InputError(f"Site {site}: {error.cause}", error.remedy) from error
    about = {"format": SITE_FORMAT, "site": site, "batch": batch.id, "rows": batch.rows, "md5": md5_of(path)}
    write_json(sent / "site.json", about)
    return sent


@task(task_run_name="merge {dataset} sites", persist_result=False)
def merge_sites(
    dataset: str, parent: int, sent: list[Path], run_id: str, folder: Path, allow_new_labels: bool = False
) -> TrainingResult:
    """Screen each site's statistics, add them to the champion's in one round, and save the model."""
    from greenlightning.linear.screening import screen

    champion = registry.load(dataset, parent)
    with part_run(run_id, Part.LINEAR) as part:
        with EnergyMeter() as meter:
            model = champion
            for number, place in enumerate(sent, start=1):
                about = read_json(place / "site.json", SITE_FORMAT)
                statistics = _received(place, about["site"])
                screen(statistics, about["site"])
                _check_admissible(about, statistics.columns, model, allow_new_labels)
                entry = LedgerEntry(about["rows"], about["md5"], about["site"])
                model = model.absorb(statistics, about["batch"], entry)
                progress.report_progress("sites", number, len(sent))
            model.save(folder / "model")
        spent = EnergyCost.of(meter.energy)
        log_energy(part, spent)
    attach_structures.fn(run_id, structures_of(model))
    learnt = {name: entry.rows for name, entry in model.ledger.entries.items() if name not in champion.ledger}
    return TrainingResult(folder / "model", learnt, model.statistics.n, spent)


def _received(place: Path, site: str) -> "Statistics":
    from greenlightning.linear.statistics import Statistics

    try:
        return Statistics.load(place)
    except IntegrityError as error:
        raise IntegrityError(
            f"What site {site} sent is damaged ({error.cause})", "Ask it to send it again"
        ) from error


def _check_admissible(
    about: dict[str, Any], labels: tuple[Any, ...], model: "GreenLightningModel", allow_new_labels: bool
) -> None:
    """Raise MismatchError for a batch that is learnt already, and for new labels unless they are allowed."""
    site, batch = about["site"], about["batch"]
    if batch in model.ledger:
        raise MismatchError(f"Site {site} sent batch {batch}, which is learnt already", "Leave it out")
    new = [label for label in labels if label not in model.classes]
    if new and not allow_new_labels:
        raise MismatchError(f"Site {site} has unknown labels {new[:5]}", "Allow new labels, or leave it out")
