"""A scored file in a tracked run: the bytes read and written, the version that answered, score and energy."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.core.constants import Kind, Metric, Tag
from tasks.lineage.openlineage_facets import inputs_of, outputs_of
from tasks.models.version_info import VersionInfo
from tasks.predictions.score_run import SUMMARY, predict_in_run, predictions_path
from tasks.tracking.client import artifact_uri, connect
from tasks.tracking.metrics import rounded
from tasks.tracking.runs import flow_run


def test_a_run_names_the_file_the_version_and_the_predictions(
    serving: VersionInfo, rows: pd.DataFrame, tmp_path: Path
) -> None:
    source, target = tmp_path / "monday.csv", tmp_path / "p.csv"
    rows.to_csv(source, index=False)
    with flow_run("digits", Kind.SCORE) as run_id:
        done, spent = predict_in_run.fn(run_id, serving, source, target, proba=False)
    run = connect().get_run(run_id)
    read, written = (hashlib.md5(path.read_bytes()).hexdigest() for path in (source, target))
    [entry] = run.inputs.dataset_inputs
    assert (entry.dataset.name, entry.dataset.digest) == ("monday.csv", read)
    assert len(run.inputs.model_inputs) == 1
    assert (run.data.tags[Tag.ANSWERED_BY], run.data.tags[Tag.PREDICTIONS_MD5]) == ("1", written)
    assert run.data.metrics[Metric.ROWS_PREDICTED] == 30
    assert run.data.metrics["predicted_accuracy"] == rounded(done.scores["accuracy"])
    assert run.data.metrics[Metric.JOULES] == rounded(spent.joules) > 0
    summary = Path(artifact_uri(run_id, SUMMARY).removeprefix("file://").replace("%20", " "))
    assert json.loads(summary.read_text())["md5"] == written
    names = [dataset.name for dataset in inputs_of("digits", run, [])]
    assert names == ["digits/files/monday.csv", "digits/model"]
    assert [dataset.name for dataset in outputs_of("digits", Kind.SCORE, [], run)] == ["digits/predictions/p.csv"]


def test_a_file_that_is_not_there_is_refused(serving: VersionInfo, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv does not exist"):
        predict_in_run.fn("", serving, tmp_path / "none.csv", tmp_path / "p.csv", proba=False)


def test_predictions_stand_in_the_workspace_by_default(home: Path) -> None:
    found = predictions_path("digits", Path("/elsewhere/monday.csv.gz"))
    assert found == home / "data" / "predictions" / "digits" / "monday.predictions.csv"
    assert found.parent.is_dir()
