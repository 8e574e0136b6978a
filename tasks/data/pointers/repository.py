"""The workspace's DVC repository: one writer at a time, and objects that are named by their md5 alone.

DVC's own `add` and `push` read the pointers of all batches, so that every batch would take longer than the one
before. What they look for is known here: a batch has one file, one pointer and one hash.
"""

import hashlib
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from greenlightning.errors import MachineError
from tasks.core.atomic import replacing, write_text
from tasks.core.workspace import Workspace

CONFIG = """\
[core]
    analytics = false
    check_update = false
    remote = store
    no_scm = {no_scm}
['remote "store"']
    url = store
"""
IGNORED = "/config.local\n/tmp\n/cache\n/store\n"
REMEDY = "Check that its disk is neither full nor read-only, then run it again"


def ensure_repo(workspace: Workspace) -> None:
    """Make the workspace a DVC repository with a local default remote, unless it is one already.

    Nothing of it lies outside the workspace; the cache, the remote and the site, which DVC would open to all, are
    created closed to other users (0700).
    """
    folder = workspace.root / ".dvc"
    site = folder / "tmp" / "site"
    for private in (folder / "cache", folder / "store", site, site / "repo"):
        private.mkdir(parents=True, exist_ok=True)
        private.chmod(0o700)
    if not (folder / "config.local").exists():
        write_text(folder / "config.local", f"[core]\n    site_cache_dir = {site}\n")
    if not (folder / "config").exists():
        write_text(folder / ".gitignore", IGNORED)
        no_scm = str(not (workspace.root / ".git").exists()).lower()
        write_text(folder / "config", CONFIG.format(no_scm=no_scm))


@contextmanager
def writer(workspace: Workspace) -> Iterator[None]:
    """One writer at a time: DVC's own lock gives up after three seconds."""
    workspace.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(workspace.locks / "dvc.lock", timeout=600):
        ensure_repo(workspace)
        yield


@contextmanager
def repository(workspace: Workspace) -> Iterator[Any]:
    """The workspace's DVC repository, without its warnings and progress bars (shown up to level ERROR)."""
    from dvc.repo import Repo

    for logger in map(logging.getLogger, ("dvc", "dvc_data", "dvc_objects")):
        if logger.level != logging.CRITICAL:  # setting it again empties a cache of each logger of the process
            logger.setLevel(logging.CRITICAL)
    site = str(workspace.root / ".dvc" / "tmp" / "site")
    with Repo(str(workspace.root), config={"core": {"site_cache_dir": site}}) as repo:
        yield repo


def add(repo: Any, path: Path) -> None:
    """Bring a file into the cache and write its pointer; MachineError if the cache does not take it."""
    from dvc.exceptions import ConfirmRemoveError
    from dvc.repo import lock_repo

    if (md5 := md5_of(path)) is not None:
        _discard_unless(Path(repo.cache.local.oid_to_path(md5)), md5)
    try:
        with lock_repo(repo), repo.scm_context():
            stage = repo.stage.create(
                single_stage=True, validate=False, fname=f"{path}.dvc", wdir=str(path.parent), outs=[path.name]
            )
            stage.add_outs()
            stage.dump()
    except ConfirmRemoveError as error:  # it asks to remove a file that it could not store in its cache
        raise MachineError(f"DVC's cache did not take {path.name}", REMEDY) from error


def push(repo: Any, md5: str) -> None:
    """Bring a cached object into the remote; MachineError where that is a folder that does not take it."""
    from dvc.exceptions import UploadError

    repo.cloud.push([_hash_info(md5)])
    remote = repo.cloud.get_remote_odb()
    if remote.exists(md5):
        return
    if remote.fs.protocol != "local":
        raise UploadError(1)
    raise MachineError(f"The object {md5} could not be copied into DVC's remote", REMEDY)


def cached(repo: Any, md5: str) -> Path | None:
    """The cached object with exactly these bytes, fetched from the remote where it must be; None without them."""
    from dvc.exceptions import DvcException

    path = Path(repo.cache.local.oid_to_path(md5))
    _discard_unless(path, md5)
    if not path.exists():
        with suppress(DvcException):
            repo.cloud.pull([_hash_info(md5)])
    return path if md5_of(path) == md5 else None


def md5_of(path: Path) -> str | None:
    """The md5 of a file's bytes, as DVC names them; None if there is no file."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except FileNotFoundError:
        return None


def copy(source: Path, target: Path) -> None:
    """Copy a file's bytes; the target has all of them or is as before."""
    with replacing(target) as partial:
        shutil.copyfile(source, partial)


def _discard_unless(path: Path, md5: str) -> None:
    """Remove a cached object with other bytes than its name says; DVC would call it up to date."""
    if md5_of(path) != md5:
        path.unlink(missing_ok=True)


def _hash_info(md5: str) -> Any:
    from dvc_data.hashfile.hash_info import HashInfo

    return HashInfo("md5", md5)
