"""One run at a time for each model, where there is a deployment."""

from prefect.client.orchestration import get_client

from flows.engine.flow_decorator import flow
from tasks.orchestration.concurrency import one_run_per_model


def test_a_run_without_a_deployment_takes_no_turn(prefect: None) -> None:
    @flow(name="alone")
    def alone() -> bool:
        with one_run_per_model("unlimited"), get_client(sync_client=True) as client:
            return "model-unlimited" in {limit.name for limit in client.read_global_concurrency_limits()}

    assert alone() is False
    with one_run_per_model("unlimited"):
        pass
