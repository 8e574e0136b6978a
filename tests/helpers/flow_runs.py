"""What Prefect keeps of a flow run."""

from typing import Any, NamedTuple
from uuid import UUID

from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import Artifact, FlowRun, State


class Shown(NamedTuple):
    """A flow run as the dashboard has it, and its artifacts by type."""

    run: FlowRun
    artifacts: dict[str | None, Artifact]


def shown(state: State[Any]) -> Shown:
    """What Prefect keeps of the run that ended in ``state``."""
    run_id = state.state_details.flow_run_id
    assert isinstance(run_id, UUID)
    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        found = client.read_artifacts(artifact_filter=wanted)
        return Shown(client.read_flow_run(run_id), {artifact.type: artifact for artifact in found})
