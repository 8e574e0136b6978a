"""Which version serves: the aliases champion, previous and challenger, moved under a lock by compare-and-swap."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from tasks.core.constants import HELD_BACK_TAG, Alias, Tag
from tasks.core.faults import Fault, reached
from tasks.core.steps import task
from tasks.core.workspace import Workspace, checked_name
from tasks.models import registry
from tasks.models.files.seals import resealed
from tasks.models.model_card import model_description
from tasks.models.serving_history import make_good, record
from tasks.models.version_info import VersionInfo, nothing_before, pruned_error, serving_already
from tasks.tracking.client import connect
from tasks.tracking.database import make_durable


@task(task_run_name="promote {dataset} version {version_number}", persist_result=False)
def promote(dataset: str, version_number: int, expected_champion: int | None, reason: str = "") -> bool:
    """Make a version the champion, if the champion still is ``expected_champion``; else return False.

    False means that another run promoted first: merge onto its champion and try again.
    """
    with promotion_lock(dataset):
        chosen = registry.version(dataset, version_number)
        serving = registry.champion(dataset)
        if serving and serving.version == chosen.version:
            return True
        if (serving.version if serving else None) != expected_champion:
            return False
        audit: dict[str, str] = {Tag.REPLACED: str(serving.version)} if serving else {}
        _serve(chosen, serving, audit | {Tag.PROMOTION_REASON: reason})
    return True


@task(task_run_name="roll back {dataset}", persist_result=False)
def rollback(dataset: str, to: int | None = None, reason: str = "") -> int:
    """Serve the version ``to``, by default the one served before, and return its number.

    Batches that only the replaced version had learnt are tagged as held back: trainings leave them out.
    Raises NothingServedError if there is no such version, InputError if it is serving already.
    """
    with promotion_lock(dataset):
        serving = registry.version(dataset, Alias.CHAMPION)
        chosen = registry.version(dataset, previous_version(serving) if to is None else to)
        if chosen.version == serving.version:
            raise serving_already(chosen)
        audit: dict[str, str] = {Tag.ROLLED_BACK_FROM: str(serving.version), Tag.PROMOTION_REASON: reason}
        lost = serving.batches.keys() - chosen.batches.keys()
        _serve(chosen, serving, audit | {f"{HELD_BACK_TAG}{batch}": str(serving.version) for batch in lost})
    return chosen.version


def previous_version(serving: VersionInfo) -> int:
    """The version served before, by alias or, where a kill left the alias unset, by the tag ``replaced``."""
    previous = registry.find(serving.dataset, Alias.PREVIOUS)
    if previous and previous.version != serving.version:
        return previous.version
    if replaced := serving.tags.get(Tag.REPLACED):
        return int(replaced)
    raise nothing_before(serving.dataset)


@task(task_run_name="challenge {dataset} with version {version_number}", persist_result=False)
def set_challenger(dataset: str, version_number: int) -> None:
    """Give a version the alias ``challenger``."""
    chosen = registry.version(dataset, version_number)
    connect().set_registered_model_alias(dataset, Alias.CHALLENGER, str(chosen.version))


def _serve(chosen: VersionInfo, serving: VersionInfo | None, audit: Mapping[str, str]) -> None:
    """Make ``chosen`` the champion; its alias moves last, so that a kill leaves the old champion serving.

    Only the record of the promotion follows it: see ``tasks.models.serving_history``.
    """
    if chosen.pruned:
        raise pruned_error(chosen)
    client, now = connect(), datetime.now(UTC)
    name, number = chosen.dataset, str(chosen.version)
    for info in filter(None, (serving, chosen)):
        make_good(info, serves=info is serving)
    client.set_model_version_tag(name, number, Tag.PROMOTED_AT, now.isoformat(timespec="microseconds"))
    reached(Fault.PROMOTION_DATED)
    for tag, value in {**audit, **resealed(chosen, audit)}.items():
        client.set_model_version_tag(name, number, tag, value)
    reached(Fault.PROMOTION_AUDITED)
    if serving:
        client.set_registered_model_alias(name, Alias.PREVIOUS, str(serving.version))
    client.delete_registered_model_alias(name, Alias.CHALLENGER)
    client.update_registered_model(name, model_description(name))
    reached(Fault.PREVIOUS_SET)
    client.set_registered_model_alias(name, Alias.CHAMPION, number)
    make_durable(Workspace.current())
    reached(Fault.CHAMPION_SET)
    record(chosen, now, f"instead of {serving.version}" if serving else "first")
    reached(Fault.PROMOTION_RECORDED)
    _tell_runs(chosen, serving, f"{now:%Y-%m-%d %H:%M} UTC", audit.get(Tag.PROMOTION_REASON, ""))


def _tell_runs(chosen: VersionInfo, serving: VersionInfo | None, when: str, why: str) -> None:
    """Tag the runs of both versions, which MLflow compares: since when one serves, and why the other does not."""
    from mlflow.exceptions import MlflowException

    client, because = connect(), f": {why}" if why else ""
    with suppress(MlflowException):  # a run may have been deleted
        client.set_tag(chosen.run_id, Tag.SERVING, f"version {chosen.version} serves since {when}{because}")
    if serving:
        with suppress(MlflowException):
            client.set_tag(serving.run_id, Tag.SERVING, f"until {when}, then version {chosen.version}{because}")
            client.delete_tag(serving.run_id, Tag.NEXT_RUN)


@contextmanager
def promotion_lock(dataset: str) -> Iterator[None]:
    """Hold the dataset's lock, so that no other process moves the champion between a look and a change.

    Who holds it may take it again.
    """
    with Workspace.current().locked(f"{checked_name(dataset)}.champion"):
        yield


@contextmanager
def publication_turn(dataset: str) -> Iterator[None]:
    """Hold the turn to publish a version, so that none overtakes it but a promotion by hand; it may nest."""
    with Workspace.current().locked(f"{checked_name(dataset)}.publication"):
        yield
