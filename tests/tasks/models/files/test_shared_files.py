"""What versions have in common is stored once, and each version keeps its files when another changes or goes."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.atomic import PARTIAL
from tasks.lineage.reproduce import put_back
from tasks.models import registry
from tasks.models.files.shared_files import local_folder, share_files
from tasks.models.retention import prune
from tasks.models.version_info import VersionInfo
from tests.helpers.versions import files_of, register_in_a_run

pytestmark = [pytest.mark.usefixtures("mlflow_home"), pytest.mark.slow]

FROZEN = ("structure.safetensors", "paths.safetensors", "structure.json", "paths.json")


@pytest.fixture
def two(tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path) -> tuple[VersionInfo, VersionInfo]:
    """Version 1, and version 2 that has learnt one more batch."""
    register_in_a_run(tiny_model, tmp_path / "first")
    register_in_a_run(tiny_model.learn(batches[1]), tmp_path / "second")
    return registry.version("digits", 1), registry.version("digits", 2)


def stored(version: int, name: str) -> Path:
    return files_of(version) / "artifacts" / "model" / name


def bytes_on_disk(*versions: int) -> int:
    """The bytes of the files of versions, each stored file counted once."""
    files = [path for version in versions for path in files_of(version).rglob("*") if path.is_file()]
    return sum({path.stat().st_ino: path.stat().st_size for path in files}.values())


def test_frozen_parts_and_the_library_are_stored_once(two: tuple[VersionInfo, VersionInfo]) -> None:
    first, second = two
    alone = bytes_on_disk(1, 2)
    freed = share_files(second, first)
    assert bytes_on_disk(1, 2) == alone - freed
    assert all(stored(1, name).samefile(stored(2, name)) for name in FROZEN)
    assert (files_of(1) / "artifacts/greenlightning.zip").samefile(files_of(2) / "artifacts/greenlightning.zip")
    assert not stored(1, "statistics.safetensors").samefile(stored(2, "statistics.safetensors"))
    assert share_files(second, first) == 0


def test_statistics_of_the_same_digest_are_stored_once_even_where_they_are_not_the_parents(
    two: tuple[VersionInfo, VersionInfo], tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    """As after forgetting the batch that version 2 had learnt."""
    register_in_a_run(tiny_model, tmp_path / "third")
    share_files(registry.version("digits", 3), two[1])
    assert stored(1, "statistics.safetensors").samefile(stored(3, "statistics.safetensors"))


def test_pruning_one_version_leaves_the_statistics_of_the_other(
    two: tuple[VersionInfo, VersionInfo], tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    register_in_a_run(tiny_model, tmp_path / "third")
    share_files(registry.version("digits", 3), two[0])
    prune.fn("digits", 1)
    assert registry.load("digits", 3).statistics == tiny_model.statistics


def test_putting_files_back_for_one_version_changes_nothing_of_the_other(
    two: tuple[VersionInfo, VersionInfo], tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    """As ``reproduce --restore`` does, here with other bytes than the shared ones."""
    share_files(two[1], two[0])
    before = stored(1, "structure.json").read_bytes()
    other = replace(tiny_model.structure, seen=())
    tiny_model.learn(batches[1]).save(tmp_path / "again")
    other.save(tmp_path / "again")
    put_back("digits", 2, tmp_path / "again")
    assert stored(1, "structure.json").read_bytes() == before != stored(2, "structure.json").read_bytes()
    assert registry.load("digits", 1).statistics == tiny_model.statistics


def test_a_kill_while_files_are_shared_leaves_a_version_that_loads_and_is_shared_by_the_next(
    two: tuple[VersionInfo, VersionInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    first, second = two
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", killed)
        share_files(second, first)
    assert [path for path in files_of(2).rglob(".*") if PARTIAL.fullmatch(path.name)]
    registry.load_version(second)
    assert share_files(second, first) > 0
    registry.load_version(second)


def test_a_disk_without_links_keeps_copies(
    two: tuple[VersionInfo, VersionInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refuse)
    assert share_files(two[1], two[0]) == 0
    assert not list(files_of(2).rglob(".*"))
    assert registry.load("digits", 2).statistics.n == 60


def test_only_folders_of_this_machine_are_shared() -> None:
    assert local_folder("s3://bucket/models/1") is None
    assert local_folder("file:///a%20b/c") == Path("/a b/c")
