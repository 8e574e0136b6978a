"""From a saved model to a version that serves: register it first, move the champion alias last."""

from typing import TYPE_CHECKING

from prefect import task

from tasks.core.constants import Kind, Tag
from tasks.lineage.run_artifacts import log_lineage
from tasks.models import champion, registry
from tasks.models.model_card import model_card
from tasks.models.version_expectations import EXPECTATIONS
from tasks.models.window_files import drop_windows, log_windows
from tasks.promotion.candidate import KEPT, Candidate
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_energy
from tasks.tracking.run_params import log_model_params
from tasks.training.health import inherit_health_reference

if TYPE_CHECKING:
    from mlflow.entities import Run

    from greenlightning.model import GreenLightningModel


@task(task_run_name="publish {candidate.dataset}", persist_result=False)
def publish(candidate: Candidate) -> int | None:
    """Register the model with its lineage and card, promote it or leave it as challenger; the version's number.

    None where ``candidate.parent`` is no longer the champion: another run promoted a version first.
    """
    from greenlightning.model import GreenLightningModel

    model, client = GreenLightningModel.load(candidate.trained.folder), connect()
    known = candidate.expectations.knowing(model.classes)
    client.log_text(candidate.run_id, known.model_dump_json(), EXPECTATIONS)
    if candidate.parent:
        inherit_health_reference(candidate.parent, candidate.run_id, model.structure.digest)
    _log_energy(candidate)
    sealed = log_windows(candidate.run_id, candidate.trained.windows) if candidate.trained.windows else {}
    run = client.get_run(candidate.run_id)
    number = _register(candidate, model, run, sealed)
    if not _promote_or_keep(candidate, number):
        client.set_model_version_tag(candidate.dataset, str(number), Tag.DECISION, "overtaken by another run")
        return None
    if candidate.parent and candidate.decision.promote:
        drop_windows(candidate.parent)
    log_model_params(run, model, number)
    log_lineage(candidate.dataset, number, candidate.parent, candidate.run_id)
    return number


def kept_out(serving: registry.VersionInfo) -> set[str]:
    """The batches that the gate rejected when each was tried alone on the champion ``serving``."""
    found = set()
    for info in registry.made_from(serving.dataset, serving.version):
        new = info.batches.keys() - serving.batches.keys()
        if len(new) == 1 and (info.tags[Tag.KIND], info.tags[Tag.DECISION]) == (Kind.RETRAIN, KEPT):
            found |= new
    return found


def _register(candidate: Candidate, model: "GreenLightningModel", run: "Run", sealed: dict[str, str]) -> int:
    reason = candidate.decision.reason
    card = model_card(candidate.dataset, model, candidate.holdout, run, reason, candidate.forgotten)
    features = candidate.expectations.features
    return registry.register_model(
        model, candidate.trained.folder, candidate.dataset, run, candidate.tags | sealed, card, features
    )


def _promote_or_keep(candidate: Candidate, number: int) -> bool:
    """Move the alias that the decision names; False where the champion changed meanwhile."""
    if not candidate.decision.promote:
        champion.set_challenger.fn(candidate.dataset, number)
        return True
    parent = candidate.parent.version if candidate.parent else None
    return champion.promote.fn(candidate.dataset, number, parent, candidate.decision.reason)


def _log_energy(candidate: Candidate) -> None:
    """Log what the run spent and avoided, with a picture of both, and its metrics and tags."""
    from tasks.figures.run_figures import energy_figure

    spent, avoided = candidate.spent, candidate.avoided
    if avoided:
        joules = {"this run": spent.joules, "a network from scratch": spent.joules + avoided.joules}
        picture = energy_figure(joules, f"this run {spent.source}; from scratch {avoided.source}")
        connect().log_text(candidate.run_id, picture, "energy.svg")
    log_energy(
        candidate.run_id,
        spent,
        avoided=avoided,
        metrics=candidate.metrics,
        tags=candidate.tags,
    )
