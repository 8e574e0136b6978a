"""``predict`` from the command line: what it writes, what it says, what it refuses, and what it never starts."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pandas as pd
import pytest

from flows.console.inert_console import InertConsole
from flows.predictions.predict import _print_first
from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.predictions.predicting import PredictedFile
from tests.helpers.command import Said, command, refusal
from tests.helpers.small_champion import served, versioned

COLUMNS = ["x0", "x1", "x2", "x3"]


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    return command(capfd)


@pytest.fixture
def file(mlflow_home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path) -> Path:
    """Thirty rows without labels, in a workspace where version 1 of the digits serves."""
    served(tiny_model, tmp_path / "model", versioned(batches[0], tmp_path))
    path = tmp_path / "monday.csv"
    pd.DataFrame(batches[1].X, columns=COLUMNS).to_csv(path, index=False)
    return path


def test_predictions_stand_beside_the_file_and_the_version_is_named(
    file: Path, say: Callable[..., Said], tiny_model: GreenLightningModel, batches: list[Batch]
) -> None:
    said = say("predict", file, "-d", "digits")
    assert said.code == 0
    assert "30 rows by version 1 of digits" in said.out
    written = pd.read_csv(file.with_name("monday.predictions.csv"))
    assert written["prediction"].tolist() == tiny_model.predict(batches[1].X).tolist()


def test_json_has_what_the_text_has(file: Path, say: Callable[..., Said], batches: list[Batch]) -> None:
    pd.read_csv(file).assign(label=batches[1].y).to_csv(file, index=False)
    out = file.with_name("p.parquet")
    found = say("predict", file, "-d", "digits", "--proba", "--out", out, "--json").json
    assert (found["version"], found["rows"], found["scored_rows"]) == (1, 30, 30)
    assert found["out"] == str(out)
    assert list(pd.read_parquet(out).columns) == found["columns"]
    assert 0.5 < found["scores"]["accuracy"] <= 1.0


def test_the_first_rows_are_shown_under_the_names_of_the_classes(file: Path, say: Callable[..., Said]) -> None:
    heading = say("predict", file, "-d", "digits", "--proba").out.splitlines()[2]
    assert heading.split() == ["row", "prediction", "0", "1", "2"]


def test_standard_output_takes_the_predictions_alone(file: Path, say: Callable[..., Said]) -> None:
    said = say("predict", file, "-d", "digits", "--out", "-")
    assert len(said.out.splitlines()) == 31
    assert "by version 1 of digits" in said.err


def test_refusals_have_their_exit_codes(file: Path, say: Callable[..., Said], tmp_path: Path) -> None:
    none = say("predict", file, "-d", "letters")
    assert (none.code, refusal(none)) == (
        5,
        "Dataset 'letters' has no champion yet. Run: greenlightning train --dataset letters.",
    )
    pd.read_csv(file).drop(columns="x2").to_csv(tmp_path / "less.csv", index=False)
    lacking = say("predict", tmp_path / "less.csv", "-d", "digits")
    assert lacking.code == 3
    assert refusal(lacking).startswith("less.csv lacks column 'x2'")
    assert not (tmp_path / "less.predictions.csv").exists()
    assert say("predict", tmp_path / "none.csv", "-d", "digits").code == 3
    assert say("predict", file, "-d", "digits", "--at", "2020-01-01").code == 5
    assert say("predict", file, "-d", "digits", "--out", "-", "--json").code == 3


@pytest.mark.slow
def test_a_process_of_its_own_answers_without_prefects_server(file: Path) -> None:
    """Prefect's server would create its database in the workspace."""
    script = "from flows.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "predict", str(file), "-d", "digits", "--out", "-"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 31
    assert not (Path(os.environ["GREENLIGHTNING_HOME"]) / ".prefect" / "prefect.db").exists()


def test_of_many_classes_the_terminal_shows_how_probable_the_answer_is(capsys: pytest.CaptureFixture[str]) -> None:
    shares = {f"probability_{name}": share / 10 for share, name in enumerate("abcde")}
    row = {"row": 1, "prediction": "suv", **shares}
    _print_first(cast("PredictedFile", SimpleNamespace(columns=tuple(row), first=[row])), InertConsole(width=100))
    found = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip(" ─")]
    assert found == [["row", "prediction", "highest", "probability"], ["1", "suv", "0.4000"]]
