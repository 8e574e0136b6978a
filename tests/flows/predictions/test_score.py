"""Scoring as a flow run: the same predictions as ``predict``, with lineage."""

import json
from pathlib import Path

import pandas as pd
import pytest

from flows.predictions.score import score
from tasks.core.constants import Kind, Tag
from tasks.lineage.openlineage_events import event_file
from tasks.predictions.answering import answering
from tasks.predictions.predicting import predict_file
from tasks.predictions.predictor import Predictor
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS, FIRST, outcome, source


@pytest.mark.usefixtures("prefect", "champion")
def test_the_flow_predicts_as_the_command_does_and_its_run_says_what_it_read(tmp_path: Path) -> None:
    file = source("first", FIRST)
    done = outcome(score, path=file, dataset=DIGITS, proba=True)
    assert (done.state, done.version) == ("Scored", 1)
    assert done.scores["accuracy"] > 0.6
    run = connect().get_run(str(done.run_id))
    assert (run.data.tags[Tag.KIND], run.data.tags[Tag.ANSWERED_BY]) == (Kind.SCORE, "1")
    written = Path(run.data.tags[Tag.PREDICTIONS])
    predict_file(Predictor.of(answering(DIGITS)[0]), file, tmp_path / "p.csv", proba=True)
    assert pd.read_csv(written).equals(pd.read_csv(tmp_path / "p.csv"))
    last = json.loads(event_file().read_text().splitlines()[-1])
    assert (last["eventType"], last["job"]["name"]) == ("COMPLETE", "digits.score")
    assert [each["name"] for each in last["inputs"]] == ["digits/files/first.parquet", "digits/model"]
    assert [each["name"] for each in last["outputs"]] == ["digits/predictions/first.predictions.csv"]
