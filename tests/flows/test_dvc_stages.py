"""The bench: a fresh clone runs it with `dvc repro`, and a second time nothing runs."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flows.dvc_stages import Parameters
from tasks.core.settings import Learning
from tasks.data.pointers.repository import CONFIG, IGNORED
from tests.helpers.servers.browser import MISSING, browser_page, picture

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def dvc(folder: Path, *arguments: str) -> str:
    """What ``dvc`` prints, run in ``folder`` with the Python of the tests."""
    ours = {"GREENLIGHTNING_HOME", "PREFECT_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "DVC_SITE_CACHE_DIR": str(folder / ".dvc" / "tmp" / "site"),
    }
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git checkout with the files that a clone would have, and the bench run once."""
    folder = tmp_path_factory.mktemp("clone")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    for name in filter(lambda name: (ROOT / name).is_file(), names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for command in (["init", "-q"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    dvc(folder, "repro")
    return folder


def test_a_fresh_clone_runs_all_stages_and_shows_the_metrics(clone: Path) -> None:
    (metrics,) = json.loads(dvc(clone, "metrics", "show", "--json"))[""]["data"].values()
    found = metrics["data"]
    scores = {"accuracy", "balanced_accuracy", "macro_f1", "log_loss", "ece"}
    assert set(found) == scores | {"seconds", "joules", "source"}
    assert found["accuracy"] > 0.97
    assert found["source"].startswith(("measured:", "estimated:"))


def test_a_second_repro_does_nothing(clone: Path) -> None:
    before = (clone / "dvc.lock").read_text()
    said = dvc(clone, "repro")
    assert said.count("didn't change, skipping") == 4
    assert "Running stage" not in said
    assert (clone / "dvc.lock").read_text() == before


def test_another_ridge_strength_keeps_the_structure(clone: Path) -> None:
    parameters = (clone / "params.yaml").read_text()
    try:
        (clone / "params.yaml").write_text(parameters.replace("alpha: auto", "alpha: 0.5"))
        said = dvc(clone, "repro", "--dry")
    finally:
        (clone / "params.yaml").write_text(parameters)
    assert "'structure' didn't change" in said
    assert "Running stage 'linear'" in said


def test_the_plots_show_settling_and_confusion(clone: Path) -> None:
    page = Path(dvc(clone, "plots", "show").strip().removeprefix("file://")).read_text()
    assert "How the structure settled" in page
    assert "Labels of the holdout" in page
    epochs = table(clone / "data/bench/settling.csv")
    assert set(epochs[0]) == {"epoch", "flip_rate", "weight_change"}
    assert float(epochs[-1]["flip_rate"]) < float(epochs[0]["flip_rate"])
    assert len(table(clone / "data/bench/confusion.csv")) == 450


@pytest.mark.browser
@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_the_plots_are_drawn_without_a_network(clone: Path) -> None:
    address = dvc(clone, "plots", "show").strip()
    with browser_page() as page:
        page.route("**/*", lambda route: route.continue_() if route.request.url == address else route.abort())
        page.goto(address)
        for title in ("How the structure settled", "Labels of the holdout"):
            page.locator("svg", has_text=title).wait_for()
        assert page.locator(".mark-line path").count() >= 2
        assert page.locator(".mark-rect path").count() >= 10
        picture(page, "dvc-plots")


def test_the_bench_leaves_only_its_lock_file_to_git(clone: Path) -> None:
    new = ["git", "ls-files", "--others", "--modified", "--exclude-standard"]
    seen = subprocess.run(new, cwd=clone, check=True, capture_output=True, text=True).stdout.split()
    assert seen == ["dvc.lock"]


def test_dvc_is_set_as_a_new_workspace_would_be_and_names_the_page_of_the_plots() -> None:
    plots = "[plots]\n    html_template = plots.html\n"
    assert (ROOT / ".dvc" / "config").read_text() == CONFIG.format(no_scm="false") + plots
    assert (ROOT / ".dvc" / ".gitignore").read_text() == IGNORED


def test_the_parameters_are_the_defaults_of_train() -> None:
    parameters = Parameters.model_validate(yaml.safe_load((ROOT / "params.yaml").read_text()))
    assert parameters == Parameters(dataset="digits", learning=Learning())
    assert set(parameters.learning.model_fields_set) == set(Learning.model_fields)
