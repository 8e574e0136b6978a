"""MLflow's model registry: register a version with its lineage, find versions, load one."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from greenlightning.errors import IntegrityError
from tasks.core.constants import BATCH_TAG, Alias, Tag
from tasks.core.faults import Fault, reached
from tasks.core.workspace import checked_name
from tasks.models import embedded_registry
from tasks.models.files.seals import seal_of, seal_of_tags, seal_of_text
from tasks.models.files.served_library import library_seal
from tasks.models.logged_models import MODEL_FILES, digests, ledger_text, log_model
from tasks.models.model_card import model_description
from tasks.models.version_info import VersionInfo as VersionInfo
from tasks.models.version_info import batch_tags, no_champion, no_version, pruned_error
from tasks.tracking.client import connect

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

    from greenlightning.model import GreenLightningModel

FROM_RUN = (Tag.KIND, Tag.FLOW_RUN_ID, Tag.GIT_COMMIT, Tag.GIT_DIRTY, Tag.HEALTH)


def register_model(
    model: "GreenLightningModel",
    model_dir: Path,
    dataset: str,
    run: "Run",
    tags: Mapping[str, str],
    description: str,
    features: Sequence[str] = (),
) -> int:
    """Register ``model``, saved in ``model_dir``, as the dataset's next version and return its number.

    Artifacts come first and the version second, with all its tags at once; no alias moves. With ``features``
    the served model takes columns by name, without it any float64 array or frame of the right width.
    """
    client, run_tags = connect(), run.data.tags
    lineage = {tag: run_tags[tag] for tag in FROM_RUN if tag in run_tags} | _lineage(model) | dict(tags)
    lineage |= (
        batch_tags(BATCH_TAG, _md5_of_batches(model)) | seals(model, model_dir) | {Tag.TAGS: seal_of_tags(lineage)}
    )
    model_id = log_model(model, model_dir, _next_name(checked_name(dataset)), run, features)
    reached(Fault.MODEL_LOGGED)
    _ensure_registered(client, dataset)
    source = f"models:/{model_id}"
    made = client.create_model_version(
        dataset, source, run.info.run_id, lineage, description=description, model_id=model_id
    )
    shown = [{"name": dataset, "version": made.version}]
    client.set_logged_model_tags(model_id, {"mlflow.modelVersions": json.dumps(shown)})
    reached(Fault.REGISTERED)
    return int(made.version)


def _next_name(dataset: str) -> str:
    """What MLflow's list of an experiment's models calls the next version."""
    try:
        newest = embedded_registry.newest(dataset)
    except sqlite3.Error:
        newest = max((int(one.version) for one in _search(f"name = '{dataset}'", 1)), default=0)
    return f"{dataset} v{newest + 1}"


def seals(model: "GreenLightningModel", folder: Path) -> dict[str, str]:
    """The tags that seal the files of a saved model, its ledger, and the library that serves it."""
    return {Tag.FILES: seal_of(folder), Tag.LEDGER: seal_of_text(ledger_text(model))} | library_seal()


def _lineage(model: "GreenLightningModel") -> dict[str, str]:
    """What makes a version findable: digests, ridge strength, class weights, and how much it learnt."""
    from greenlightning.data.targets import targets_to_dict

    sizes = {Tag.ROWS: model.statistics.n, Tag.BATCHES: len(model.ledger.entries)}
    facts: dict[str, str] = {tag: str(size) for tag, size in sizes.items()}
    apart = {Tag.CLASS_WEIGHT: json.dumps(targets_to_dict(model.targets))} if model.targets.apart else {}
    return digests(model) | facts | apart | {Tag.ALPHA: repr(model.alpha)}


def _md5_of_batches(model: "GreenLightningModel") -> dict[str, str]:
    return {name: entry.md5 or "" for name, entry in model.ledger.entries.items()}


def _ensure_registered(client: "MlflowClient", dataset: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(dataset, description=model_description(dataset))
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def champion(dataset: str) -> VersionInfo | None:
    """The serving version, or None where the dataset has none yet."""
    return find(dataset, Alias.CHAMPION)


def champion_of(dataset: str) -> VersionInfo:
    """The serving version; NothingServedError where there is none yet."""
    if serving := champion(dataset):
        return serving
    raise no_champion(dataset)


def version(dataset: str, number: int | Alias) -> VersionInfo:
    """The version of that number or alias; raises NothingServedError where there is none."""
    if found := find(dataset, number):
        return found
    raise no_version(dataset, number)


def versions(dataset: str) -> list[VersionInfo]:
    """All versions of the dataset, the newest first."""
    from mlflow.exceptions import MlflowException

    client = connect()
    try:
        aliases = client.get_registered_model(checked_name(dataset)).aliases
    except MlflowException as error:
        _unless_absent(error)
        return []
    names: dict[int, tuple[str, ...]] = {}
    for alias, number in aliases.items():
        names[int(number)] = (*names.get(int(number), ()), alias)
    found = _search(f"name = '{dataset}'")
    return [_info(entry, names.get(int(entry.version), ())) for entry in found]


def made_from(dataset: str, number: int) -> list[VersionInfo]:
    """The versions made from version ``number``, without their aliases."""
    return having(dataset, Tag.PARENT_VERSION, str(number))


def having(dataset: str, tag: Tag, value: str) -> list[VersionInfo]:
    """The versions with that value of a tag, the newest first, without their aliases."""
    with suppress(sqlite3.Error):
        return embedded_registry.having(dataset, tag, value)
    condition = f"name = '{checked_name(dataset)}' AND tags.`{tag}` = '{value}'"
    return [_info(entry, ()) for entry in _search(condition)]


def made_by(dataset: str, run_id: str) -> list[VersionInfo]:
    """The versions that a run registered, the newest first, without their aliases."""
    with suppress(sqlite3.Error):
        return embedded_registry.made_by(dataset, run_id)
    return [_info(entry, ()) for entry in _search(f"run_id = '{run_id}'") if entry.name == dataset]


def _search(condition: str, most: int | None = None) -> "list[ModelVersion]":
    import mlflow

    connect()
    found: list[ModelVersion] = mlflow.search_model_versions(
        most, filter_string=condition, order_by=["version_number DESC"]
    )
    return found


def find(dataset: str, number: int | Alias) -> VersionInfo | None:
    """The version of that number or alias, or None where there is none.

    The embedded store is read by SQLite, which takes a twentieth of MLflow's time.
    """
    connect()
    return embedded_registry.find(dataset, number)


def find_in_mlflow(dataset: str, number: int | Alias) -> VersionInfo | None:
    """The version as MLflow answers, which is asked where a server keeps the versions."""
    from mlflow.exceptions import MlflowException

    client = connect()
    try:
        if isinstance(number, Alias):
            found = client.get_model_version_by_alias(checked_name(dataset), number)
        else:
            found = client.get_model_version(checked_name(dataset), str(number))
    except MlflowException as error:
        _unless_absent(error)
        return None
    return _info(found, found.aliases)


def _unless_absent(error: Exception) -> None:
    """Raise the error again unless it says that a model, version or alias does not exist."""
    no_alias = "alias" in str(error) and "not found" in str(error)
    if not no_alias and getattr(error, "error_code", "") != "RESOURCE_DOES_NOT_EXIST":
        raise error


def _info(found: "ModelVersion", aliases: Sequence[str]) -> VersionInfo:
    return VersionInfo(
        dataset=found.name,
        version=int(found.version),
        run_id=found.run_id or "",
        created=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC).isoformat(timespec="seconds"),
        aliases=tuple(sorted(aliases)),
        tags=dict(found.tags),
        description=found.description or "",
    )


def load(dataset: str, number: int | Alias = Alias.CHAMPION) -> "GreenLightningModel":
    """Load a version from its safetensors and JSON.

    Raises NothingServedError if there is no such version, IntegrityError if its files are missing, corrupt,
    pruned, or not those that were registered.
    """
    return load_version(version(dataset, number))


def load_version(found: VersionInfo) -> "GreenLightningModel":
    """Load a version that was looked up already, as ``load`` does."""
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    from greenlightning.model import GreenLightningModel

    where = connect().get_model_version_download_uri(found.dataset, str(found.version))
    with TemporaryDirectory() as folder:
        try:
            files = Path(download_artifacts(f"{where}/{MODEL_FILES}", dst_path=folder))
            model = GreenLightningModel.load(files)
            seal = seal_of(files)
        except (OSError, MlflowException) as error:
            raise (pruned_error(found) if found.pruned else _broken(found, "are missing or corrupt")) from error
    is_other = found.tags.get(Tag.FILES, seal) != seal or found.batches != _md5_of_batches(model)
    if is_other or any(found.tags.get(tag) != fact for tag, fact in _lineage(model).items()):
        raise _broken(found, "are not those that were registered")
    return model


def _broken(found: VersionInfo, fault: str) -> IntegrityError:
    return IntegrityError(
        f"The files of {found.dataset} version {found.version} {fault}",
        f"Restore mlruns/artifacts, or run: greenlightning rollback --dataset {found.dataset} --reason WHY",
    )
