"""A server that goes away in the middle of a retraining, or a locked database: nothing is lost or doubled."""

from typing import Any

import httpx
import pytest
from mlflow.exceptions import MlflowException
from prefect.client.orchestration import SyncPrefectClient
from prefect.states import State

from flows.engine.error_messages import is_elsewhere
from flows.learning.retrain import retrain
from tasks.core.constants import Kind, Tag
from tasks.models import registry
from tasks.tracking.client import connect, experiment_id
from tests.helpers.digits import DIGITS, FIRST, add, champion_number, learnt_jointly, outcome

pytestmark = pytest.mark.usefixtures("prefect", "champion")

GONE = {
    "MLflow": MlflowException("API request to http://127.0.0.1:5000 failed: Max retries exceeded"),
    "database": MlflowException("(sqlite3.OperationalError) database is locked"),
}


def finished() -> list[Any]:
    """The retrainings that MLflow has as finished, without their parts."""
    found = connect().search_runs([experiment_id(DIGITS)], "attributes.status = 'FINISHED'")
    whole = [run.data.tags for run in found if "mlflow.parentRunId" not in run.data.tags]
    return [tags for tags in whole if tags.get(Tag.KIND) == Kind.RETRAIN]


@pytest.mark.parametrize("step", ["registry.log_model", "registry.register_model", "champion.promote.fn"])
@pytest.mark.parametrize("what", GONE)
def test_without_mlflow_a_retraining_ends_named_and_the_next_one_completes(
    what: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = add("first", FIRST)

    def gone(*_: Any, **__: Any) -> None:
        raise GONE[what]

    with monkeypatch.context() as patch:
        patch.setattr(f"tasks.models.{step}", gone)
        failed = retrain(DIGITS, return_state=True)
    assert failed.is_failed() and is_elsewhere(GONE[what])
    assert champion_number() == 1
    done = outcome(retrain, dataset=DIGITS)
    assert (done.promoted, done.learnt) == (True, {first: 200})
    assert len(finished()) == 1
    model = registry.load(DIGITS)
    assert model.statistics.digest == learnt_jointly(model, list(model.ledger)).digest


def test_what_was_learnt_stays_learnt_where_prefect_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when its server is killed in the middle: it takes no final state any more."""
    first, tell = add("first", FIRST), SyncPrefectClient.set_flow_run_state

    def cut(client: SyncPrefectClient, flow_run_id: Any, state: State[Any], force: bool = False) -> Any:
        if state.is_final():
            raise httpx.ConnectError("All connection attempts failed")
        return tell(client, flow_run_id, state, force)

    with monkeypatch.context() as patch, pytest.raises(httpx.ConnectError):
        patch.setattr(SyncPrefectClient, "set_flow_run_state", cut)
        retrain(DIGITS, return_state=True)
    assert champion_number() == 2 and first in registry.load(DIGITS).ledger
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"
    assert champion_number() == 2 and len(finished()) == 1
