"""A version's windows side by side: artifacts of its run, sealed by a tag, deleted once a later version serves."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from greenlightning.errors import IntegrityError
from tasks.core.constants import Tag
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import artifact_uri, connect

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel
    from greenlightning.model.windows import Windows

WINDOWS = "windows"
INDEX = "windows.json"


def log_windows(run_id: str, folder: Path) -> dict[str, str]:
    """Log the windows saved in ``folder`` with the run; return the tag that seals them."""
    connect().log_artifacts(run_id, str(folder), WINDOWS)
    return {Tag.WINDOWS: _seal(folder)}


def load_windows(info: VersionInfo, like: "GreenLightningModel") -> "Windows | None":
    """The windows of a version under the recipe of ``like``; None where it has none.

    Raises IntegrityError where they are missing, corrupt, or not those that its tag seals.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    from greenlightning.model.windows import Windows

    if Tag.WINDOWS not in info.tags:
        return None
    fault = IntegrityError(
        f"the windows of {info.dataset} version {info.version} are missing or corrupt", "Restore mlruns/artifacts"
    )
    with TemporaryDirectory() as place:
        try:
            folder = Path(download_artifacts(artifact_uri(info.run_id, WINDOWS), dst_path=place))
        except (OSError, MlflowException) as error:
            raise fault from error
        if not (folder / INDEX).is_file() or _seal(folder) != info.tags[Tag.WINDOWS]:
            raise fault
        return Windows.load(folder, like)


def drop_windows(info: VersionInfo) -> None:
    """Delete the windows of a version; the champion's are enough, and they can be made again from the batches."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    if Tag.WINDOWS in info.tags:
        connect().delete_model_version_tag(info.dataset, str(info.version), Tag.WINDOWS)
        place: Any = get_artifact_repository(artifact_uri(info.run_id, ""))
        place.delete_artifacts(WINDOWS)


def _seal(folder: Path) -> str:
    return hashlib.sha256((folder / INDEX).read_bytes()).hexdigest()
