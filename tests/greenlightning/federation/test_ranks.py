"""All-reduce over processes: every rank has the sums of all rows, to the bit."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from greenlightning.federation import SigningKey, publish
from greenlightning.linear.statistics import Statistics
from greenlightning.model import GreenLightningModel
from greenlightning.paths import SyntheticLandmarks
from greenlightning.structure.gates import Structure

ROOT = Path(__file__).resolve().parents[3]
RNG = np.random.default_rng(7)
X, Y = RNG.normal(size=(90, 4)), np.arange(90) % 3
pytestmark = pytest.mark.slow


def model(seed: int = 0) -> GreenLightningModel:
    rng = np.random.default_rng(seed)
    weights, biases = [rng.normal(size=(6, 4))], [np.zeros(6)]
    structure = Structure.from_arrays(np.zeros(4), np.ones(4), weights, biases)
    return GreenLightningModel.empty(SyntheticLandmarks.build(structure, X, Y, n_landmarks=8), alpha=1.0)


def ranks(folder: Path, number: int, of: np.ndarray) -> None:
    """Run the ranks, each a process of its own, and wait for them."""
    np.savez(folder / "rows.npz", X=X, y=Y, rank=of)
    for rank in range(number):
        (folder / f"sums-{rank}").mkdir()
    about = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.helpers.federation.one_rank"]
    started = [
        subprocess.Popen([*command, str(rank), str(number), str(folder)], env=about, cwd=ROOT)
        for rank in range(number)
    ]
    assert [process.wait(120) for process in started] == [0] * number


def test_each_rank_has_the_sums_of_all_though_one_has_no_rows_and_another_lacks_a_class(tmp_path: Path) -> None:
    publish(model(), tmp_path / "publication", SigningKey.generate())
    ranks(tmp_path, 3, np.where(Y == 2, 0, np.arange(90) % 2))
    central = model().collect(X, Y)
    for rank in range(3):
        assert Statistics.load(tmp_path / f"sums-{rank}").digest == central.digest


def test_ranks_with_different_recipes_all_stop(tmp_path: Path) -> None:
    publish(model(), tmp_path / "publication", SigningKey.generate())
    publish(model(seed=1), tmp_path / "publication-1", SigningKey.generate())
    ranks(tmp_path, 2, np.arange(90) % 2)
    errors = [(tmp_path / f"error-{rank}").read_text() for rank in range(2)]
    assert errors[0] == errors[1] and "The ranks differ in structure" in errors[0]
