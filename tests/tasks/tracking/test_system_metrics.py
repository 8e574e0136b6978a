"""System metrics of a run."""

import pytest

from tasks.core.constants import Kind, Metric
from tasks.tracking import system_metrics
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tests.helpers.digits import DIGITS
from tests.helpers.waiting import wait_for


@pytest.mark.usefixtures("mlflow_home")
def test_a_run_is_sampled_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_metrics, "SAMPLED_EVERY", 0.05)
    with flow_run(DIGITS, Kind.TRAIN) as run_id:
        names = wait_for(lambda: set(connect().get_run(run_id).data.metrics) - {Metric.JOULES}, "a sample")
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"} <= names
