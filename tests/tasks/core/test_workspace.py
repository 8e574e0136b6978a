"""The workspace: its folder is created when it is missing, and refused in one line when it cannot be."""

import os
import shutil
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from prefect.settings import Settings
from sqlalchemy import make_url

from greenlightning.errors import InputError, MachineError
from tasks.core.workspace import ROOM, Workspace, checked_name
from tasks.data.versioning import is_stored, version_batch
from tasks.tracking.client import connect, experiment_id
from tests.helpers.digits import DIGITS, FIRST, drop

pytestmark = pytest.mark.slow


def test_a_workspace_is_created_with_its_parents_closed_to_others(home: Path) -> None:
    root = home / "a" / "b" / "c"
    Workspace(root).create()
    Workspace(root).create()
    modes = {stat.S_IMODE(folder.stat().st_mode) for folder in (root, root.parent, root.parent.parent)}
    assert modes == {0o700}


@pytest.mark.parametrize("umask", [0, 0o077, 0o277], ids=oct)
def test_a_workspace_is_closed_under_any_umask(home: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        Workspace(home / "made" / "here").create()
    finally:
        os.umask(before)
    assert {stat.S_IMODE((home / name).stat().st_mode) for name in ("made", "made/here")} == {0o700}


def test_the_workspace_of_another_user_is_refused_in_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: home.stat().st_uid + 4321)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(MachineError, match=r"belongs to another user .*Run the command as that user") as refusal:
        Workspace(home).create()
    assert len(str(refusal.value).splitlines()) == 1


def test_a_full_or_closed_disk_is_named_before_a_run_begins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Workspace(home).check_room()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=ROOM - 1))
        with pytest.raises(MachineError, match=r"The disk is full: 31 MiB are left in .*\. Free 32 MiB"):
            Workspace(home).check_room()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(MachineError, match="cannot be written to"):
        Workspace(home).check_room()


@pytest.mark.parametrize(
    "name", ["a.b", "a:b", "a/b", "..", ".a", "-a", "A", "ä", "", "a" * 64, "a\nb", "<b>", "a b"]
)
def test_a_name_that_a_store_refuses_is_refused_everywhere(name: str) -> None:
    for use in (checked_name, Workspace.current().incoming, Workspace.current().batches):
        with pytest.raises(InputError, match=r"Use 1 to 63 of a-z, 0-9, '_' and '-'"):
            use(name)


def test_a_holdout_lies_beside_its_dataset_and_has_none_itself() -> None:
    assert (
        Workspace.current().incoming("digits.holdout") == Workspace.current().root / "data/incoming/digits.holdout"
    )
    with pytest.raises(InputError):
        checked_name("digits.holdout.holdout")


def test_a_file_is_no_workspace(home: Path) -> None:
    (home / "file").touch()
    for root in (home / "file", home / "file" / "below"):
        with pytest.raises(
            InputError, match=r"cannot be created: .*\. Name another folder in GREENLIGHTNING_HOME"
        ):
            Workspace(root).create()


@pytest.mark.parametrize("name", ["que?x", "dol$ar", "br{ace", "bra}ce", "new\nline", "tab\tx"])
def test_a_path_that_a_store_cannot_use_is_refused(name: str, home: Path) -> None:
    with pytest.raises(InputError, match=r"The path of the workspace, .* contains ") as refusal:
        Workspace(home / name).create()
    assert len(str(refusal.value).splitlines()) == 1
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("name", ["ha#sh", "per%20cent", "quo'te", 'dou"ble', "sp ace", "ümläut", "a&b=c"])
def test_stores_keep_their_files_in_folders_with_unusual_names(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = home / name
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(root))
    monkeypatch.setenv("PREFECT_HOME", str(root / ".prefect"))
    Workspace(root).create()
    client = connect()
    run = client.create_run(experiment_id(DIGITS)).info.run_id
    client.log_text(run, "hello", "note.txt")
    assert list((root / "mlruns" / "artifacts").rglob("note.txt")) and (root / "mlruns" / "mlflow.db").is_file()
    assert is_stored(version_batch.fn(drop("first", FIRST)))
    address = Settings().server.database.connection_url
    assert address and make_url(address.get_secret_value()).database == str(root / ".prefect" / "prefect.db")
    assert [folder.name for folder in home.iterdir()] == [name]


@pytest.mark.parametrize(("stores", "mode"), [(True, 0o700), (False, 0o755)])
def test_an_open_workspace_is_closed_and_a_folder_of_other_things_is_left(
    tmp_path: Path, stores: bool, mode: int
) -> None:
    """A folder that is no workspace yet may be the user's own, or that of a whole machine."""
    folder = tmp_path / "open"
    folder.mkdir()
    (folder / "file").touch()
    if stores:
        (folder / "mlruns").mkdir()
    folder.chmod(0o755)
    Workspace(folder).create()
    assert folder.stat().st_mode & 0o777 == mode


def test_a_path_is_told_from_the_workspace_on_where_it_is_in_it(home: Path) -> None:
    workspace = Workspace(home)
    assert workspace.seen_from_here(home / "data" / "a.csv") == "data/a.csv"
    assert workspace.seen_from_here(Path("/elsewhere/a.csv")) == "/elsewhere/a.csv"
