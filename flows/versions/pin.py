"""Pinning: protect a version from pruning, or remove the protection."""

from typing import Any

from prefect import State

from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.inputs.parameters import DatasetName, Stated, VersionNumber
from tasks.promotion import decisions


@flow(name="pin", flow_run_name="pin {dataset} version {version}", persist_result=False)
def pin(dataset: DatasetName, version: VersionNumber, reason: Stated) -> State[Any]:
    """Pin a version, so that maintenance never prunes it."""
    decisions.pin(dataset, version, reason)
    why = f"version {version} is never pruned: {reason}"
    return Outcome(state="Pinned", dataset=dataset, version=version, reason=why).completed()


@flow(name="unpin", flow_run_name="unpin {dataset} version {version}", persist_result=False)
def unpin(dataset: DatasetName, version: VersionNumber) -> State[Any]:
    """Unpin a version, so that maintenance may prune it."""
    decisions.unpin(dataset, version)
    why = f"version {version} may be pruned when it is old"
    return Outcome(state="Unpinned", dataset=dataset, version=version, reason=why).completed()
