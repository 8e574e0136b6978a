"""From a saved model to a version that serves: register first, alias last, with the reason either way."""

from collections.abc import Mapping
from pathlib import Path

from prefect import task
from pydantic import BaseModel, ConfigDict, ValidationError

from greenlightning.errors import IntegrityError
from tasks import registry, tracking
from tasks.card import model_card
from tasks.expectations import Expectations
from tasks.names import FORGOTTEN_TAG, Kind, Metric, Params, Tag
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
    parent: int | None,
    promote: bool,
    reason: str,
    scores: dict[str, float],
    spent: Spent,
    holdout: BatchRef,
    expectations: Expectations,
    tags: dict[str, str] | None = None,
    forgotten: tuple[str, ...] = (),
) -> Published | None:
    """Register the model with its lineage and card, and promote it or leave it as challenger.

    None where the champion is no longer ``parent``: another run landed first, so merge onto its champion.
    """
    from greenlightning.model import GreenLightningModel

    model = GreenLightningModel.load(model_dir)
    decision = "promoted" if promote else KEPT
    card = model_card(dataset, model, holdout, scores, spent, reason, forgotten)
    client = tracking.connect()
    client.log_text(run_id, expectations.knowing(model.classes).model_dump_json(), EXPECTATIONS)
    about: dict[str, str] = {Tag.DECISION: decision, Tag.REASON: reason, **(tags or {})}
    if parent is not None:
        about[Tag.PARENT_VERSION] = str(parent)
        forgotten = (*forgotten, *registry.version(dataset, parent).forgotten)
    about |= {f"{FORGOTTEN_TAG}{batch}": "true" for batch in forgotten}
    tracking.set_tags(run_id, about | {"mlflow.note.content": card})
    tracking.log_energy(run_id, **spent.logged())
    number = registry.register.fn(model_dir, dataset, run_id, about, card, expectations.features)
    if not promote:
        registry.set_challenger.fn(dataset, number)
    elif not registry.promote.fn(dataset, number, parent, reason):
        client.set_model_version_tag(dataset, str(number), Tag.DECISION, "overtaken by another run")
        return None
    tracking.log_params(run_id, model.describe(), Params.MODEL)
    return Published(version=number, promoted=promote, reason=reason)


def kept_out(serving: registry.VersionInfo) -> set[str]:
    """The batches that the gate, judging each on its own, kept out of the champion ``serving``."""
    found = set()
    for info in registry.made_from(serving.dataset, serving.version):
        new = info.batches.keys() - serving.batches.keys()
        if len(new) == 1 and (info.tags[Tag.KIND], info.tags[Tag.DECISION]) == (Kind.RETRAIN, KEPT):
            found |= new
    return found


@task(task_run_name="avoided by {dataset} version {parent}", persist_result=False)
def log_avoided(dataset: str, parent: int, rows: int, spent: Spent, run_id: str) -> Spent:
    """Estimate what extracting a network from all ``rows`` anew would have spent beyond ``spent``, and log it.

    The estimate is the structure phase's own energy a row, times the rows; its source says so.
    """
    from tasks.plots import energy_figure

    per_row = training_rate(registry.version(dataset, parent).tags)
    anew = per_row * rows
    avoided = Spent(
        anew.seconds - spent.seconds,
        anew.joules - spent.joules,
        anew.gco2e - spent.gco2e,
        "estimated:structure-phase-energy*rows",
    )
    tracking.log_avoided(run_id, **avoided.logged())
    joules = {"this run": spent.joules, "a network anew": anew.joules}
    figure = energy_figure(joules, f"this run {spent.source}; anew {avoided.source}")
    tracking.connect().log_figure(run_id, figure, "energy.png")
    return avoided


def rate_tags(spent: Spent, rows: int) -> dict[str, str]:
    """What a row of conventional training costs, as tags that a version hands on to those made from it."""
    a_row = spent * (1 / rows)
    return {
        Tag.TRAINING_SECONDS_PER_ROW: repr(a_row.seconds),
        Tag.TRAINING_JOULES_PER_ROW: repr(a_row.joules),
        Tag.TRAINING_GCO2E_PER_ROW: repr(a_row.gco2e),
    }


def inherited_rate(dataset: str, parent: int) -> dict[str, str]:
    """The rate tags of version ``parent``, for a version made from it."""
    tags = registry.version(dataset, parent).tags
    return {name: tags[name] for name in rate_tags(Spent(), 1) if name in tags}


def training_rate(tags: Mapping[str, str]) -> Spent:
    """What a row of conventional training costs, by the tags of a version."""
    return Spent(
        float(tags.get(Tag.TRAINING_SECONDS_PER_ROW, 0)),
        float(tags.get(Tag.TRAINING_JOULES_PER_ROW, 0)),
        float(tags.get(Tag.TRAINING_GCO2E_PER_ROW, 0)),
    )


def expectations_of(dataset: str, number: int) -> Expectations:
    """What batches must look like for a version: learnt from its base, handed on with every version.

    Raises IntegrityError where they are gone or torn.
    """
    from mlflow.artifacts import load_text
    from mlflow.exceptions import MlflowException

    run_id = registry.version(dataset, number).run_id
    tracking.connect()
    try:
        return Expectations.model_validate_json(load_text(f"runs:/{run_id}/{EXPECTATIONS}"))
    except (MlflowException, OSError, ValidationError) as error:
        raise IntegrityError(
            f"The expectations of {dataset} version {number} are gone or torn",
            f"Restore mlruns/artifacts, or run: greenlightning rollback --dataset {dataset}",
        ) from error


def rows_metrics(learnt: dict[str, int], touched: int, quarantined: int) -> dict[str, float]:
    """Metrics of what a run learnt and opened."""
    return {
        str(Metric.ROWS_LEARNT): sum(learnt.values()),
        str(Metric.ROWS_TOUCHED): touched,
        str(Metric.BATCHES_LEARNT): len(learnt),
        str(Metric.BATCHES_QUARANTINED): quarantined,
    }
