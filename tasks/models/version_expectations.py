"""The expectations of a version, stored with the run that made it, or that learnt them again for it.

What was learnt from the base stays the same from version to version and has a file of its own, which they share.
"""

import json

from greenlightning.errors import InputError, IntegrityError
from tasks.core.constants import Tag
from tasks.data.batch_files import read_content
from tasks.data.batch_index import BatchRef
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.tracking.client import artifact_uri, connect
from tasks.validation.expectations import Expectations, learn_expectations

EXPECTATIONS, OF_BASE = "expectations.json", "expectations_of_base.json"
BASE = {"base", "alignment"}
"""The largest fields, made from the base alone."""


def expectations_of(version: registry.VersionInfo) -> Expectations:
    """The expectations that new batches must meet, learnt from the base of the version's line.

    Raises IntegrityError if they are missing, corrupt, or not those that its tag seals.
    """
    from mlflow.exceptions import MlflowException

    run_id, _, digest = version.tags.get(Tag.EXPECTATIONS, version.run_id).partition(" ")
    try:
        found = Expectations.model_validate_json(_stored(run_id))
        if digest and digest != found.digest:
            raise ValueError("they are not those that were recorded")
    except (MlflowException, OSError, ValueError) as error:
        raise IntegrityError(
            f"The expectations of {version.dataset} version {version.version} are missing or corrupt",
            f"Restore mlruns/artifacts, or run: greenlightning rollback --dataset {version.dataset} --reason WHY",
        ) from error
    return found


def _stored(run_id: str) -> str:
    """The JSON of the expectations that a run logged; earlier releases have it in one file."""
    from mlflow.artifacts import load_text

    found = json.loads(load_text(artifact_uri(run_id, EXPECTATIONS)))
    if isinstance(found, dict) and "base" not in found and "low" not in found:
        found |= json.loads(load_text(artifact_uri(run_id, OF_BASE)))
    return json.dumps(found)


def log_expectations(run_id: str, expectations: Expectations) -> dict[str, str]:
    """Log expectations with a run; the tag that names the run and seals them."""
    client = connect()
    client.log_text(run_id, expectations.model_dump_json(include=BASE), OF_BASE)
    client.log_text(run_id, expectations.model_dump_json(exclude=BASE), EXPECTATIONS)
    return {Tag.EXPECTATIONS: f"{run_id} {expectations.digest}"}


def follow_batch(version: registry.VersionInfo, ref: BatchRef, run_id: str) -> tuple[str, ...]:
    """Move the expectations of a version along with a batch; a note on it."""
    expectations = expectations_of(version)
    measures = expectations.measures(read_content(checkout(ref)))
    if tuple(measures.names) != expectations.features:
        return ("its columns are not those of the champion, which cannot learn it; train again",)
    _record(version, expectations.following(ref.id, measures), run_id)
    return (f"version {version.version} expects such batches from now on",)


def relearn(version: registry.VersionInfo, refs: list[BatchRef], run_id: str) -> Expectations:
    """Learn the expectations of a version from batches, and keep the labels that it knows.

    Raises InputError without batches, or where they have other columns than the version's.
    """
    if not refs:
        raise InputError("There is no batch to learn expectations from", "Name one with --from")
    old = expectations_of(version)
    learnt = learn_expectations(*(checkout(ref) for ref in refs)).knowing(old.labels)
    if learnt.features != old.features:
        raise InputError(
            f"The batches have other columns than version {version.version}",
            f"Train again: greenlightning train --dataset {version.dataset}",
        )
    _record(version, learnt, run_id)
    return learnt


def _record(version: registry.VersionInfo, expectations: Expectations, run_id: str) -> None:
    """Keep expectations with a run, and name run and digest on the version."""
    client = connect()
    for tag, where in log_expectations(run_id, expectations).items():
        client.set_model_version_tag(version.dataset, str(version.version), tag, where)
