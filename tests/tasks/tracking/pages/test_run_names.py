"""The name of a run says what it did, which version it made, and of which files."""

import pytest

from tasks.core.constants import Kind, Tag
from tasks.data.batch_index import BatchRef
from tasks.tracking.client import connect
from tasks.tracking.inputs import log_batch_input
from tasks.tracking.pages.run_names import name_after_version, run_name
from tasks.tracking.runs import flow_run


def test_a_name_has_the_version_and_two_files_and_counts_the_others() -> None:
    assert run_name("retrain", 3, ["slanted.parquet"]) == "retrain v3, slanted.parquet"
    assert run_name("train", 1, ["a.csv", "b.csv"]) == "train v1, a.csv, b.csv"
    assert run_name("retrain", 4, ["a.csv", "b.csv", "c.csv", "d.csv"]) == "retrain v4, a.csv, b.csv, 2 more"
    assert run_name("federate", 5, []) == "federate v5"


@pytest.mark.usefixtures("mlflow_home")
def test_a_run_is_named_after_what_it_learnt_and_not_after_its_holdout() -> None:
    about = {"landed_at": "2026-01-01", "expectations": "", "classes": (0, 1), "rows": 120, "dataset": "digits"}
    with flow_run("digits", Kind.RETRAIN) as run_id:
        for at, (source, role) in enumerate((("slanted.parquet", "training"), ("held.csv", "holdout"))):
            ref = BatchRef.model_validate({"id": f"{at}" * 16, "md5": f"{at}" * 32, "source": source, **about})
            log_batch_input(run_id, ref, role)
        name_after_version(connect().get_run(run_id), 3)
    run = connect().get_run(run_id)
    assert run.info.run_name == "retrain v3, slanted.parquet"
    assert run.data.tags[Tag.BATCH_FILES] == "slanted.parquet"
