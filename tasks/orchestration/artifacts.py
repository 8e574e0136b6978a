"""The artifacts, the name and the retries of a flow run in Prefect."""

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.context import FlowRunContext

from tasks.core import processes
from tasks.orchestration.lost_runs import PROCESS_LABEL

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

ArtifactType = Literal["markdown", "table", "image", "progress"]


@dataclass(frozen=True)
class RunArtifacts:
    """A flow run by its id, the number of this attempt (from 1), the retries allowed, and a client."""

    run: UUID
    attempt: int
    retries: int
    client: "SyncPrefectClient"

    @classmethod
    def current(cls) -> "RunArtifacts | None":
        """The flow run that calls this; None outside of one."""
        context = FlowRunContext.get()
        if context is None or context.flow_run is None:
            return None
        run = context.flow_run
        return cls(run.id, run.run_count, run.empirical_policy.retries or 0, get_client(sync_client=True))

    @property
    def retries_left(self) -> int:
        """How often Prefect may still retry the run."""
        return self.retries - (self.attempt - 1)

    def rename(self, name: str) -> None:
        """Give the run the name that its MLflow run has."""
        self.client.set_flow_run_name(self.run, name)

    def name_process(self) -> None:
        """Label a run that no worker started with this process, so that its death is noticed."""
        context = FlowRunContext.get()
        if context and context.flow_run and context.flow_run.deployment_id is None:
            self.client.update_flow_run_labels(self.run, {PROCESS_LABEL: processes.name(os.getpid())})

    def create(self, kind: ArtifactType, key: str, data: Any, description: str) -> UUID:
        """Create an artifact of the run; the dashboard shows artifacts of one ``key`` as versions of one thing."""
        wanted = ArtifactCreate(key=key, type=kind, data=data, description=description, flow_run_id=self.run)
        return self.client.create_artifact(wanted).id

    def update(self, artifact: UUID, data: Any, description: str) -> None:
        """Replace data and description of an artifact."""
        self.client.update_artifact(artifact, ArtifactUpdate(data=data, description=description))

    def retry_after(self, seconds: int) -> None:
        """Let Prefect retry the run so many seconds after its next failure."""
        self._set_policy(retries=self.retries, retry_delay=seconds)

    def stop_retrying(self) -> None:
        """Keep Prefect from retrying the run after its next failure."""
        self._set_policy(retries=0)

    def _set_policy(self, **changed: int) -> None:
        policy = self.client.read_flow_run(self.run).empirical_policy
        self.client.update_flow_run(self.run, empirical_policy=policy.model_copy(update=changed))


def artifact_key(*parts: str) -> str:
    """A key as Prefect allows it: lower-case letters, digits and single dashes."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")
