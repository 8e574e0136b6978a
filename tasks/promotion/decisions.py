"""Decisions of people about versions: promotion and rollback with an audit trail, and pins."""

from tasks.core.constants import Tag
from tasks.core.steps import task
from tasks.models import registry
from tasks.models.champion import promotion_lock
from tasks.models.retention import files_of, statistics_bytes, unmark
from tasks.models.version_info import VersionInfo, not_pinned, pruned_error
from tasks.tracking.client import connect


def audit_tags(left: int | None, chosen: int, reason: str) -> dict[str, str]:
    """Audit tags of a run that changes the champion by hand; MLflow itself adds ``mlflow.user``."""
    tags: dict[str, str] = {
        Tag.REASON: reason,
        Tag.DECISION: f"serve version {chosen} instead of {left or 'none'}",
        Tag.TO_VERSION: str(chosen),
    }
    return tags if left is None else tags | {Tag.FROM_VERSION: str(left)}


@task(task_run_name="check {dataset} version {number}", persist_result=False)
def check_loadable(dataset: str, number: int) -> None:
    """Make sure that a version can serve before the champion's alias moves to it.

    Raises IntegrityError where its files are missing, corrupt or pruned.
    """
    registry.load(dataset, number)
    if (info := registry.version(dataset, number)).pruned:
        unmark(info)


def serving_notes(left: VersionInfo | None, chosen: VersionInfo, held_back: bool) -> tuple[str, ...]:
    """Notes on the batches that change when ``chosen`` serves instead of ``left``: gone, held back or back."""
    if left is None:
        return ()
    command = f"greenlightning retrain --dataset {chosen.dataset} --batch"
    notes = [
        f"batch {batch} was forgotten on the way to version {left.version}, and serves again in version "
        f"{chosen.version}; forget it again if it must go"
        for batch in sorted(left.forgotten & chosen.batches.keys())
    ]
    gone = sorted(left.batches.keys() - chosen.batches.keys())
    for batch in gone:
        fate = (
            f"is held back until a retraining names it: {command} {batch}"
            if held_back
            else "is learnt again by the next retraining"
        )
        notes.append(f"batch {batch}, which version {left.version} had learnt, {fate}")
    return tuple(notes)


@task(task_run_name="pin {dataset} version {number}", persist_result=False)
def pin(dataset: str, number: int, reason: str) -> None:
    """Protect a version from pruning; raises IntegrityError where it is pruned already."""
    with promotion_lock(dataset):
        if (info := registry.version(dataset, number)).pruned:
            if not statistics_bytes(files_of(info)):
                raise pruned_error(info)
            unmark(info)
        connect().set_model_version_tag(dataset, str(number), Tag.PINNED, reason)


@task(task_run_name="unpin {dataset} version {number}", persist_result=False)
def unpin(dataset: str, number: int) -> None:
    """Let maintenance prune a version again; raises InputError where it is not pinned."""
    with promotion_lock(dataset):
        if Tag.PINNED not in registry.version(dataset, number).tags:
            raise not_pinned(dataset, number)
        connect().delete_model_version_tag(dataset, str(number), Tag.PINNED)
