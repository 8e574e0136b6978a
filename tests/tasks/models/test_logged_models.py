"""Logged models: a structure is stored once for every run that uses it, and nothing is pickled."""

import json
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import NothingServedError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind
from tasks.models.files.served_library import LIBRARY_FILE
from tasks.models.logged_models import LEDGER_FILE, attach_structures, log_structure
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tests.helpers.versions import files_of, register_in_a_run

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_a_structure_is_logged_once_and_attached_to_each_run(
    tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    tiny_model.structure.save(tmp_path / "structure")
    with flow_run("digits", Kind.TRAIN) as first:
        model_id = log_structure.fn(first, tmp_path / "structure")
    with flow_run("digits", Kind.TRAIN) as again:
        assert log_structure.fn(again, tmp_path / "structure") == model_id
    with flow_run("digits", Kind.RETRAIN) as second:
        assert attach_structures.fn(second, [tiny_model.structure.digest]) == (model_id,)
        with pytest.raises(NothingServedError, match="No structure"):
            attach_structures.fn(second, ["f" * 64])
    client = connect()
    outputs, inputs = client.get_run(first).outputs, client.get_run(second).inputs
    assert outputs and [made.model_id for made in outputs.model_outputs] == [model_id]
    assert inputs and [used.model_id for used in inputs.model_inputs] == [model_id]
    assert {path.path for path in client.list_logged_model_artifacts(model_id)} == {
        "structure.json",
        "structure.safetensors",
    }


def test_the_ledger_is_beside_the_model_and_nothing_is_pickled(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    files = files_of(register_in_a_run(tiny_model, tmp_path / "model"))
    ledger = json.loads((files / LEDGER_FILE).read_text())
    assert ledger["entries"] == {batches[0].id: {"rows": 30, "md5": "0" * 32, "site": None}}
    kinds = {path.suffix for path in files.rglob("*") if path.is_file()}
    assert kinds == {"", ".py", ".zip", ".json", ".safetensors", ".txt", ".yaml"}
    with ZipFile(files / LIBRARY_FILE) as library:
        assert {Path(name).suffix for name in library.namelist()} == {".py", ".pyi", ".typed"}
    requirements = (files / "requirements.txt").read_text().split()
    assert {"torch==2.13.0", f"numpy=={np.__version__}"} <= set(requirements)
