"""A line of the study is one run, with its numbers as metrics; the experiment is its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from greenlightning.errors import InputError
from tasks.tracking.client import connect, experiment_id
from tasks.tracking.study_runs import log_study_line, numbers, study_experiment

CELL = {"dataset": "digits", "seed": 3, "decay": "oui"}
FOUND: dict[str, Any] = {"commit": "abc", "data": "01", "command": "c", "held": 0.5, "epochs": {"oui": [0.1, 0.2]}}


def test_a_line_is_one_run_with_its_origin_its_numbers_and_the_whole_record(home: Path) -> None:
    run_id = log_study_line.fn("weight-decay", CELL, FOUND)
    assert log_study_line.fn("weight-decay", CELL, FOUND) == run_id
    other = log_study_line.fn("weight-decay", CELL | {"seed": 4}, FOUND)
    assert other != run_id
    client = connect()
    run = client.get_run(run_id)
    assert run.info.run_name == "weight-decay digits 3 oui"
    assert run.data.params == {"experiment": "weight-decay", "dataset": "digits", "seed": "3", "decay": "oui"}
    assert run.data.metrics == {"held": 0.5}
    assert {name: run.data.tags[name] for name in ("commit", "data", "command")} == {
        "commit": "abc",
        "data": "01",
        "command": "c",
    }
    stored = home / "mlruns" / "artifacts" / "study" / run_id / "artifacts" / "line.json"
    assert json.loads(stored.read_text()) == {"cell": CELL, **FOUND}
    assert len(client.search_runs([study_experiment()])) == 2


def test_numbers_are_named_by_their_path() -> None:
    found = {"a": 1, "b": {"network, warm start": 0.5, "c": {"d": 2.0}}, "text": "x", "curve": [1, 2], "is": True}
    assert dict(numbers(found)) == {"a": 1.0, "b/network warm start": 0.5, "b/c/d": 2.0}


def test_the_experiment_of_a_dataset_of_that_name_is_not_taken() -> None:
    experiment_id("study")
    with pytest.raises(InputError, match=r"that of a dataset of this name.*GREENLIGHTNING_HOME"):
        study_experiment()
