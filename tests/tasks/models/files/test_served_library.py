"""The library of a version: one file with the same bytes for the same code, sealed, and enough to serve alone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import IntegrityError
from greenlightning.model import GreenLightningModel
from tasks.models import registry
from tasks.models.files.served_library import LIBRARY_FILE, check_library, library
from tests.helpers.versions import files_of, register_in_a_run

pytestmark = pytest.mark.slow

ALONE = """
import sys, numpy as np, mlflow.pyfunc
assert not [name for name in sys.modules if name.startswith("greenlightning")]
model = mlflow.pyfunc.load_model(sys.argv[1])
import greenlightning
assert "greenlightning-" in greenlightning.__file__, greenlightning.__file__
np.save(sys.argv[3], model.predict(np.load(sys.argv[2])))
"""


def test_the_same_code_gives_the_same_bytes() -> None:
    first = library()
    library.cache_clear()
    assert library() == first


@pytest.mark.usefixtures("mlflow_home")
def test_a_version_serves_by_its_own_library_in_a_process_that_has_another(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    number = register_in_a_run(tiny_model, tmp_path / "model")
    asked, answered = tmp_path / "asked.npy", tmp_path / "answered.npy"
    np.save(asked, batches[2].X)
    arguments = [str(files_of(number)), str(asked), str(answered)]
    subprocess.run([sys.executable, "-c", ALONE, *arguments], check=True, cwd=tmp_path)
    assert np.array_equal(np.load(answered), tiny_model.predict(batches[2].X))


@pytest.mark.usefixtures("mlflow_home")
def test_a_changed_bit_of_the_library_is_noticed(tiny_model: GreenLightningModel, tmp_path: Path) -> None:
    register_in_a_run(tiny_model, tmp_path / "model")
    info, stored = registry.version("digits", 1), files_of(1) / LIBRARY_FILE
    check_library(info)
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    with pytest.raises(IntegrityError, match="The library that serves digits version 1"):
        check_library(info)
