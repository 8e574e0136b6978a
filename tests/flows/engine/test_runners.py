"""Runners: where the linear part of a run is computed."""

from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.engine.runners import check_runner
from flows.learning.fit import fit
from flows.learning.retrain import retrain
from flows.learning.train import train
from greenlightning.errors import InputError
from tasks.models import registry
from tests.helpers.digits import DIGITS, FIRST, add, outcome


def refused(runner: Any = "gpu") -> str:
    with pytest.raises(InputError) as error:
        check_runner(runner)
    return str(error.value)


def test_a_runner_that_nobody_serves_is_refused_before_any_work(prefect: None, champion: Path) -> None:
    add("first", FIRST)
    with temporary_settings({PREFECT_API_URL: None}):
        assert "needs a Prefect server" in refused()
    assert "is not deployed to the runner gpu" in refused()
    with get_client(sync_client=True) as client:
        client.request("POST", "/work_pools/", json={"name": "gpu", "type": "process"})
        flow_id = client.create_flow(fit)
        client.create_deployment(flow_id, "gpu", work_pool_name="gpu")
    assert "No worker polls the work pool gpu" in refused()
    for learn in (retrain, train):
        with pytest.raises(InputError, match="No worker polls"):
            outcome(learn, dataset=DIGITS, runner="gpu")
    assert [info.version for info in registry.versions(DIGITS)] == [1]
