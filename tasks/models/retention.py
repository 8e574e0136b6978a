"""Retention: which versions may lose their statistics, and deleting them so that a kill leaves none incomplete.

Under the promotion lock the tag ``pruned_at`` comes first, the file goes second, the tag ``pruned_bytes`` comes
last: a version with the first tag alone is finished by the next maintenance.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from greenlightning.errors import IntegrityError
from tasks.core.constants import Alias, Tag
from tasks.core.faults import Fault, reached
from tasks.core.steps import task
from tasks.data.batch_index import BatchRef, survey
from tasks.data.holdout import holdout_of
from tasks.data.sliding_holdout import parts_of
from tasks.data.versioning import is_stored
from tasks.models import registry
from tasks.models.champion import promotion_lock
from tasks.models.logged_models import MODEL_FILES, STATISTICS_FILE, digests, logged_structure
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel

SECONDS = len("2026-01-01T00:00:00")


@dataclass(frozen=True)
class Retained:
    """Versions that a maintenance may prune, with the bytes of each; old ones it leaves, with the hindrance."""

    prune: Mapping[int, int]
    kept: Mapping[int, str]

    @property
    def bytes(self) -> int:
        """What pruning them frees."""
        return sum(self.prune.values())


def is_protected(info: VersionInfo) -> bool:
    """Whether a version is kept whole for its own sake: it has an alias (champion, previous, …) or is pinned."""
    return bool(info.aliases) or Tag.PINNED in info.tags


def old_enough(versions: Sequence[VersionInfo], keep: int, before: datetime) -> list[VersionInfo]:
    """The versions that retention lets go, the newest first.

    Not the ``keep`` newest, none created after ``before``, none protected, nor the one that a rollback without a
    number would serve if a kill left the alias ``previous`` inconsistent.
    """
    replaced = {info.tags.get(Tag.REPLACED) for info in versions if Alias.CHAMPION in info.aliases}
    newest_first = sorted(versions, key=lambda info: info.version, reverse=True)
    return [
        info
        for info in newest_first[keep:]
        if datetime.fromisoformat(info.created) < before
        and not is_protected(info)
        and str(info.version) not in replaced
    ]


@dataclass
class Reproducibility:
    """Whether statistics could be made again here; each batch's stored bytes are hashed once."""

    versions: Mapping[int, VersionInfo]
    pointers: Mapping[str, BatchRef]
    holdouts: Sequence[BatchRef]
    _stored: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, versions: Iterable[VersionInfo], dataset: str) -> "Reproducibility":
        """What the pointers of a dataset and its holdout say."""
        holdouts, _ = survey(holdout_of(dataset))
        pointers = {ref.id: ref for ref in survey(dataset)[0]}
        return cls({info.version: info for info in versions}, pointers, holdouts)

    def hindrance(self, info: VersionInfo) -> str | None:
        """Why the statistics of ``info`` could not be made again; None where they could."""
        if not all(logged_structure(info.run_id, digest) for digest in info.structures):
            return "its structure is not logged"
        for batch, md5 in info.batches.items():
            ref = self.pointers.get(batch)
            if ref is None or ref.md5 != md5:
                return f"batch {batch} is not versioned here with the bytes that it learnt"
            if not self._is_stored(ref):
                return f"DVC holds no copy of batch {batch}"
        chosen = [ref for ref in self.holdouts if not parts_of(ref)]
        if not self.holdouts or any(ref.landed_at[:SECONDS] > self._begun(info)[:SECONDS] for ref in chosen[-1:]):
            return "the holdout was exchanged after it had learnt"
        needed = self.holdouts if len(chosen) < len(self.holdouts) else self.holdouts[-1:]
        return None if all(map(self._is_stored, needed)) else "DVC holds no copy of its holdout"

    def _begun(self, info: VersionInfo) -> str:
        """When the first version in its line under the same structure was made."""
        structure = info.tags[Tag.STRUCTURE_DIGEST]
        while (parent := self.versions.get(info.parent or 0)) and parent.version < info.version:
            if parent.tags[Tag.STRUCTURE_DIGEST] != structure:
                break
            info = parent
        return info.created

    def _is_stored(self, ref: BatchRef) -> bool:
        if ref.md5 not in self._stored:
            self._stored[ref.md5] = is_stored(ref)
        return self._stored[ref.md5]


@task(task_run_name="retention of {dataset}", persist_result=False)
def retained(dataset: str, keep: int, older_than_days: int) -> Retained:
    """Which versions may be pruned now, and of the old ones left whole, why."""
    versions = registry.versions(dataset)
    before = datetime.now(UTC) - timedelta(days=older_than_days)
    old = [info for info in old_enough(versions, keep, before) if Tag.PRUNED_BYTES not in info.tags]
    able = Reproducibility.of(versions, dataset)
    found = {info.version: able.hindrance(info) for info in old}
    sizes = {info.version: statistics_bytes(files_of(info)) for info in old if found[info.version] is None}
    return Retained(sizes, {number: why for number, why in found.items() if why})


@task(task_run_name="prune {dataset} version {number}", persist_result=False)
def prune(dataset: str, number: int) -> int:
    """Take the statistics of a version away and return the bytes freed; 0 where it became protected meanwhile."""
    with promotion_lock(dataset):
        info = registry.version(dataset, number)
        if is_protected(info):
            return 0
        client, place = connect(), files_of(info)
        if not info.pruned:
            client.set_model_version_tag(dataset, str(number), Tag.PRUNED_AT, _now())
            reached(Fault.PRUNING_MARKED)
        freed = statistics_bytes(place)
        if freed:
            place.delete_artifacts(STATISTICS_FILE)
            reached(Fault.STATISTICS_DELETED)
        client.set_model_version_tag(dataset, str(number), Tag.PRUNED_BYTES, str(freed))
    return freed


@task(task_run_name="restore {dataset} version {number}", persist_result=False)
def restore(dataset: str, number: int, model: "GreenLightningModel") -> None:
    """Put the statistics of a pruned version back, taken from ``model``, which was made again from its batches.

    Raises IntegrityError unless the digests are those that the version was registered with.
    """
    info = registry.version(dataset, number)
    if wrong := [tag for tag, digest in digests(model).items() if info.tags[tag] != digest]:
        raise IntegrityError(
            f"What was made again for {dataset} version {number} has another {wrong[0]}",
            "Use the code and the holdout that made it; see greenlightning lineage",
        )
    with promotion_lock(dataset), TemporaryDirectory() as folder:
        model.statistics.save(Path(folder))
        files_of(info).log_artifact(str(Path(folder) / Path(STATISTICS_FILE).name), MODEL_FILES)
        unmark(registry.version(dataset, number))


def unmark(info: VersionInfo) -> None:
    """Take the marks of pruning off a version whose files are whole; the file comes first, the marks second."""
    for tag in (Tag.PRUNED_BYTES, Tag.PRUNED_AT):
        if tag in info.tags:
            connect().delete_model_version_tag(info.dataset, str(info.version), tag)


def statistics_bytes(place: Any) -> int:
    """Size of a version's statistics file; 0 where there is none."""
    sizes = {file.path: file.file_size for file in place.list_artifacts(MODEL_FILES)}
    return int(sizes.get(STATISTICS_FILE) or 0)


def files_of(info: VersionInfo) -> Any:
    """MLflow's artifact repository of a version: a folder, a bucket, or behind a server."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    where = connect().get_model_version_download_uri(info.dataset, str(info.version))
    return get_artifact_repository(where)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
