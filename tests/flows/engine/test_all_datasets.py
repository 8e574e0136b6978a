"""Without a dataset, a retraining visits all that have a champion."""

from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow

from flows.engine.all_datasets import joined_outcome
from flows.engine.outcome import Outcome, outcome_of
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from flows.learning.train import train
from greenlightning.errors import InputError
from tests.helpers.digits import BASE, DIGITS, FIRST, LEARNING, SECOND, add, outcome, source


def test_without_a_dataset_all_that_have_a_champion_are_retrained(prefect: None, champion: Path) -> None:
    add("first", FIRST)
    assert outcome(retrain).dataset == DIGITS
    outcome(ingest, path=source("letters", BASE), dataset="letters")
    assert outcome(retrain).state == "Nothing to learn"
    outcome(train, dataset="letters", learning=LEARNING)
    second = add("second", SECOND)
    done = outcome(retrain)
    assert (done.state, done.dataset, set(done.learnt)) == ("Promoted", "digits, letters", {second})
    assert "letters: No new batches" in done.reason
    with pytest.raises(InputError, match="named without their dataset"):
        outcome(retrain, batches=[second])
    nightly = made(jitter="PT30M")
    assert executed(nightly).state == "Postponed"
    [later] = runs_named(f"{nightly.name} (postponed)")
    assert later.parameters == nightly.parameters


def made(**parameters: Any) -> FlowRun:
    """A run of a deployment of ``retrain``, which no worker will take."""
    with get_client(sync_client=True) as client:
        nightly = client.create_deployment(client.create_flow(retrain), "nightly", parameters=parameters)
        return client.create_flow_run_from_deployment(nightly)


def executed(flow_run: FlowRun) -> Outcome:
    """What a run comes to, run here as a worker would."""
    parameters = retrain.validate_parameters(flow_run.parameters)
    return outcome_of(run_flow(retrain, flow_run=flow_run, parameters=parameters, return_type="state"))


def runs_named(name: str) -> list[FlowRun]:
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate({"name": {"any_": [name]}}))


def test_without_any_champion_there_is_nothing_to_learn(prefect: None, mlflow_home: Path) -> None:
    done = outcome(retrain)
    assert (done.state, done.reason) == ("Nothing to learn", "no dataset of this workspace has a champion")


def test_the_most_eventful_state_names_what_several_came_to() -> None:
    ends = [Outcome(state=state, dataset=state[0], reason="-") for state in ("Nothing to learn", "Kept")]
    assert (joined_outcome(ends).state, joined_outcome(ends).reason) == ("Kept", "N: -; K: -")


def test_the_plans_of_several_datasets_are_planned_as_one_with_the_worst_health() -> None:
    plans = [
        Outcome(state="Planned", dataset=name, reason="2 batches", health=health)
        for name, health in (("digits", "green"), ("letters", "red"))
    ]
    rest = Outcome(state="Nothing to learn", dataset="shapes", reason="No new batches")
    joined = joined_outcome([rest, *plans])
    assert (joined.state, joined.health) == ("Planned", "red")
