"""Where the linear part is trained: in the run itself, or by a worker of another pool through ``fit``."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State, WorkPoolStatus
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings
from prefect.states import Cancelling

from flows.engine.session import Session
from flows.inputs.parameters import Runner
from greenlightning.errors import InputError
from tasks.data.batch_index import BatchRef
from tasks.training.remote_fit import read_result
from tasks.training.structure import TrainingResult

TIMEOUT = 4 * 3600.0
POLL_SECONDS = 0.5


def check_runner(runner: Runner) -> None:
    """Raise InputError where no worker serves ``runner``; called before any work begins."""
    if runner == "local":
        return
    if get_current_settings().api.url is None:
        raise InputError(
            f"The runner {runner} needs a Prefect server, and none is configured",
            "Start it with: greenlightning up, and set PREFECT_API_URL, or use --runner local",
        )
    with get_client(sync_client=True) as client:
        _check_pool(client, runner)


def _check_pool(client: SyncPrefectClient, runner: str) -> None:
    try:
        pool = client.read_deployment_by_name(f"fit/{runner}").work_pool_name or ""
        status = client.read_work_pool(pool).status
    except ObjectNotFound as error:
        raise InputError(
            f"The flow fit is not deployed to the runner {runner}",
            "Run: prefect deploy --all --prefect-file infra/prefect.yaml",
        ) from error
    if status is not WorkPoolStatus.READY:
        raise InputError(
            f"No worker polls the work pool {pool}",
            f"Start one with: prefect worker start --pool {pool}, or use --runner local",
        )


def fit_remotely(
    runner: Runner, run: Session, folder: Path, batches: list[BatchRef], holdout: BatchRef, **parameters: Any
) -> TrainingResult:
    """Let ``fit`` learn ``batches`` into ``folder``, wait for it, and return its result.

    ``parameters`` are the other parameters of ``fit``. Raises the fit's own error, or InputError if it ended
    without one.
    """
    ids = {"batches": [ref.id for ref in batches], "holdout": holdout.id}
    parameters |= {"dataset": run.dataset, "run_id": run.run_id, **ids}
    fitting = cast(FlowRun, run_deployment(f"fit/{runner}", parameters=parameters, timeout=0))
    with get_client(sync_client=True) as client, _cancelled_on_error(client, fitting.id):
        state = _ended(client, runner, fitting.id)
    return read_result(folder, f"ended as {state.name} ({state.message})")


def _ended(client: SyncPrefectClient, runner: str, run_id: UUID) -> State[Any]:
    """The final state of a flow run; InputError where no worker starts it, or it takes too long."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until:
        state = client.read_flow_run(run_id).state
        if state and state.is_final():
            return state
        if state and state.is_scheduled():
            _check_pool(client, runner)
        time.sleep(POLL_SECONDS)
    raise InputError(f"The fit on the runner {runner} took over {TIMEOUT / 3600:.0f} hours", "See its run")


@contextmanager
def _cancelled_on_error(client: SyncPrefectClient, run_id: UUID) -> Iterator[None]:
    """Cancel the flow run if the wait for it ends early, for whatever reason."""
    try:
        yield
    except BaseException:
        client.set_flow_run_state(run_id, Cancelling(message="the run that waited for it has ended"))
        raise
