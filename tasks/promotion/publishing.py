"""From a saved model to a version that serves: register it first, move the champion alias last."""

from typing import TYPE_CHECKING

from tasks.core.constants import KEPT, Kind, Tag
from tasks.core.faults import Fault, reached
from tasks.core.steps import task
from tasks.lineage.run_artifacts import log_lineage
from tasks.models import champion, registry
from tasks.models.certificate import Certificate, certificates, log_certificate
from tasks.models.files.shared_files import share_files
from tasks.models.files.window_files import drop_windows, log_windows
from tasks.models.logged_models import structures_of
from tasks.models.model_card import model_card
from tasks.models.version_expectations import log_expectations
from tasks.promotion.candidate import Candidate
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_energy, log_energy_picture
from tasks.tracking.pages.run_names import name_after_version
from tasks.tracking.run_params import log_model_params
from tasks.training.health import health_reference_tag, inherit_health_reference

if TYPE_CHECKING:
    from mlflow.entities import Run

    from greenlightning.model import GreenLightningModel


@task(task_run_name="publish {candidate.dataset}", persist_result=False)
def publish(candidate: Candidate) -> int | None:
    """Register the model with its lineage and card, promote it or leave it as challenger; the version's number.

    None, and nothing is registered, where ``candidate.parent`` is no longer the champion: another run was first.
    """
    from greenlightning.model import GreenLightningModel

    model = GreenLightningModel.load(candidate.trained.folder)
    with champion.publication_turn(candidate.dataset):
        with champion.promotion_lock(candidate.dataset):
            if _is_overtaken(candidate):
                return None
            forgotten = certificates(model, candidate.parent, candidate.forgotten)
            sealed = _log_files(candidate, model, forgotten)
            number = _register(candidate, model, connect().get_run(candidate.run_id), sealed, forgotten)
            _promote_or_keep(candidate, number)
        _log_about(candidate.dataset, number, model, candidate.parent, candidate.decision.promote)
    return number


def complete_publication(serving: registry.VersionInfo) -> None:
    """Do what a kill right after the promotion of ``serving`` has left undone; wait for a run that is at it."""
    if is_complete(serving):
        return
    with champion.publication_turn(serving.dataset):
        if not is_complete(serving):
            parent = registry.find(serving.dataset, serving.parent) if serving.parent else None
            _log_about(serving.dataset, serving.version, registry.load_version(serving), parent, True)


def is_complete(serving: registry.VersionInfo) -> bool:
    """Whether the run of a version did what follows its promotion; a killed one may not have."""
    run = connect().get_run(serving.run_id)
    return run.info.status == "FINISHED" or Tag.VERSION in run.data.tags


def _log_about(
    dataset: str,
    number: int,
    model: "GreenLightningModel",
    parent: registry.VersionInfo | None,
    promoted: bool,
) -> None:
    """Log the lineage and the parameters of a version, whose tag comes last.

    Its parent's windows go, and what both have in common is stored once.
    """
    info = registry.version(dataset, number)
    run_id = info.run_id
    if parent and promoted:
        drop_windows(parent)
    log_lineage(dataset, number, parent, run_id)
    reached(Fault.LINEAGE_LOGGED)
    share_files(info, parent)
    run = connect().get_run(run_id)
    name_after_version(run, number)
    log_model_params(run, model, number)
    reached(Fault.PARAMS_LOGGED)


def _log_files(candidate: Candidate, model: "GreenLightningModel", forgotten: list[Certificate]) -> dict[str, str]:
    """Log what the version keeps beside its model with the run; the tags that seal it."""
    known = candidate.expectations.knowing(model.classes)
    tags = log_expectations(candidate.run_id, known)
    if candidate.parent:
        inherit_health_reference(candidate.parent, candidate.run_id, structures_of(model))
    for certificate in forgotten:
        log_certificate(candidate.run_id, certificate)
    reached(Fault.REFERENCE_INHERITED)
    _log_energy(candidate)
    windows = candidate.trained.windows
    tags |= health_reference_tag(candidate.run_id)
    tags |= log_windows(candidate.run_id, windows) if windows else {}
    reached(Fault.FILES_LOGGED)
    return tags


def _is_overtaken(candidate: Candidate) -> bool:
    """Whether another run has moved the champion since the candidate was built."""
    serving = registry.champion(candidate.dataset)
    return (serving.version if serving else None) != (candidate.parent.version if candidate.parent else None)


def kept_out(serving: registry.VersionInfo) -> set[str]:
    """The batches that the gate rejected when each was tried alone on the champion ``serving``."""
    found = set()
    for info in registry.made_from(serving.dataset, serving.version):
        new = info.batches.keys() - serving.batches.keys()
        if len(new) == 1 and (info.tags[Tag.KIND], info.tags[Tag.DECISION]) == (Kind.RETRAIN, KEPT):
            found |= new
    return found


def _register(
    candidate: Candidate,
    model: "GreenLightningModel",
    run: "Run",
    seals: dict[str, str],
    forgotten: list[Certificate],
) -> int:
    reason = candidate.decision.reason
    card = model_card(candidate.dataset, model, candidate.holdout, run, reason, forgotten)
    features = candidate.expectations.features
    return registry.register_model(
        model, candidate.trained.folder, candidate.dataset, run, candidate.tags | seals, card, features
    )


def _promote_or_keep(candidate: Candidate, number: int) -> None:
    """Move the alias that the decision names; the caller holds the promotion lock."""
    if candidate.decision.promote:
        parent = candidate.parent.version if candidate.parent else None
        champion.promote.fn(candidate.dataset, number, parent, candidate.decision.reason)
    else:
        champion.set_challenger.fn(candidate.dataset, number)


def _log_energy(candidate: Candidate) -> None:
    """Log what the run spent and avoided, with a picture of both, and its metrics and tags."""
    spent, avoided = candidate.spent, candidate.avoided
    if avoided:
        log_energy_picture(candidate.run_id, spent, avoided)
    log_energy(
        candidate.run_id,
        spent,
        avoided=avoided,
        metrics=candidate.metrics,
        tags=candidate.tags,
    )
