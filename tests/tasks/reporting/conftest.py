"""A workspace with a history for the tests of reporting."""

from pathlib import Path

import pytest

from flows.learning.federate import federate
from flows.learning.forget import forget
from flows.learning.retrain import retrain
from tasks.core.constants import Subject
from tasks.training.baselines import run_baseline
from tests.helpers.digits import DIGITS, FIRST, SECOND, THIRD, add, moved, outcome, source


@pytest.fixture(scope="session")
def lived(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with four versions: trained, retrained on two batches, one forgotten, one brought by a site.

    The conventional network stands beside version 2.
    """
    folder = tmp_path_factory.mktemp("lived")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GREENLIGHTNING_HOME", str(folder))
        moved(trained, folder)
        first, _ = add("first", FIRST), add("second", SECOND)
        outcome(retrain, dataset=DIGITS)
        run_baseline.fn(DIGITS, 2, Subject.CONVENTIONAL)
        outcome(forget, dataset=DIGITS, batch=first, reason="withdrawn")
        outcome(federate, dataset=DIGITS, sites={"north": source("north", THIRD)})
    return folder


@pytest.fixture
def workspace(lived: Path, home: Path) -> Path:
    """The test's own copy of it; MLflow remembers where the artifacts of a run lie, by its id alone."""
    from mlflow.tracking._tracking_service.utils import _artifact_repos_cache

    moved(lived, home)
    _artifact_repos_cache.clear()
    return home
