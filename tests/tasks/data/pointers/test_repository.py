"""DVC's repository is private, silent and inside the workspace, and takes as long for a batch as before others."""

from pathlib import Path

import pytest
from dvc.exceptions import ConfirmRemoveError

from greenlightning.errors import MachineError
from tasks.core.workspace import Workspace
from tasks.data.batch_files import waiting
from tasks.data.batch_index import batch_path
from tasks.data.pointers.repository import ensure_repo
from tasks.data.versioning import checkout, copies, version_batch
from tests.tasks.data.test_versioning import landed, stored

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")


def test_the_repository_is_private_silent_and_inside_the_workspace(tmp_path: Path, home: Path) -> None:
    from dvc.repo import Repo

    version_batch.fn(landed(tmp_path))
    with Repo(str(home)) as repo:
        assert Path(repo.site_cache_dir).is_relative_to(home)
        assert repo.config["core"]["analytics"] is False
        assert repo.config["core"]["check_update"] is False
        assert Path(repo.config["remote"]["store"]["url"]) == home / ".dvc" / "store"
    for folder in ("cache", "store", "tmp/site", "tmp/site/repo"):
        assert (home / ".dvc" / folder).stat().st_mode & 0o777 == 0o700


def test_what_dvc_would_open_to_all_is_closed_before_it_is_created_there(home: Path) -> None:
    """DVC makes `site/repo` with mode 0777, whatever the umask; it is there, closed, when DVC comes."""
    ensure_repo(Workspace.current())
    for folder in ("tmp/site", "tmp/site/repo"):
        assert (home / ".dvc" / folder).stat().st_mode & 0o777 == 0o700


def test_an_existing_configuration_is_left_alone(home: Path) -> None:
    ensure_repo(Workspace.current())
    config = home / ".dvc" / "config"
    config.write_text(config.read_text() + "# mine\n")
    ensure_repo(Workspace.current())
    assert config.read_text().endswith("# mine\n")


def test_no_batch_reads_the_pointers_of_others(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_all(*_: object) -> None:
        raise AssertionError("DVC reads the pointers of all batches")

    monkeypatch.setattr("dvc.repo.index.Index.from_repo", read_all)
    ref = version_batch.fn(landed(tmp_path))
    for copy in (batch_path("d", ref.id), stored(home, "cache", ref.md5)):
        copy.unlink()
    assert checkout(ref).is_file()


def test_a_remote_that_takes_nothing_is_the_fault_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(MachineError, match="copied into DVC's remote"):
        patch.setattr("dvc.data_cloud.DataCloud.push", lambda *_: None)
        version_batch.fn(landed(tmp_path))
    assert all(copies(version_batch.fn(waiting("d")[0])).values())


def test_a_cache_that_takes_nothing_is_the_fault_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ConfirmRemoveError("a.parquet")

    with monkeypatch.context() as patch, pytest.raises(MachineError, match="cache did not take"):
        patch.setattr("dvc.stage.Stage.add_outs", fail)
        version_batch.fn(landed(tmp_path))
    assert all(copies(version_batch.fn(waiting("d")[0])).values())
