"""``greenlightning study --quick``: measured once, logged as runs of one experiment, and its pages."""

import json
from pathlib import Path

import pytest

from flows.inputs.study import DATASETS, EXPERIMENTS, SEEDS, check_study
from flows.study import folders, study
from greenlightning.data.datasets import Dataset
from greenlightning.errors import InputError
from tasks.core.environment import CHECKOUT
from tasks.tracking.client import connect
from tests.helpers.command import command
from tests.helpers.small import blobs


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """A tiny table in place of the digits."""
    from benchmarks.study import running

    X, y = blobs(150, n_classes=3)
    found = Dataset("digits", X[:120], y[:120], X[120:], y[120:], tuple("abcd"), "made here")
    monkeypatch.setattr(running, "rows_of", lambda name: found)
    return found


@pytest.mark.slow
def test_a_quick_study_is_measured_once_and_logged_a_line_a_run(table: Dataset, home: Path) -> None:
    questions = ("settling", "retraining", "keeping-up", "weight-decay", "budgets")
    done = study(questions, ("digits",), (0, 1), quick=True)
    assert done.measured == done.lines == 1 + 2 + 4 + 3 + 7
    client = connect()
    runs = client.search_runs([client.get_experiment_by_name("study").experiment_id])
    assert len(runs) == done.lines
    for run in runs:
        assert run.info.status == "FINISHED"
        assert run.data.params["seed"] == "0"
        assert {"command", "commit", "data", "code", "machine"} <= run.data.tags.keys()
        assert run.data.tags["command"].startswith("greenlightning study --experiment ")
        assert run.data.tags["command"].endswith(" --dataset digits --seed 0 --quick")
    names = [Path(page).name for page in done.pages]
    assert names == ["settling.md", "retraining.md", "keeping-up.md", "weight-decay.md", "budgets.md"]
    assert all(Path(page).is_relative_to(home / "mlruns" / "study") for page in done.pages)
    again = study(questions, ("digits",), (0, 1), quick=True)
    assert (again.measured, again.lines) == (0, done.lines)
    assert len(client.search_runs([runs[0].info.experiment_id])) == done.lines


@pytest.mark.slow
def test_the_command_measures_what_was_chosen_and_prints_it(
    table: Dataset, capfd: pytest.CaptureFixture[str]
) -> None:
    say = command(capfd)
    said = say("study", "--quick", "--experiment", "weight-decay", "--json")
    assert said.code == 0
    told = json.loads(said.out)
    assert (told["measured"], told["lines"], told["mlflow_experiment"]) == (3, 3, "study")
    said = say("study", "--quick", "--experiment", "weight-decay")
    assert "0 of 3 lines measured now" in said.out


def test_what_the_study_knows_is_what_the_experiments_are() -> None:
    from benchmarks.core.common import SETS
    from benchmarks.study import experiments

    assert tuple(experiments.EXPERIMENTS) == EXPERIMENTS
    assert SETS == DATASETS
    assert len(SEEDS) == 5


def test_a_quick_study_leaves_the_checkout_alone(home: Path) -> None:
    assert folders(quick=True) == (home / "mlruns/study/results", home / "mlruns/study/docs")
    assert folders(quick=False) == (CHECKOUT / "benchmarks/results", CHECKOUT / "docs")


@pytest.mark.parametrize(
    ("experiments", "datasets", "message"),
    [
        (("oui",), DATASETS, "The study has no experiment 'oui'"),
        (EXPERIMENTS, ("mnist",), "The study has no dataset 'mnist'"),
    ],
)
def test_another_name_is_refused_with_those_there_are(
    experiments: tuple[str, ...], datasets: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        check_study(experiments, datasets)


def test_without_a_checkout_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.inputs.study.CHECKOUT", tmp_path)
    with pytest.raises(InputError, match=r"are not part of this installation.*Run it from a checkout"):
        check_study(EXPERIMENTS, DATASETS)
