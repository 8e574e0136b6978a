"""A growth repeats: the same rows give the same gates and landmarks."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel, growing
from tasks.core.constants import Kind, Tag
from tasks.core.settings import DECIDING
from tasks.growing.growth import GROWTH_FILE, grow_model
from tasks.growing.rows import Growth
from tasks.lineage.regrow import regrow
from tasks.models import registry
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tests.helpers.small_champion import served, versioned
from tests.helpers.versions import register_version


@pytest.mark.usefixtures("mlflow_home")
@pytest.mark.parametrize("release", ["this one", "before growths recorded their options"])
def test_growing_again_gives_the_features_that_were_added(
    release: str,
    tiny_model: GreenLightningModel,
    batches: list[Batch],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if is_former := release != "this one":
        monkeypatch.setattr(growing, "GrowthOptions", lambda: growing.FORMER)
    base, holdout = versioned(batches[0], tmp_path), versioned(batches[2], tmp_path, "digits.holdout")
    first = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(batches[0], md5=base.md5)
    champion = served(first, tmp_path / "champion", base)
    with flow_run("digits", Kind.GROW) as run_id, pytest.MonkeyPatch.context() as patched:
        if is_former:
            patched.setattr(growing, "GrowthOptions", lambda: growing.FORMER)
        grown = grow_model.fn(Growth(champion, (), (base.id,), holdout, DECIDING), None, run_id, tmp_path)
        if is_former:
            connect().log_dict(run_id, {"red": [base.id]}, GROWTH_FILE)
        model = GreenLightningModel.load(grown.folder)
        tags = {str(Tag.PARENT_VERSION): "1", str(Tag.HOLDOUT): holdout.id}
        number = register_version(model, tmp_path / "grown", run_id, tags)
    added, again, spent = regrow(registry.version("digits", number))
    assert added.digest == again.digest
    assert added.structure.seen == again.structure.seen == (base.id,)
    assert added.structure.hidden_layer_sizes == ((256, 256) if is_former else (256, 256, 256))
    assert spent.seconds > 0
