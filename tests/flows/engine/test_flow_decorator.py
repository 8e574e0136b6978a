"""Every flow's decorator: a run has a name, a page and its ledger, or one line that says why it failed."""

from pathlib import Path
from typing import Any

import pytest

from flows.learning.retrain import retrain
from tasks.core.constants import Alias
from tasks.models import registry
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS, FIRST, add, outcome
from tests.helpers.flow_runs import shown


def test_a_retrain_has_a_name_a_page_and_the_ledger(prefect: None, champion: Path) -> None:
    first = add("first", FIRST)
    state = retrain(dataset=DIGITS, return_state=True)
    run, artifacts = shown(state)
    serving = registry.version(DIGITS, Alias.CHAMPION)
    assert (serving.version, run.name, run.state_name) == (2, "retrain digits +1 batch", "Promoted")
    assert connect().get_run(serving.run_id).info.run_name == "retrain v2, first.parquet"
    page = artifacts["markdown"]
    assert (page.key, page.description) == ("retrain-digits", "promoted, version 2")
    text = str(page.data)
    assert "# Retrain digits: promoted, version 2" in text
    assert f"| `{first}` | 200 | first.parquet | passed |" in text
    accuracy = connect().get_run(serving.run_id).data.metrics["accuracy"]
    assert f"| {accuracy:.4f} |" in text
    assert "| avoided, estimated (" in text or "| more than training from scratch, estimated (" in text
    assert f"`greenlightning lineage 2 --dataset {DIGITS}`" in text
    table = artifacts["table"]
    assert (table.key, "image" in artifacts) == ("ledger-digits", False)
    assert first in str(table.data)


def test_a_failure_says_cause_and_remedy_in_its_state_and_on_its_page(prefect: None, mlflow_home: Path) -> None:
    state = retrain(dataset=DIGITS, return_state=True)
    run, artifacts = shown(state)
    remedy = "Run: greenlightning train --dataset digits (here: the form of the deployment train)"
    line = f"Dataset 'digits' has no champion yet. {remedy}."
    assert run.state and (run.state_name, run.state.message) == ("Failed", line)
    page = str(artifacts["markdown"].data)
    assert "| **what failed** | Dataset 'digits' has no champion yet |" in page
    assert f"| **what to do** | {remedy} |" in page


def test_a_parameter_that_is_wrong_is_named_in_the_state(prefect: None, mlflow_home: Path) -> None:
    state = retrain(dataset="Not a name", return_state=True)
    assert state.name == "Failed" and state.message and "Not a name" in state.message
    assert "\n" not in state.message


def test_a_dashboard_that_does_not_answer_fails_no_run(
    prefect: None, champion: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no route")

    monkeypatch.setattr("tasks.orchestration.artifacts.RunArtifacts.create", broken)
    add("first", FIRST)
    assert outcome(retrain, dataset=DIGITS).promoted
