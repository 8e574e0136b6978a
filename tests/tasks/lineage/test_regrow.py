"""A growth repeats: the same rows give the same gates and landmarks."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Tag
from tasks.core.settings import DECIDING
from tasks.growing.growth import grow_model
from tasks.growing.rows import Growth
from tasks.lineage.regrow import regrow
from tasks.models import registry
from tasks.tracking.runs import flow_run
from tests.helpers.small_champion import served, versioned
from tests.helpers.versions import register_version


@pytest.mark.usefixtures("mlflow_home")
def test_growing_again_gives_the_features_that_were_added(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    base, holdout = versioned(batches[0], tmp_path), versioned(batches[2], tmp_path, "digits.holdout")
    first = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(batches[0], md5=base.md5)
    champion = served(first, tmp_path / "champion", base)
    with flow_run("digits", Kind.GROW) as run_id:
        grown = grow_model.fn(Growth(champion, (), (base.id,), holdout, DECIDING), None, run_id, tmp_path)
        model = GreenLightningModel.load(grown.folder)
        tags = {str(Tag.PARENT_VERSION): "1", str(Tag.HOLDOUT): holdout.id}
        number = register_version(model, tmp_path / "grown", run_id, tags)
    added, again, spent = regrow(registry.version("digits", number))
    assert added.digest == again.digest
    assert added.structure.seen == again.structure.seen == (base.id,)
    assert spent.seconds > 0
