"""A run names the batches that it read, by file, DVC md5 and columns."""

import json

import pytest

from greenlightning.tables import Column, Kind, TableSchema
from tasks.core.constants import Kind as RunKind
from tasks.core.constants import Tag
from tasks.data.batch_index import BatchRef
from tasks.tracking.client import connect
from tasks.tracking.inputs import batch_of, columns_of, log_batch_input
from tasks.tracking.runs import flow_run

MD5 = "0123456789abcdef0123456789abcdef"

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_a_batch_is_a_dataset_input_named_after_its_file_which_is_not_opened() -> None:
    about = {"landed_at": "2026-01-01", "source": "a.csv", "expectations": "", "classes": (0, 1)}
    batch = BatchRef.model_validate({"dataset": "digits", "id": "ab" * 8, "md5": MD5, "rows": 120, **about})
    with flow_run("digits", RunKind.RETRAIN) as run_id:
        log_batch_input(run_id, batch, "training")
    inputs = connect().get_run(run_id).inputs
    assert inputs
    [found] = inputs.dataset_inputs
    tags = {tag.key: tag.value for tag in found.tags}
    assert (found.dataset.name, found.dataset.digest, batch_of(found)) == ("a.csv", MD5, "ab" * 8)
    assert found.dataset.source == f'{{"uri": "data/batches/digits/{"ab" * 8}.parquet"}}'
    assert tags == {
        "mlflow.data.context": "training",
        Tag.BATCH: "ab" * 8,
        Tag.DVC_MD5: MD5,
        Tag.ROWS: "120",
    }


def test_the_columns_of_the_schema_are_those_that_mlflow_shows() -> None:
    columns = (Column("size", Kind.NUMERIC), Column("colour", Kind.CATEGORICAL))
    assert columns_of(None) is None
    assert json.loads(columns_of(TableSchema(columns, label="price", task="regression")) or "") == {
        "mlflow_colspec": [
            {"name": "size", "type": "double"},
            {"name": "colour", "type": "string"},
            {"name": "price", "type": "double"},
        ]
    }
