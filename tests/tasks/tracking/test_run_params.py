"""Runs that make a model share parameters, so that MLflow can compare them."""

import pytest

from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric, Params, SharedParam, Tag
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_metrics
from tasks.tracking.run_params import COLOUR_TAG, COLOURS, axes, log_model_params
from tasks.tracking.runs import flow_run

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_a_run_has_the_shared_parameters_of_its_model_and_the_colour_of_its_method(
    tiny_model: GreenLightningModel,
) -> None:
    with flow_run("digits", Kind.RETRAIN) as run_id:
        log_metrics(run_id, {Metric.ACCURACY: 0.97777})
        log_model_params(connect().get_run(run_id), tiny_model, 7)
    run = connect().get_run(run_id)
    shared = {name: run.data.params.get(name) for name in SharedParam}
    assert shared == {
        SharedParam.ACCURACY: "0.9778",
        SharedParam.MODEL: "0.9778 v7",
        SharedParam.METHOD: "retrain",
        SharedParam.EPOCHS: "0",
        SharedParam.ROWS: "30",
        SharedParam.BATCHES: "1",
        SharedParam.FEATURES: "12",
        SharedParam.ALPHA: "1.0",
        SharedParam.GATES: "11",
        SharedParam.SETTLED_AT: None,
    }
    assert run.data.params[f"{Params.MODEL}statistics_digest"] == tiny_model.statistics.digest
    assert (run.data.tags[Tag.VERSION], run.data.tags[COLOUR_TAG]) == ("7", COLOURS["retrain"])


def test_the_curves_of_two_trainings_can_be_told_apart(tiny_model: GreenLightningModel) -> None:
    colours = set()
    for version in (1, 2):
        with flow_run("digits", Kind.TRAIN) as run_id:
            log_metrics(run_id, {Metric.EPOCHS: 3})
            log_model_params(connect().get_run(run_id), tiny_model, version)
        colours.add(connect().get_run(run_id).data.tags[COLOUR_TAG])
    assert len(colours) == 2


def test_two_models_of_one_accuracy_differ_in_the_first_parameter_that_mlflow_compares() -> None:
    one, other = (axes(name, {Metric.ACCURACY: 0.97}) for name in ("v1", "v2"))
    differing = sorted(name for name in one if one[name] != other[name])
    assert differing == sorted(one)[:1] == ["Model score"]
    assert axes("v3", {Metric.R2: 0.5}) == {"Model score": "0.5000 v3"}
