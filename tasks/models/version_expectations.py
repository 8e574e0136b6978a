"""The expectations of a version, stored with the run that made it."""

from pydantic import ValidationError

from greenlightning.errors import IntegrityError
from tasks.models import registry
from tasks.tracking.client import artifact_uri
from tasks.validation.expectations import Expectations

EXPECTATIONS = "expectations.json"


def expectations_of(version: registry.VersionInfo) -> Expectations:
    """The expectations that new batches must meet, learnt from the base of the version's line.

    Raises IntegrityError if they are missing or corrupt.
    """
    from mlflow.artifacts import load_text
    from mlflow.exceptions import MlflowException

    try:
        where = artifact_uri(version.run_id, EXPECTATIONS)
        return Expectations.model_validate_json(load_text(where))
    except (MlflowException, OSError, ValidationError) as error:
        raise IntegrityError(
            f"The expectations of {version.dataset} version {version.version} are missing or corrupt",
            f"Restore mlruns/artifacts, or run: greenlightning rollback --dataset {version.dataset} --reason WHY",
        ) from error
