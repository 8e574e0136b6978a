"""The dataset and the versions that a command names: whether they are there, before Prefect is imported."""

from collections.abc import Iterable

from flows.inputs.parameters import stated
from greenlightning.errors import InputError, LedgerError, NothingServedError
from tasks.core.constants import Alias, Tag
from tasks.core.workspace import checked_name
from tasks.data.batch_index import BATCH_ID, batch_ref, datasets
from tasks.models import embedded_registry
from tasks.models.version_info import (
    VersionInfo,
    no_champion,
    no_version,
    not_pinned,
    nothing_before,
    serving_already,
)


def only_dataset() -> str:
    """The workspace's only dataset; NothingServedError where it has none or several."""
    found = datasets()
    if len(found) == 1:
        return found[0]
    raise NothingServedError(
        f"The workspace has {len(found)} datasets" + (f": {', '.join(found)}" if found else ""),
        "Name one with --dataset" if found else "Bring one in with: greenlightning ingest FILE --dataset NAME",
    )


def known_dataset(dataset: str | None) -> str:
    """Return ``dataset`` if the workspace has it, the only one by default; else raise NothingServedError."""
    if dataset is None:
        return only_dataset()
    found = datasets()
    if checked_name(dataset) not in found and not champion(dataset):
        raise NothingServedError(
            f"The workspace has no dataset {dataset!r} (it has: {', '.join(found) or 'none'})",
            f"Bring it in with: greenlightning ingest FILE --dataset {dataset}",
        )
    return dataset


def champion(dataset: str) -> VersionInfo | None:
    """The version that serves, None where there is none yet."""
    return embedded_registry.find(dataset, Alias.CHAMPION)


def champion_of(dataset: str) -> VersionInfo:
    """The version that serves; NothingServedError where there is none yet."""
    if serving := champion(dataset):
        return serving
    raise no_champion(dataset)


def version_of(dataset: str, of: int | Alias) -> VersionInfo:
    """The version of that number or alias; NothingServedError where there is none."""
    if found := embedded_registry.find(dataset, of):
        return found
    raise no_version(dataset, of)


def version_reference(of: str) -> int | Alias:
    """The version number or alias in ``of``; InputError for anything else."""
    if of.isdecimal() and len(of) < 10:
        return int(of)
    if of in set(Alias):
        return Alias(of)
    raise InputError(f"{of!r} names no version", f"Give a number, or one of {', '.join(Alias)}")


def parsed_reference(of: str) -> int | Alias | str:
    """The version (number or alias) or the batch that ``of`` names; InputError for anything else."""
    if of.isdecimal() and len(of) < 16:
        return int(of)
    if of in set(Alias):
        return Alias(of)
    if BATCH_ID.fullmatch(of):
        return of
    raise InputError(
        f"{of!r} names no version or batch", f"Give a number, one of {', '.join(Alias)}, or 16 hex digits"
    )


def check_batches(dataset: str, batches: Iterable[str] | None) -> None:
    """Raise the error of the first batch that the dataset does not have."""
    checked_name(dataset)
    for batch in batches or ():
        batch_ref(dataset, batch)


def check_decision(dataset: str, version: int, reason: str) -> None:
    """Check what is to serve instead of the champion, and that there is a reason."""
    stated(reason)
    chosen, serving = version_of(dataset, version), champion(dataset)
    if serving and serving.version == chosen.version:
        raise serving_already(chosen)


def check_rollback(dataset: str, to: int | None, reason: str) -> None:
    """Check that another version than the champion is there to serve."""
    serving = champion_of(dataset)
    if to is not None:
        check_decision(dataset, to, reason)
        return
    stated(reason)
    previous = embedded_registry.find(dataset, Alias.PREVIOUS)
    if Tag.REPLACED not in serving.tags and (previous is None or previous.version == serving.version):
        raise nothing_before(dataset)


def check_learnt(serving: VersionInfo, batch: str) -> None:
    """Check that the batch can be forgotten: it was learnt, and is not the only one."""
    batch_ref(serving.dataset, batch)
    if batch not in serving.batches and batch not in serving.aged:
        raise LedgerError(
            f"Batch {batch} is not in the ledger of {serving.dataset} version {serving.version}",
            f"See what it learnt with: greenlightning lineage --dataset {serving.dataset}",
        )
    if serving.batches.keys() <= {batch}:
        raise InputError("No batch would be left in the model", "Ingest another batch and retrain first")


def check_pin(dataset: str, version: int, reason: str) -> None:
    """Check that the version is there, and that there is a reason to keep it."""
    stated(reason)
    version_of(dataset, version)


def check_unpin(dataset: str, version: int) -> None:
    """Check that the version is there and is pinned."""
    if Tag.PINNED not in version_of(dataset, version).tags:
        raise not_pinned(dataset, version)


def check_reference(dataset: str, of: str) -> None:
    """Check that the version or batch whose lineage is asked for is known."""
    found = parsed_reference(of)
    if isinstance(found, int | Alias):
        champion_of(dataset)
        version_of(dataset, found)
