"""The library as one file: a version keeps the code that serves it, and versions of one release share it."""

import hashlib
import io
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import greenlightning
from greenlightning.errors import IntegrityError
from tasks.core.constants import Tag
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect

LIBRARY = "greenlightning.zip"
LIBRARY_FILE = f"artifacts/{LIBRARY}"
WHEN = (1980, 1, 1, 0, 0, 0)
"""The same for all, so that the same code gives the same bytes."""


@cache
def library() -> bytes:
    """The sources of the library that runs, as an archive; the same bytes for the same code."""
    package, packed = Path(greenlightning.__file__).parent, io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for path in sorted(package.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = ZipInfo(path.relative_to(package.parent).as_posix(), WHEN)
                archive.writestr(entry, path.read_bytes(), ZIP_DEFLATED)
    return packed.getvalue()


def library_seal() -> dict[str, str]:
    """The tag that seals the archive."""
    return {Tag.LIBRARY: hashlib.sha256(library()).hexdigest()}


def check_library(info: VersionInfo) -> None:
    """Raise IntegrityError where the library of a version is missing, or is not the one that its tag seals."""
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    if (seal := info.tags.get(Tag.LIBRARY)) is None:
        return
    where = connect().get_model_version_download_uri(info.dataset, str(info.version))
    with TemporaryDirectory() as folder:
        try:
            content = Path(download_artifacts(f"{where}/{LIBRARY_FILE}", dst_path=folder)).read_bytes()
        except (OSError, MlflowException):
            content = b""
    if hashlib.sha256(content).hexdigest() != seal:
        raise IntegrityError(
            f"The library that serves {info.dataset} version {info.version} in MLflow is missing or corrupt",
            f"Run: greenlightning reproduce {info.version} --dataset {info.dataset} --restore",
        )
