"""verify and doctor say what is damaged and what they repaired; backup and restore say what they wrote."""

import json
import shutil
from pathlib import Path

import pytest

from flows.safety.archive import back_up, restore
from flows.safety.checking import doctor, verify
from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.data.batch_index import BatchRef, pointer_path
from tasks.data.batch_index import batches as versioned_batches
from tests.helpers.small_champion import served, versioned

pytestmark = [
    pytest.mark.usefixtures("mlflow_home"),
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning"),
]


@pytest.fixture
def ref(tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path, home: Path) -> BatchRef:
    """The one batch of a champion."""
    home.chmod(0o700)
    found = versioned(batches[0], tmp_path)
    model = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(batches[0], md5=found.md5)
    served(model, tmp_path / "model", found)
    return found


def test_a_whole_workspace_passes_and_damage_is_named_with_the_remedy(
    ref: BatchRef, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(None, as_json=False)
    assert capsys.readouterr().out == "All that is stored is whole.\n"
    pointer_path("digits", ref.id).write_text("outs: [")
    assert not verify("digits", as_json=False)
    said = capsys.readouterr().out
    assert f"{ref.id}.parquet.dvc of dataset 'digits' is damaged or missing" in said
    assert "greenlightning doctor --fix" in said


def test_doctor_repairs_what_loses_nothing(ref: BatchRef, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doctor(fix=True, as_json=True)
    shutil.rmtree(home / ".dvc" / "cache" / "files")
    capsys.readouterr()
    assert not doctor(fix=False, as_json=True)
    [found] = json.loads(capsys.readouterr().out)["findings"]
    assert (found["what"], found["repairable"]) == ("its copy in cache is missing or damaged", True)
    assert doctor(fix=True, as_json=True)
    assert len(json.loads(capsys.readouterr().out)["repaired"]) == 1
    assert doctor(fix=False, as_json=True)


def test_a_backup_is_told_and_comes_back(
    ref: BatchRef, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "monday.tar"
    back_up(archive, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["archive"], told["bytes"]) == (str(archive), archive.stat().st_size)
    shutil.rmtree(home)
    home.mkdir()
    restore(archive, as_json=False)
    assert "again" in capsys.readouterr().out
    assert versioned_batches("digits") == [ref]
