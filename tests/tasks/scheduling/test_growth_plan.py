"""What growing would cost: by the dataset's own growths, else by the structure phase's cost of a row."""

from pathlib import Path

import pytest

from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.models import registry
from tasks.scheduling.growth_plan import GrowthPlan, plan_growth
from tasks.scheduling.training_rate import rate_tags
from tasks.tracking.metrics import log_metrics
from tasks.tracking.runs import flow_run
from tests.helpers.versions import register_version


def planned() -> GrowthPlan:
    return plan_growth.fn(registry.version("digits", 1), ["red"], {"red": 70})


@pytest.mark.usefixtures("mlflow_home")
def test_a_growth_is_estimated_from_those_before_or_from_the_structure_phase(
    tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    with flow_run("digits", Kind.TRAIN) as run_id:
        register_version(tiny_model, tmp_path / "model", run_id, rate_tags(EnergyCost(3.0, 60.0, 0.0), 30))
    first = planned()
    assert (first.rows, first.rows_for_gates, first.batches) == (100, 100, 2)
    assert first.estimated is not None
    assert first.estimated.joules == pytest.approx(400)  # 2 J a row, to read 100 and to train gates on 100
    assert first.estimated.source == "estimated:at-most-by-structure-phase-energy*rows"
    with flow_run("digits", Kind.GROW) as run_id:
        spent = {Metric.JOULES: 9.0, Metric.SECONDS: 0.5, Metric.GCO2E: 0.0}
        log_metrics(run_id, {Metric.ROWS_TOUCHED: 100, **spent}, {Tag.ENERGY_SOURCE: "rapl"})
    assert str(planned()) == (
        "100 rows in 2 batches would be read again, 100 of them to train new gates; about 0.5 s, 9 J "
        "(estimated from earlier retrainings, at most)"
    )


@pytest.mark.usefixtures("mlflow_home")
def test_without_a_measurement_the_cost_is_unknown(tiny_model: GreenLightningModel, tmp_path: Path) -> None:
    with flow_run("digits", Kind.TRAIN) as run_id:
        register_version(tiny_model, tmp_path / "model", run_id)
    assert str(planned()).endswith("; the cost is unknown")
