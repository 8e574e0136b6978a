"""A run names the batches that it read, by DVC md5."""

import pytest

from tasks.core.constants import Kind, Tag
from tasks.data.batch_index import BatchRef
from tasks.tracking.client import connect
from tasks.tracking.inputs import log_batch_input
from tasks.tracking.runs import flow_run

MD5 = "0123456789abcdef0123456789abcdef"

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_a_batch_is_a_dataset_input_named_by_its_md5_and_its_file_is_not_opened() -> None:
    about = {"landed_at": "2026-01-01", "source": "a.csv", "expectations": "", "classes": (0, 1)}
    batch = BatchRef.model_validate({"dataset": "digits", "id": "ab" * 8, "md5": MD5, "rows": 120, **about})
    with flow_run("digits", Kind.RETRAIN) as run_id:
        log_batch_input(run_id, batch, "training")
    inputs = connect().get_run(run_id).inputs
    assert inputs
    [found] = inputs.dataset_inputs
    tags = {tag.key: tag.value for tag in found.tags}
    assert (found.dataset.name, found.dataset.digest) == ("ab" * 8, MD5)
    assert found.dataset.source == f'{{"uri": "data/batches/digits/{"ab" * 8}.parquet"}}'
    assert tags == {"mlflow.data.context": "training", Tag.DVC_MD5: MD5, Tag.ROWS: "120"}
