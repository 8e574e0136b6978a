"""Checks of versions: every file hashed, the ledger followed to the bytes, and the bytes to the versions."""

from collections.abc import Iterator

from tasks.core.constants import Alias, Tag
from tasks.data.batch_index import survey
from tasks.integrity.findings import FIX, Finding, found_by
from tasks.lineage.rebuild import registered_parts
from tasks.lineage.tree import ledger_entries
from tasks.models import registry
from tasks.models.files.seals import check_tags
from tasks.models.files.served_library import check_library
from tasks.models.serving_history import history_from
from tasks.models.version_expectations import expectations_of
from tasks.models.version_info import VersionInfo
from tasks.promotion.publishing import complete_publication, is_complete
from tasks.training.health import health_reference_of


def check_versions(dataset: str) -> Iterator[Finding]:
    """What is wrong with the versions of a dataset; every file of each is read and hashed."""
    versions = registry.versions(dataset)
    pointers = {ref.id: ref.md5 for ref in survey(dataset)[0]}
    for info in versions:
        yield from check_files(info)
        yield from _ledger(info, pointers)
    yield from check_aliases(dataset, versions)


def check_files(info: VersionInfo) -> Iterator[Finding]:
    """What is wrong with the files of one version; of a pruned one, with those that are left."""
    where = f"{info.dataset} version {info.version}"
    yield from found_by(where, lambda: check_tags(info))
    if info.pruned:
        yield from found_by(where, lambda: registered_parts(info))
    else:
        yield from found_by(where, lambda: registry.load_version(info))
    yield from found_by(where, lambda: ledger_entries(info))
    yield from found_by(where, lambda: check_library(info))
    yield from found_by(where, lambda: expectations_of(info))
    yield from found_by(where, lambda: health_reference_of(info))


def _ledger(info: VersionInfo, pointers: dict[str, str]) -> Iterator[Finding]:
    """Batches of the ledger that are not versioned here with the bytes that were learnt; sites keep their own."""
    try:
        entries = ledger_entries(info)
    except OSError:
        return
    if not entries and info.batches:
        remedy = f"Run: greenlightning reproduce {info.version} --dataset {info.dataset} --restore"
        yield Finding(f"{info.dataset} version {info.version}", "the file of its ledger is missing", remedy)
        return
    for batch, md5 in info.batches.items():
        if entries.get(batch, {}).get("site") is None and pointers.get(batch) != md5:
            yield Finding(
                f"{info.dataset} version {info.version}",
                f"batch {batch} of its ledger is not versioned here with the bytes that it learnt",
                f"Restore {batch}.parquet.dvc from git or a backup",
            )


def check_aliases(dataset: str, versions: list[VersionInfo]) -> Iterator[Finding]:
    """Whether a version serves, as its tags tell, and whether its publication was completed."""
    serving = next((info for info in versions if Alias.CHAMPION in info.aliases), None)
    if serving is None:
        if any(Tag.PROMOTED_AT in info.tags for info in versions):
            remedy = f"Choose one: greenlightning promote VERSION --dataset {dataset} --reason WHY"
            yield Finding(dataset, "no version has the alias champion, though one was promoted", remedy)
        return
    for note in history_from(dataset, versions).notes:
        if "by a change that GreenLightning did not make" in note:
            yield Finding(dataset, note, f"Choose again: greenlightning promote VERSION --dataset {dataset}")
    if not is_complete(serving):
        yield Finding(
            f"{dataset} version {serving.version}",
            "a kill right after its promotion left its lineage or parameters unlogged",
            FIX,
            damage=False,
            repair=lambda: complete_publication(serving),
        )
