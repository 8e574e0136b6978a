"""The coordinator of a federation: it publishes a recipe, and checks, screens and sums what sites sent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from greenlightning.energy.meter import EnergyMeter
from greenlightning.errors import GreenLightningError, InputError, MismatchError
from tasks.core import progress
from tasks.core.constants import Part
from tasks.core.energy_cost import EnergyCost
from tasks.core.steps import task
from tasks.data.batch_index import BatchRef
from tasks.data.holdout import Learnable
from tasks.federation.sending import workspace_key
from tasks.models import registry
from tasks.models.logged_models import attach_structures, structures_of
from tasks.tracking.metrics import log_energy
from tasks.tracking.runs import part_run
from tasks.training.structure import TrainingResult

if TYPE_CHECKING:
    from greenlightning.federation import Contribution, Message
    from greenlightning.model import GreenLightningModel


@dataclass(frozen=True)
class Terms:
    """What a coordinator accepts: new labels or not, a batch that comes twice, and whose signatures.

    With ``judges``, rows of its own, contributions that harm on these are left out.
    """

    allow_new_labels: bool = False
    duplicates: Literal["refuse", "once"] = "refuse"
    trusted: frozenset[str] | None = None
    judges: BatchRef | None = None


TERMS = Terms()


def publish_recipe(dataset: str, folder: Path, with_rows: bool) -> "Message":
    """Sign the champion's structure and recipe, and write them into ``folder``, for sites to sum under."""
    from greenlightning.federation import publish

    champion = registry.load(dataset)
    if champion.encoder is None:
        raise InputError(
            f"The champion of {dataset!r} is of release 0.1.0 and does not say how to read a file",
            "Train it again",
        )
    return publish(champion, folder, workspace_key(), with_rows=with_rows)


@task(task_run_name="merge {dataset} sites", persist_result=False)
def merge_sites(
    dataset: str, parent: int, sent: list[Path], run_id: str, folder: Path, terms: Terms = TERMS
) -> TrainingResult:
    """Check each site's statistics, add them to the champion's in one round, and save the model."""
    from greenlightning.federation import combine

    notes: list[str] = []

    def merged(champion: "GreenLightningModel") -> "GreenLightningModel":
        received = _received(sent, champion, terms)
        if terms.judges:
            received = _harmless(list(received), champion, terms.judges, notes)
        model = combine(champion, received, duplicates=terms.duplicates)
        if model.ledger == champion.ledger:
            raise MismatchError("Every batch that was sent is counted already", "There is nothing to combine")
        return model

    return replace(_saved(registry.load(dataset, parent), merged, run_id, folder), notes=tuple(notes))


def _harmless(
    received: "list[Contribution]", champion: "GreenLightningModel", judges: BatchRef, notes: list[str]
) -> "Iterator[Contribution]":
    """The contributions that do not harm on the rows of ``judges``; a note for each of the others."""
    from greenlightning.federation.poison import screen_by_leaving_out

    rows = Learnable(judges, champion.encoder)
    new = {one.batch: one for one in received if one.batch not in champion.ledger}
    found = screen_by_leaving_out(champion, list(new.values()), rows.X, rows.y)
    for one in found.removed:
        notes.append(f"batch {one.batch} of site {one.site} is left out: the holdout is fitted better without it")
    gone = {one.batch for one in found.removed}
    return (one for one in received if one.batch not in gone)


@task(task_run_name="site {site} leaves {dataset}", persist_result=False)
def without_site(
    dataset: str, parent: int, site: str, sent: list[Path], run_id: str, folder: Path
) -> TrainingResult:
    """Subtract all that a site sent from the champion, and save the model."""
    from greenlightning.federation import withdraw

    def left(champion: "GreenLightningModel") -> "GreenLightningModel":
        return withdraw(champion, _received(sent, champion, Terms(allow_new_labels=True)), site)

    return _saved(registry.load(dataset, parent), left, run_id, folder)


def _saved(
    champion: "GreenLightningModel",
    change: Callable[["GreenLightningModel"], "GreenLightningModel"],
    run_id: str,
    folder: Path,
) -> TrainingResult:
    """Change the champion's sums, save the result, and log what it took."""
    with part_run(run_id, Part.LINEAR) as part:
        with EnergyMeter() as meter:
            model = change(champion)
            model.save(folder / "model")
        spent = EnergyCost.of(meter.energy)
        log_energy(part, spent)
    attach_structures.fn(run_id, structures_of(model))
    learnt = {name: entry.rows for name, entry in model.ledger.entries.items() if name not in champion.ledger}
    return TrainingResult(folder / "model", learnt, model.statistics.n, spent)


def batches_of_site(serving: registry.VersionInfo, site: str) -> tuple[str, ...]:
    """The batches of a site in a version; MismatchError where it has none."""
    ledger = registry.load_version(serving).ledger
    found = tuple(sorted(name for name, entry in ledger.entries.items() if entry.site == site))
    if not found:
        known = sorted({entry.site for entry in ledger.entries.values() if entry.site})
        raise MismatchError(
            f"Site {site} has no batch in version {serving.version}", f"The sites are {', '.join(known) or 'none'}"
        )
    return found


def _received(sent: list[Path], champion: "GreenLightningModel", terms: Terms) -> Iterator["Contribution"]:
    """What each site sent, one after another, verified and screened; its error names its folder."""
    from greenlightning.federation import read_contribution

    for number, place in enumerate(sent, start=1):
        try:
            found = read_contribution(place, champion, terms.trusted)
        except GreenLightningError as error:
            raise type(error)(f"{place.name}: {error.cause}", error.remedy) from error
        new = [label for label in found.statistics.columns if label not in champion.classes]
        if new and not terms.allow_new_labels:
            raise MismatchError(
                f"Site {found.site} has unknown labels {new[:5]}", "Allow new labels, or leave it out"
            )
        yield found
        progress.report_progress("sites", number, len(sent))
