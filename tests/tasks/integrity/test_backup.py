"""A workspace goes into one archive and comes back at another path, byte by byte and with its aliases."""

import shutil
from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import InputError, IntegrityError
from greenlightning.model import GreenLightningModel
from tasks.data.batch_index import batches as versioned_batches
from tasks.data.versioning import checkout
from tasks.integrity.backup import back_up, restore
from tasks.integrity.data_checks import check_data
from tasks.integrity.version_checks import check_versions
from tasks.models import registry
from tests.helpers.small_champion import served, versioned

pytestmark = [pytest.mark.usefixtures("mlflow_home"), pytest.mark.slow]


@pytest.fixture
def archive(tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path) -> Path:
    """The backup of a workspace with a champion of one batch."""
    ref = versioned(batches[0], tmp_path)
    model = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(batches[0], md5=ref.md5)
    served(model, tmp_path / "model", ref)
    back_up(tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def test_it_comes_back_at_another_path(
    archive: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, refs = registry.load("digits").statistics, versioned_batches("digits")
    shutil.rmtree(home)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(elsewhere))
    restore(archive)
    assert registry.load("digits").statistics == before
    assert versioned_batches("digits") == refs
    assert checkout(refs[0]).is_relative_to(elsewhere)
    assert [*check_data("digits"), *check_versions("digits")] == []


def test_what_versions_share_is_once_in_the_archive_and_on_the_disk(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = home / "data" / "first", home / "data" / "second"
    first.parent.mkdir()
    first.write_bytes(b"x" * 5_000_000)
    second.hardlink_to(first)
    back_up(tmp_path / "backup.tar")
    assert (tmp_path / "backup.tar").stat().st_size < 7_500_000
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(elsewhere))
    restore(tmp_path / "backup.tar")
    assert (elsewhere / "data/second").samefile(elsewhere / "data/first")


def test_a_workspace_in_use_is_left_alone(archive: Path) -> None:
    with pytest.raises(InputError, match="is in use"):
        restore(archive)


def test_a_restore_that_was_killed_is_started_again(
    archive: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = registry.load("digits").statistics
    shutil.rmtree(home)
    home.mkdir()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("tasks.integrity.backup.restore_copies", interrupted)
        restore(archive)
    restore(archive)
    assert registry.load("digits").statistics == before
    assert [*check_data("digits"), *check_versions("digits")] == []
    with pytest.raises(InputError, match="is in use"):
        restore(archive)


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_damaged_backup_is_refused_before_anything_is_written(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: float
) -> None:
    content = bytearray(archive.read_bytes())
    content[int(len(content) * place)] ^= 1
    archive.write_bytes(content)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(elsewhere))
    with pytest.raises(IntegrityError, match=r"backup\.tar is damaged"):
        restore(archive)
    assert list(elsewhere.iterdir()) == []
