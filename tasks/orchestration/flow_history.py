"""Retention of Prefect's history: old flow runs are deleted with their task runs, logs and artifacts."""

from datetime import UTC, datetime

from tasks.core.steps import task

PAGE = 50


def keeps_own_history() -> bool:
    """Whether Prefect runs embedded; a server prunes its own history, and may be shared."""
    from prefect.settings import PREFECT_API_URL

    return not PREFECT_API_URL.value()


def history_begins() -> datetime:
    """Flow runs that ended before this may be deleted: Prefect's own setting, 90 days by default."""
    from prefect.settings import get_current_settings

    return datetime.now(UTC) - get_current_settings().server.services.db_vacuum.retention_period


@task(task_run_name="drop flow runs that ended before {before}", persist_result=False)
def drop_flow_runs(before: datetime) -> int:
    """Delete the flow runs that ended before a moment, and return how many there were."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterEndTime

    old, dropped = FlowRunFilter(end_time=FlowRunFilterEndTime(before_=before)), 0
    with get_client(sync_client=True) as client:
        while found := client.read_flow_runs(flow_run_filter=old, limit=PAGE):
            for run in found:
                client.delete_flow_run(run.id)
            dropped += len(found)
    return dropped
