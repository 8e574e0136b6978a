"""Rebuilding a version from its frozen parts, its ledger and the versioned bytes of each batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from greenlightning.data.batch import Batch
from greenlightning.data.ledger import LedgerEntry
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import GreenLightningError, IntegrityError, NothingServedError
from greenlightning.model import GreenLightningModel
from greenlightning.tables import TableSchema
from tasks.core import progress
from tasks.core.constants import Tag
from tasks.data.holdout import Learnable
from tasks.data.ingestion import site_content
from tasks.data.pointers.repository import md5_of
from tasks.data.schemas import frozen_schema
from tasks.lineage.tree import ledger_entries
from tasks.models import registry
from tasks.models.descent import first_learner, with_ancestors
from tasks.models.files.seals import seal_of
from tasks.models.holdouts import holdout_at, versioned
from tasks.models.logged_models import MODEL_FILES, digests
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect

if TYPE_CHECKING:
    from greenlightning.linear.statistics import Statistics

FROZEN = (Tag.STRUCTURE_DIGEST, Tag.RECIPE_DIGEST)


@dataclass
class RebuiltModel:
    """A model rebuilt from the available batches, and the error of each batch that is missing."""

    model: GreenLightningModel
    missing: dict[str, GreenLightningError] = field(default_factory=dict)


def checked(info: VersionInfo, model: GreenLightningModel) -> GreenLightningModel:
    """``model`` if its statistics have the version's digest; else raises IntegrityError."""
    found, wanted = model.statistics.digest, info.tags[Tag.STATISTICS_DIGEST]
    if found != wanted:
        raise IntegrityError(
            f"The batches of version {info.version} give statistics {found[:12]}, not {wanted[:12]}",
            f"Try again with the code that made it: git checkout {info.tags.get(Tag.GIT_COMMIT, 'unknown')[:12]}",
        )
    return model


def relearn(info: VersionInfo, site_files: Sequence[Path] = ()) -> RebuiltModel:
    """Learn the available batches of the version's ledger, one by one.

    Batches of sites are found among ``site_files`` by the md5 of their bytes.
    """
    rebuilt, entries, line = RebuiltModel(frozen_parts(info)), ledger_entries(info), with_ancestors(info)
    learnables: dict[str, Learnable] = {}
    schema = frozen_schema(info.dataset, rebuilt.model.encoder)
    given = {md5_of(path): path for path in site_files}
    for done, (batch, md5) in enumerate(info.batches.items(), start=1):
        site = entries.get(batch, {}).get("site")
        try:
            holdout = holdout_at(first_learner(batch, line))
            learnable = learnables.setdefault(holdout.id, Learnable(holdout, rebuilt.model.encoder))
            if site:
                rows = _of_site((batch, md5, site), given, learnable, schema)
                rebuilt.model = rebuilt.model.learn(rows, md5=md5, site=site)
            else:
                entry = LedgerEntry(**{"rows": 0} | entries.get(batch, {}))
                rows = learnable.learnt(versioned(info.dataset, batch, md5), entry)
                statistics = rebuilt.model.collect(rows.X, rows.y)
                entry = LedgerEntry(rows.rows, md5, holdout=entry.holdout)
                rebuilt.model = rebuilt.model.absorb(statistics, batch, entry)
        except (IntegrityError, NothingServedError) as error:
            rebuilt.missing[batch] = error
        progress.report_progress("rebuilding", done, len(info.batches))
    return rebuilt


def _of_site(
    ids: tuple[str, str, str], given: Mapping[str | None, Path], learnable: Learnable, schema: TableSchema
) -> Batch:
    """The rows of a site's own file; NothingServedError where none of the given files has its bytes."""
    batch, md5, site = ids
    if md5 not in given:
        raise NothingServedError(
            f"batch {batch} was learnt from site {site}, whose rows never left it",
            "Run the command at the site, and name its file with --site-file",
        )
    content, batch_id, _ = site_content(given[md5], schema)
    return learnable.rows(content, batch_id)


def frozen_parts(info: VersionInfo) -> GreenLightningModel:
    """Structure and recipe of a version, with its ridge strength, as a model that has learnt nothing.

    Any version with the same two digests has them, so a version whose files were pruned can be rebuilt too.
    Raises IntegrityError where none has them.
    """
    candidates = registry.having(info.dataset, Tag.RECIPE_DIGEST, info.tags[Tag.RECIPE_DIGEST])
    for owner in sorted(candidates, key=lambda one: one.version != info.version):
        if found := _read(owner, float(info.tags[Tag.ALPHA])):
            held = digests(found)
            if all(held[tag] == info.tags[tag] for tag in FROZEN):
                return _with_targets_of(info, found)
    raise IntegrityError(
        f"No version of {info.dataset!r} has the recipe {info.tags[Tag.RECIPE_DIGEST][:12]} any more",
        "Restore mlruns/artifacts from a backup",
    )


def registered_parts(info: VersionInfo) -> None:
    """Read the files of a pruned version; IntegrityError where they are not those that were registered."""
    with TemporaryDirectory() as folder:
        files = _downloaded(info, folder)
        if files is None or info.tags.get(Tag.FILES, seal := seal_of(files)) != seal:
            raise IntegrityError(
                f"The files of {info.dataset} version {info.version} are missing or corrupt",
                "Restore mlruns/artifacts from a backup",
            )
        GreenLightningModel.load_empty(files, float(info.tags[Tag.ALPHA]))


def _with_targets_of(info: VersionInfo, found: GreenLightningModel) -> GreenLightningModel:
    """The empty model ``found`` with the class weights of a version: others may share structure and recipe."""
    if info.class_targets is None and not found.targets.apart:
        return found
    targets = info.class_targets or ClassTargets()
    return GreenLightningModel.empty(found.paths, found.alpha, targets)


def _read(owner: VersionInfo, alpha: float) -> GreenLightningModel | None:
    with TemporaryDirectory() as folder:
        files = _downloaded(owner, folder)
        try:
            return GreenLightningModel.load_empty(files, alpha) if files else None
        except OSError:
            return None


def registered(info: VersionInfo, statistics: "Statistics") -> GreenLightningModel | None:
    """The model as registered, with ``statistics`` in place of pruned ones; None where other files are missing."""
    with TemporaryDirectory() as folder:
        if (files := _downloaded(info, folder)) is None:
            return None
        try:
            if info.pruned:
                statistics.save(files)
            return GreenLightningModel.load(files)
        except (OSError, IntegrityError):
            return None


def _downloaded(info: VersionInfo, folder: str) -> Path | None:
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    where = connect().get_model_version_download_uri(info.dataset, str(info.version))
    try:
        return Path(download_artifacts(f"{where}/{MODEL_FILES}", dst_path=folder))
    except (OSError, MlflowException):
        return None


def incomplete_error(
    info: VersionInfo, missing: dict[str, GreenLightningError], verified: str = ""
) -> GreenLightningError:
    """The error that names a version's missing or changed batches; ``verified`` describes the others."""
    first = next(
        (one for one in missing.values() if isinstance(one, IntegrityError)), next(iter(missing.values()))
    )
    causes = "; ".join(error.cause for error in missing.values())
    here = len(info.batches) - len(missing)
    return type(first)(
        f"{info.dataset} version {info.version} cannot be rebuilt completely: {causes}; "
        f"{here} of {len(info.batches)} batches are available{verified}",
        first.remedy,
    )
