"""The whole job by commands: in JSON for machines, and in words."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.learning.retrain import retrain
from tasks.models import registry
from tasks.tracking.client import connect
from tests.helpers.command import Said
from tests.helpers.digits import BASE, DIGITS, FIRST, SECOND, add, outcome, source

pytestmark = pytest.mark.usefixtures("prefect")


def test_the_whole_job_by_its_commands_in_json(home: Path, say: Callable[..., Said]) -> None:
    base = say("ingest", source("base", BASE), "-d", DIGITS, "--json").json
    assert base["state"] == "Versioned"
    trained = say("train", "-d", DIGITS, "--max-epochs", "1", "--json").json
    assert (trained["state"], trained["version"]) == ("Promoted", 1)
    say("ingest", source("first", FIRST), "-d", DIGITS)
    retrained = say("retrain", "-d", DIGITS, "--json").json
    assert (retrained["state"], retrained["version"]) == ("Promoted", 2)
    [first] = retrained["learnt"]
    assert say("retrain", "-d", DIGITS, "--json").json["state"] == "Nothing to learn"
    assert say("forget", first, "-d", DIGITS, "--reason", "asked", "--json").json["version"] == 3
    federated = say("federate", "-d", DIGITS, "--site", f"north={source('north', SECOND)}", "--json").json
    assert federated["version"] == 4
    assert say("rollback", "-d", DIGITS, "--to", "3", "--reason", "x", "--json").json["state"] == "Rolled back"
    status = say("status", "--json").json["datasets"][DIGITS]
    assert (status["champion"], status["batches"], status["forgotten"], status["not_learnt"]) == (
        3,
        2,
        [first],
        [],
    )
    lineage = say("lineage", "-d", DIGITS, "--json").json
    assert (lineage["kind"], lineage["name"]) == ("version", "digits version 3 (champion)")


def test_a_retraining_tells_scores_and_energy_with_its_source(champion: Path, say: Callable[..., Said]) -> None:
    add("first", FIRST)
    said = say("retrain", "-d", DIGITS)
    told = " ".join(said.out.split())
    assert said.code == 0
    assert told.startswith("Promoted digits v2: accuracy ")
    assert "accuracy 0.9" in told and "learnt 200 rows in 1 batch" in told
    assert "(estimated from processor time)" in told or "(measured by " in told


def test_status_and_lineage_in_words(champion: Path, say: Callable[..., Said]) -> None:
    first = add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    waits = add("second", SECOND)
    status = say("status")
    assert status.code == 0
    accuracy = connect().get_run(registry.champion_of(DIGITS).run_id).data.metrics["accuracy"]
    line = status.out.splitlines()[-1].split()
    assert line[:3] == [DIGITS, "v2", f"{accuracy:.3f}"]
    assert line[4:7] == ["3,", "1", "new"]
    lineage = say("lineage", "-d", DIGITS)
    assert "digits version 2 (champion)" in lineage.out
    assert first in lineage.out and waits not in lineage.out
    assert registry.load(DIGITS).structure.digest[:12] in lineage.out
    of_batch = say("lineage", first, "-d", DIGITS)
    assert "digits version 2 (champion)" in of_batch.out


def test_status_of_an_empty_workspace_says_what_to_do(home: Path, say: Callable[..., Said]) -> None:
    said = say("status")
    assert "No dataset yet. Bring one in with: greenlightning ingest FILE" in " ".join(said.out.split())
    assert say("status", "--json").json["datasets"] == {}
    assert not (home / "mlruns").exists()


def test_the_installed_command_refuses_in_one_line(home: Path) -> None:
    command = [sys.executable, "-c", "from flows.cli import main; main()", "retrain", "--dataset", "../x"]
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_LOGGING_LEVEL"}
    environment["PREFECT_HOME"] = str(home / ".prefect")
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=Path(__file__).parents[3])
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1
    assert "dataset name '../x' is not allowed" in done.stderr
