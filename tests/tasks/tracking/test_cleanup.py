"""What dead processes left behind is ended and removed; what lives stays."""

import pytest

from tasks.core.constants import Kind
from tasks.core.workspace import Workspace
from tasks.tracking.cleanup import end_dead_runs, sweep_scratch
from tasks.tracking.runs import flow_run

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_scratch_folders_of_ended_runs_go_and_others_stay() -> None:
    scratch = Workspace.current().scratch
    with flow_run("digits", Kind.TRAIN) as ended:
        pass
    with flow_run("digits", Kind.TRAIN) as alive:
        for name in (ended, alive, "0" * 32):
            (scratch / name).mkdir(parents=True, exist_ok=True)
        assert sweep_scratch() == [f"scratch folder of run {ended} removed"]
        assert {folder.name for folder in scratch.iterdir()} == {alive, "0" * 32}


def test_a_dataset_without_runs_has_no_dead_ones() -> None:
    assert end_dead_runs("digits") == []


def test_a_run_that_lives_is_not_ended() -> None:
    with flow_run("digits", Kind.TRAIN):
        assert end_dead_runs("digits") == []
