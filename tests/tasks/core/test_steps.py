"""Steps outside a flow run are plain calls: nothing of Prefect is asked."""

from typing import Any

import pytest
from prefect import flow

from tasks.core.steps import task


@task(task_run_name="double {number}", persist_result=False)
def double(number: int) -> int:
    return 2 * number


def test_a_step_outside_a_flow_run_is_a_plain_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prefect.task_engine.run_task_sync", lambda *_, **__: pytest.fail("a task run was made"))
    assert double(4) == 8


@pytest.mark.usefixtures("prefect")
def test_a_step_inside_a_flow_run_is_a_task_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect import task_engine

    made = []
    run = task_engine.run_task_sync

    def noted(**given: Any) -> Any:
        made.append(given["task"].name)
        return run(**given)

    monkeypatch.setattr(task_engine, "run_task_sync", noted)

    @flow
    def doubled() -> int:
        return double(4)

    assert doubled() == 8 and made == ["double"]
