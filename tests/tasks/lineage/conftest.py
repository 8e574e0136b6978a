"""A history of three versions for the tests of lineage."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind
from tasks.models import champion
from tasks.tracking.runs import flow_run
from tests.helpers.versions import register_version


@pytest.fixture
def history(mlflow_home: Path, tmp_path: Path, tiny_model: GreenLightningModel, batches: list[Batch]) -> list[str]:
    """Three versions: trained on batch 0, retrained on batch 1, batch 0 forgotten; the second one serves."""
    both = tiny_model.learn(batches[1], md5="1" * 32, site="north")
    steps = [
        (Kind.TRAIN, tiny_model, {"decision": "promoted", "reason": "first"}),
        (Kind.RETRAIN, both, {"decision": "promoted", "reason": "0.91 [not 0.90]", "parent_version": "1"}),
        (
            Kind.FORGET,
            both.forget(batches[0]),
            {"decision": "kept", "reason": "worse", "parent_version": "2"},
        ),
    ]
    runs = []
    for number, (kind, model, tags) in enumerate(steps):
        with flow_run("digits", kind) as run_id:
            register_version(model, tmp_path / str(number), run_id, tags)
        runs.append(run_id)
    champion.promote.fn("digits", 1, None)
    champion.promote.fn("digits", 2, 1)
    return runs
