"""From a saved model to a version that serves: register first, alias last, with the reason either way."""

from pathlib import Path

from prefect import task
from pydantic import BaseModel, ConfigDict

from tasks.core.constants import FORGOTTEN_TAG, HELD_BACK_TAG, Kind, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.data.batch_index import BatchRef
from tasks.data.expectations import Expectations
from tasks.lineage.run_artifacts import log_lineage
from tasks.models import registry
from tasks.models.model_card import model_card
from tasks.models.version_expectations import EXPECTATIONS
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_energy
from tasks.tracking.run_params import log_model_params
from tasks.training.health import inherit_health_reference

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
    spent: EnergyCost,
    rows: dict[str, float],
    holdout: BatchRef,
    expectations: Expectations,
    avoided: EnergyCost | None = None,
    tags: dict[str, str] | None = None,
    forgotten: tuple[str, ...] = (),
) -> Published | None:
    """Register the model with its lineage and card, and promote it or leave it as challenger.

    None where the champion is no longer ``parent``: another run landed first, so merge onto its champion.
    """
    from greenlightning.model import GreenLightningModel

    model, client = GreenLightningModel.load(model_dir), connect()
    client.log_text(run_id, expectations.knowing(model.classes).model_dump_json(), EXPECTATIONS)
    about: dict[str, str] = {Tag.DECISION: "promoted" if promote else KEPT, Tag.REASON: reason, **(tags or {})}
    gone = set(forgotten)
    if parent is not None:
        about[Tag.PARENT_VERSION] = str(parent.version)
        inherit_health_reference(parent, run_id, model.structure.digest)
        gone |= parent.forgotten
        about |= {f"{HELD_BACK_TAG}{batch}": left for batch, left in parent.held_back.items()}
    about |= {f"{FORGOTTEN_TAG}{batch}": "true" for batch in gone}
    if avoided:
        _draw_energy(run_id, spent, avoided)
    log_energy(run_id, **spent.logged(), avoided=avoided.logged() if avoided else None, metrics=rows, tags=about)
    run = client.get_run(run_id)
    card = model_card(dataset, model, holdout, run, reason, forgotten)
    number = registry.register_model(model, model_dir, dataset, run, about, card, expectations.features)
    if not promote:
        registry.set_challenger.fn(dataset, number)
    elif not registry.promote.fn(dataset, number, parent.version if parent else None, reason):
        client.set_model_version_tag(dataset, str(number), Tag.DECISION, "overtaken by another run")
        return None
    log_model_params(run, model, number)
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


def _draw_energy(run_id: str, spent: EnergyCost, avoided: EnergyCost) -> None:
    from tasks.figures.run_figures import energy_figure

    joules = {"this run": spent.joules, "a network anew": spent.joules + avoided.joules}
    picture = energy_figure(joules, f"this run {spent.source}; anew {avoided.source}")
    connect().log_text(run_id, picture, "energy.svg")
