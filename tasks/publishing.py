"""From a saved model to a version that serves: register first, alias last, with the reason either way."""

from collections.abc import Mapping
from pathlib import Path

from prefect import task
from pydantic import BaseModel, ConfigDict, ValidationError

from greenlightning.errors import IntegrityError
from tasks import registry, tracking
from tasks.card import model_card
from tasks.expectations import Expectations
from tasks.health import hand_on
from tasks.lineage_files import log_lineage
from tasks.made import log_made
from tasks.names import FORGOTTEN_TAG, HELD_BACK_TAG, Kind, Metric, Tag
from tasks.pointers import BatchRef
from tasks.spending import Spent

EXPECTATIONS = "expectations.json"
KEPT = "kept as challenger"


class Published(BaseModel):
    """What a flow made of a model: its version, whether it serves now, and why."""

    model_config = ConfigDict(frozen=True)

    version: int
    promoted: bool
    reason: str


@task(task_run_name="publish {dataset}", persist_result=False)
def publish(
    dataset: str,
    model_dir: Path,
    run_id: str,
    *,
    parent: registry.VersionInfo | None,
    promote: bool,
    reason: str,
    spent: Spent,
    rows: dict[str, float],
    holdout: BatchRef,
    expectations: Expectations,
    avoided: Spent | None = None,
    tags: dict[str, str] | None = None,
    forgotten: tuple[str, ...] = (),
) -> Published | None:
    """Register the model with its lineage and card, and promote it or leave it as challenger.

    None where the champion is no longer ``parent``: another run landed first, so merge onto its champion.
    """
    from greenlightning.model import GreenLightningModel

    model, client = GreenLightningModel.load(model_dir), tracking.connect()
    client.log_text(run_id, expectations.knowing(model.classes).model_dump_json(), EXPECTATIONS)
    about: dict[str, str] = {Tag.DECISION: "promoted" if promote else KEPT, Tag.REASON: reason, **(tags or {})}
    gone = set(forgotten)
    if parent is not None:
        about[Tag.PARENT_VERSION] = str(parent.version)
        hand_on(parent, run_id, model.structure.digest)
        gone |= parent.forgotten
        about |= {f"{HELD_BACK_TAG}{batch}": left for batch, left in parent.held_back.items()}
    about |= {f"{FORGOTTEN_TAG}{batch}": "true" for batch in gone}
    if avoided:
        _draw_energy(run_id, spent, avoided)
    tracking.log_energy(
        run_id, **spent.logged(), avoided=avoided.logged() if avoided else None, metrics=rows, tags=about
    )
    run = client.get_run(run_id)
    card = model_card(dataset, model, holdout, run, reason, forgotten)
    number = registry.register_model(model, model_dir, dataset, run, about, card, expectations.features)
    if not promote:
        registry.set_challenger.fn(dataset, number)
    elif not registry.promote.fn(dataset, number, parent.version if parent else None, reason):
        client.set_model_version_tag(dataset, str(number), Tag.DECISION, "overtaken by another run")
        return None
    log_made(run, model, number)
    log_lineage(dataset, number, parent, run_id)
    return Published(version=number, promoted=promote, reason=reason)


def kept_out(serving: registry.VersionInfo) -> set[str]:
    """The batches that the gate, judging each on its own, kept out of the champion ``serving``."""
    found = set()
    for info in registry.made_from(serving.dataset, serving.version):
        new = info.batches.keys() - serving.batches.keys()
        if len(new) == 1 and (info.tags[Tag.KIND], info.tags[Tag.DECISION]) == (Kind.RETRAIN, KEPT):
            found |= new
    return found


def avoided_by(parent: registry.VersionInfo, rows: int, spent: Spent) -> Spent:
    """Estimate what extracting a network from all ``rows`` anew would have spent beyond ``spent``.

    The estimate is the structure phase's own energy a row, times the rows; its source says so.
    """
    anew = training_rate(parent.tags) * rows
    return Spent(
        anew.seconds - spent.seconds,
        anew.joules - spent.joules,
        anew.gco2e - spent.gco2e,
        "estimated:structure-phase-energy*rows",
    )


def _draw_energy(run_id: str, spent: Spent, avoided: Spent) -> None:
    from tasks.run_pictures import energy_picture

    joules = {"this run": spent.joules, "a network anew": spent.joules + avoided.joules}
    picture = energy_picture(joules, f"this run {spent.source}; anew {avoided.source}")
    tracking.connect().log_text(run_id, picture, "energy.svg")


def rate_tags(spent: Spent, rows: int) -> dict[str, str]:
    """What a row of conventional training costs, as tags that a version hands on to those made from it."""
    a_row = spent * (1 / rows)
    return {
        Tag.TRAINING_SECONDS_PER_ROW: repr(a_row.seconds),
        Tag.TRAINING_JOULES_PER_ROW: repr(a_row.joules),
        Tag.TRAINING_GCO2E_PER_ROW: repr(a_row.gco2e),
    }


def inherited_rate(parent: registry.VersionInfo) -> dict[str, str]:
    """The rate tags of version ``parent``, for a version made from it."""
    return {name: parent.tags[name] for name in rate_tags(Spent(), 1) if name in parent.tags}


def training_rate(tags: Mapping[str, str]) -> Spent:
    """What a row of conventional training costs, by the tags of a version."""
    return Spent(
        float(tags.get(Tag.TRAINING_SECONDS_PER_ROW, 0)),
        float(tags.get(Tag.TRAINING_JOULES_PER_ROW, 0)),
        float(tags.get(Tag.TRAINING_GCO2E_PER_ROW, 0)),
    )


def expectations_of(version: registry.VersionInfo) -> Expectations:
    """What batches must look like for a version: learnt from its base, handed on with every version.

    Raises IntegrityError where they are gone or torn.
    """
    from mlflow.artifacts import load_text
    from mlflow.exceptions import MlflowException

    try:
        where = tracking.artifact_uri(version.run_id, EXPECTATIONS)
        return Expectations.model_validate_json(load_text(where))
    except (MlflowException, OSError, ValidationError) as error:
        raise IntegrityError(
            f"The expectations of {version.dataset} version {version.version} are gone or torn",
            f"Restore mlruns/artifacts, or run: greenlightning rollback --dataset {version.dataset} --reason WHY",
        ) from error


def rows_metrics(learnt: dict[str, int], touched: int, quarantined: int) -> dict[str, float]:
    """Metrics of what a run learnt and opened."""
    return {
        str(Metric.ROWS_LEARNT): sum(learnt.values()),
        str(Metric.ROWS_TOUCHED): touched,
        str(Metric.BATCHES_LEARNT): len(learnt),
        str(Metric.BATCHES_QUARANTINED): quarantined,
    }
