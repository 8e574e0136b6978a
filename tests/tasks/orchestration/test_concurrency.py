"""One run at a time for each model, where there is a deployment."""

from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectHTTPStatusError

from flows.engine.flow_decorator import flow
from tasks.orchestration.concurrency import LEASE_SECONDS, one_run_per_model


def test_a_run_without_a_deployment_takes_no_turn(prefect: None) -> None:
    @flow(name="alone")
    def alone() -> bool:
        with one_run_per_model("unlimited"), get_client(sync_client=True) as client:
            return "model-unlimited" in {limit.name for limit in client.read_global_concurrency_limits()}

    assert alone() is False
    with one_run_per_model("unlimited"):
        pass


def test_the_slot_of_a_killed_run_is_free_again_as_soon_as_prefect_allows(prefect: None) -> None:
    """A second less is refused as invalid; so much is not, though there is no such lease."""
    for seconds, status in ((LEASE_SECONDS - 1, 422), (LEASE_SECONDS, 410)):
        with get_client(sync_client=True) as client, pytest.raises(PrefectHTTPStatusError) as refused:
            client.renew_concurrency_lease(uuid4(), seconds)
        assert refused.value.response.status_code == status
