"""The workspace: its folder is created when it is missing, and refused in one line when it cannot be."""

import stat
from pathlib import Path

import pytest
from prefect.settings import Settings
from sqlalchemy import make_url

from greenlightning.errors import InputError
from tasks.core.workspace import Workspace
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
