"""Files that versions have in common are stored once: equal files on one disk become links to the same bytes.

Nothing else changes: each version still has all its files, and deleting those of one leaves those of the others.
A store on another machine keeps a copy for each version.
"""

import errno
import os
from collections.abc import Iterator
from filecmp import cmp
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tasks.core.atomic import partial_of
from tasks.core.constants import Tag
from tasks.core.faults import Fault, reached
from tasks.models import registry
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import artifact_uri, connect

NO_LINKS = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP)
"""What a file system answers that has no links, or no more of them, between two places."""


def share_files(info: VersionInfo, parent: VersionInfo | None) -> int:
    """Store once what a version has in common with its parent, or with one of the same statistics; bytes freed.

    Structure, recipe, serving code, expectations and health reference are mostly the parent's.
    """
    alike = registry.having(info.dataset, Tag.STATISTICS_DIGEST, info.tags[Tag.STATISTICS_DIGEST])
    freed = 0
    for other in filter(None, (parent, *alike)):
        if other.version != info.version:
            freed += _share(model_folder(info), model_folder(other))
            freed += _share(
                local_folder(artifact_uri(info.run_id, "")), local_folder(artifact_uri(other.run_id, ""))
            )
    reached(Fault.FILES_SHARED)
    return freed


def model_folder(info: VersionInfo) -> Path | None:
    """The folder of a version's files on this machine; None where they are elsewhere."""
    return local_folder(connect().get_model_version_download_uri(info.dataset, str(info.version)))


def run_folder(info: VersionInfo) -> Path | None:
    """The folder of what the run of a version logged; None where it is elsewhere."""
    return local_folder(artifact_uri(info.run_id, ""))


def local_folder(address: str) -> Path | None:
    """The folder of an artifact address; None where it is not one of this machine."""
    parts = urlsplit(address)
    return Path(url2pathname(parts.path)) if parts.scheme in ("", "file") else None


def _share(folder: Path | None, other: Path | None) -> int:
    """Link each file of ``folder`` that has the name and the bytes of one of ``other`` to that; bytes freed."""
    freed = 0
    for path, same in _equal(folder, other) if folder and other else ():
        partial = partial_of(path)
        try:
            os.link(same, partial)
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            if error.errno in NO_LINKS:
                return freed
            raise
        freed += path.stat().st_size
    return freed


def _equal(folder: Path, other: Path) -> Iterator[tuple[Path, Path]]:
    for path in sorted(folder.rglob("*")):
        same = other / path.relative_to(folder)
        if path.is_file() and same.is_file() and not path.samefile(same) and cmp(path, same, shallow=False):
            yield path, same
