"""A first training has no parent and avoids nothing; what its network costs is known all the same."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.energy_cost import EnergyCost
from tasks.energy.from_scratch import NetworkRate
from tasks.energy.references import record_reference
from tasks.models import registry
from tasks.tracking.client import connect
from tests.helpers.small_champion import served, versioned


@pytest.mark.usefixtures("mlflow_home")
def test_a_first_version_keeps_its_run_and_its_card_and_gets_the_rate(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    first = served(tiny_model, tmp_path / "first", versioned(batches[0], tmp_path))
    # 12 J for 30 rows in 20 epochs: 20 mJ a row and epoch
    record_reference(first, EnergyCost(3.0, 12.0, 0.6, "measured:rapl"), rows=30, epochs=20, task="classification")
    after = registry.version("digits", 1)
    rate = NetworkRate.of(after.tags)
    assert rate and (rate.a_row.joules, rate.epochs) == (pytest.approx(0.02), 20)
    assert after.description == first.description
    assert "joules_avoided" not in connect().get_run(first.run_id).data.metrics
