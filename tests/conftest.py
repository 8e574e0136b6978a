"""Every test has a workspace of its own, no telemetry, and nothing of the user's environment."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from greenlightning.data.batch import Batch

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel
    from tests.helpers.servers.up import Up

SCRATCH = tempfile.TemporaryDirectory(prefix="greenlightning-tests-")
os.environ |= {
    "DO_NOT_TRACK": "true",
    "GOMP_SPINCOUNT": "1000",
    "GREENLIGHTNING_HOME": SCRATCH.name,
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OMP_NUM_THREADS": "1",
    "PREFECT_CLIENT_MAX_RETRIES": "10",
    "PREFECT_HOME": str(Path(SCRATCH.name) / "prefect"),
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
SLOW_FIXTURES = {"prefect", "up"}
"""Fixtures that start servers: every test with one of them is marked slow."""
FOREIGN = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a server as slow."""
    for item in items:
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace that ``Workspace.current()`` finds for the length of one test."""
    folder = tmp_path / "work space"
    folder.mkdir()
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(folder))
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's SQLite file with its tables, made once: making it takes over a second."""
    from tasks.tracking.client import connect

    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GREENLIGHTNING_HOME", str(folder))
        connect().search_experiments()
    return folder / "mlruns" / "mlflow.db"


@pytest.fixture
def mlflow_home(home: Path, empty_database: Path) -> Path:
    """The test's workspace with an MLflow database that is ready."""
    (home / "mlruns").mkdir(mode=0o700)
    shutil.copy(empty_database, home / "mlruns")
    return home


@pytest.fixture(scope="session")
def batches() -> list[Batch]:
    """Three batches of 30 rows, four columns and three labels."""
    rng = np.random.default_rng(0)
    centres = 3.0 * rng.normal(size=(3, 4))
    made = []
    for _ in range(3):
        y = np.arange(30) % 3
        made.append(Batch(centres[y] + rng.normal(size=(30, 4)), y))
    return made


@pytest.fixture(scope="session")
def tiny_model(batches: list[Batch]) -> "GreenLightningModel":
    """A real model of two gated layers and twelve landmarks that has learnt the first batch."""
    from greenlightning.model import GreenLightningModel
    from greenlightning.paths import LandmarkPaths
    from greenlightning.structure.gates import Structure

    rng = np.random.default_rng(1)
    weights, biases = [rng.normal(size=(6, 4)), rng.normal(size=(5, 6))], [np.zeros(6), np.zeros(5)]
    seen = (batches[0].id,)
    structure = Structure.from_arrays(np.zeros(4), np.ones(4), weights, biases, seen=seen)
    paths = LandmarkPaths.build(structure, batches[0].X, batches[0].y, n_landmarks=12, seen=seen)
    return GreenLightningModel.empty(paths, alpha=1.0).learn(batches[0], md5="0" * 32)


@pytest.fixture(scope="session", autouse=True)
def no_naps() -> Iterator[None]:
    """Files that were written just now are not watched for a while: the tests have finished them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tasks.data.arrivals.QUIET", 0)
        yield


@pytest.fixture(scope="session")
def prefect() -> Iterator[None]:
    """A Prefect server of the tests' own, and flows without the heartbeat that costs each a second."""
    from prefect.testing.utilities import prefect_test_harness

    from flows.engine.runtime import embedded
    from tests.helpers.waiting import LIMIT

    with prefect_test_harness(server_startup_timeout=int(LIMIT)), embedded():
        yield


@pytest.fixture(scope="session")
def trained(prefect: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a first champion of the digits, trained once; copy it before changing it."""
    from flows.learning.train import train
    from tests.helpers.digits import BASE, DIGITS, LEARNING, add, outcome

    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GREENLIGHTNING_HOME", str(folder))
        add("base", BASE)
        assert outcome(train, dataset=DIGITS, learning=LEARNING).promoted
    return folder


@pytest.fixture
def champion(trained: Path, home: Path) -> Path:
    """The test's workspace, where version 1 of the digits serves already."""
    from tests.helpers.digits import moved

    moved(trained, home)
    return home


@pytest.fixture(scope="session")
def up(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Up]":
    """``greenlightning up``, started once, where version 1 of the digits serves; tests add to it, none ends it."""
    from tests.helpers.digits import moved
    from tests.helpers.servers.up import upped

    home = tmp_path_factory.mktemp("up") / "work space"
    moved(trained, home)
    with upped(home) as running:
        yield running
