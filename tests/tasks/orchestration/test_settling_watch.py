"""What a training shows of its settling: a log line, a check of the graph and progress, each epoch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from prefect import State, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

from flows.engine.flow_decorator import flow
from greenlightning.structure.settling import EpochRecord, SettlingRule
from tasks.core.progress import progress_listener
from tasks.orchestration import settling_watch
from tasks.orchestration.settling_watch import SettlingWatch, settling_artifact
from tests.helpers.flow_runs import shown
from tests.helpers.waiting import wait_for

RULE = SettlingRule(tolerance=0.01, patience=2)


def epochs(flips: Sequence[float]) -> list[EpochRecord]:
    """Records of successive epochs with these flip rates."""
    return [EpochRecord(n, flip, 0.05, 0.7, 0.4, 0.5, 0.9375, 1.0) for n, flip in enumerate(flips, start=1)]


@pytest.mark.parametrize(
    ("flips", "verdicts"),
    [
        ([0.2, 0.008, 0.004], ["continue", "continue", "settled"]),
        ([0.2, 0.1, 0.05, 0.02], ["continue", "continue", "continue", "not settled within the limit"]),
        ([0.2, 0.1, 0.009, 0.009], ["continue", "continue", "continue", "settled"]),
    ],
)
def test_each_epoch_continues_until_the_gates_settle_or_the_limit_is_reached(
    flips: list[float], verdicts: list[str]
) -> None:
    watch, seen = SettlingWatch(RULE, 4, lambda: 0.0), []
    for record in epochs(flips):
        watch.look(record)
        seen.append(watch.verdict)
    assert seen == verdicts


def test_with_early_stopping_the_training_ends_where_more_epochs_no_longer_help_the_solved_model() -> None:
    watch = SettlingWatch(RULE, 24, lambda: 0.0)
    verdicts = []
    for record, error in zip(epochs([0.2] * 4), [0.08, 0.05, None, 0.0495], strict=True):
        looked_at = replace(record, solved_error=error)
        watch.look(looked_at)
        verdicts.append(watch.verdict)
    assert verdicts == [*["continue"] * 3, "more epochs no longer help the solved model"]
    assert watch.progress == "more epochs no longer help the solved model, epoch"
    assert "error of the solved model 0.0495, 0.0 J so far: more epochs no longer help" in watch.line(looked_at)


def test_an_epoch_is_one_line_with_what_changed_and_what_it_cost() -> None:
    watch, [record] = SettlingWatch(RULE, 60, lambda: 12.34), epochs([0.25])
    watch.look(record)
    assert watch.line(record) == (
        "epoch 1 of 60: flip rate 0.2500, weight change 0.0500, OUI 0.700, "
        "validation accuracy 0.9375, 12.3 J so far"
    )


def test_progress_counts_the_epochs_and_ends_where_the_gates_settled() -> None:
    told: list[tuple[str, int, int]] = []
    watch = SettlingWatch(RULE, 60, lambda: 0.0)
    with progress_listener(lambda *report: told.append(report)):
        for record in epochs([0.2, 0.008, 0.004]):
            watch.look(record)
    assert told[0] == ("settling, flip rate 0.2000, epoch", 1, 60)
    assert told[-1] == ("the gates settled, epoch", 3, 60)


def test_a_flow_run_shows_log_lines_checks_and_the_epoch_where_the_gates_settled(
    prefect: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []

    class Log:
        """A log that keeps its lines."""

        def info(self, line: str) -> None:
            lines.append(line)

    monkeypatch.setattr(settling_watch, "get_run_logger", Log)

    @flow(name="settles")
    def settles(dataset: str) -> None:
        watch = SettlingWatch(RULE, 60, lambda: 2.0)
        with settling_artifact(dataset):
            for record in epochs([0.2, 0.008, 0.004]):
                watch.look(record)

    state = settles(dataset="digits", return_state=True)
    assert [line.partition(" of")[0] for line in lines] == ["epoch 1", "epoch 2", "epoch 3"]
    bar = shown(state).artifacts["progress"]
    assert (bar.key, bar.data) == ("settling-digits-progress", 100.0)
    assert bar.description == "the gates settled, epoch: 3 of 60"
    assert wait_for(lambda: len(found := checks(state)) == 3 and found, "three checks") == [
        ("settling, epoch 1: continue", "Continue"),
        ("settling, epoch 2: continue", "Continue"),
        ("settling, epoch 3: settled", "Settled"),
    ]


def checks(state: State[Any]) -> list[tuple[str, str | None]]:
    """Names and states of the task runs of a flow run, as far as the server has recorded them."""
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    with get_client(sync_client=True) as client:
        found = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])))
    return sorted((one.name, one.state_name) for one in found if one.state and one.state.is_final())
