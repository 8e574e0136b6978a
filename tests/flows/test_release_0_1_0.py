"""A workspace of release 0.1.0 opens elsewhere: it answers, its champion loads, the waiting batch is learnt."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flows.learning.retrain import retrain
from flows.versions.reproduce import reproduce
from tasks.core.constants import Alias, Tag
from tasks.models import registry
from tasks.models.serving_history import history_of
from tasks.predictions.answering import answering
from tasks.predictions.predictor import Predictor
from tests.fixtures.release import expected, unpack
from tests.helpers.digits import outcome
from tests.helpers.servers.up import greenlightning

pytestmark = pytest.mark.slow

INSECTS = "insects"
EXPECTED = expected()
WORKSPACE = EXPECTED["workspace"]


@pytest.fixture
def opened(home: Path) -> Path:
    """The test's workspace is the one that release 0.1.0 left."""
    return unpack("workspace", home)


def answer(home: Path, *arguments: str) -> Any:
    """What a command says as JSON."""
    said = greenlightning(home, *arguments, "--json")
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def test_status_tells_the_champion_and_every_batch(opened: Path) -> None:
    found = answer(opened, "status")["datasets"][INSECTS]
    assert {name: found[name] for name in WORKSPACE["status"]} == WORKSPACE["status"]


def test_every_version_has_the_tags_that_it_was_registered_with(opened: Path) -> None:
    found = {info.version: info for info in registry.versions(INSECTS)}
    for stated in WORKSPACE["versions"]:
        info = found.pop(stated["version"])
        assert list(info.aliases) == stated["aliases"]
        tags = {name: value for name, value in stated.items() if name not in ("version", "aliases")}
        assert tags.items() <= info.tags.items()
    assert not found


def test_lineage_traces_the_champion_to_its_batches(opened: Path) -> None:
    batches = {tag.removeprefix("batch.") for tag in WORKSPACE["versions"][0] if tag.startswith("batch.")}
    text = json.dumps(answer(opened, "lineage", "champion"))
    assert len(batches) == 2 and all(batch in text for batch in batches)
    assert WORKSPACE["versions"][0]["statistics.digest"] in text


def test_the_champion_loads_and_predicts(opened: Path) -> None:
    model = registry.load(INSECTS, Alias.CHAMPION)
    assert model.statistics.digest == WORKSPACE["versions"][0]["statistics.digest"]
    labels = np.array(["ant", "bee", "cat"])[EXPECTED["inputs"]["labels"]]
    assert (model.predict(EXPECTED["inputs"]["learn"]) == labels).mean() > 0.8


def test_the_waiting_batch_is_learnt_to_the_version_that_release_0_1_0_made_of_it(
    prefect: None, opened: Path
) -> None:
    stated = WORKSPACE["retrained"]
    done = outcome(retrain, dataset=INSECTS)
    assert (done.state, done.version) == ("Promoted", stated["version"])
    champion = registry.version(INSECTS, Alias.CHAMPION)
    assert champion.version == stated["version"]
    assert champion.tags[Tag.STATISTICS_DIGEST] == stated["statistics.digest"]
    assert champion.tags[Tag.ROWS] == stated["rows"]
    found = {name: done.scores[name] for name in stated["scores"]}
    assert found == pytest.approx(stated["scores"], abs=1e-8, rel=0)


def test_its_champion_is_rebuilt_from_its_data(prefect: None, opened: Path) -> None:
    assert outcome(reproduce, dataset=INSECTS).state == "Reproduced"


def test_its_champion_predicts_a_table_and_its_promotions_are_pieced_together(opened: Path) -> None:
    history = history_of(INSECTS)
    assert [period.version for period in history.periods] == [1, 2]
    assert "pieced together from tags of release 0.1.0" in history.notes[0]
    predictor = Predictor.of(answering(INSECTS)[0])
    rows = pd.DataFrame(np.eye(4), columns=["d", "c", "b", "a"])
    found = predictor.answer(rows, 0, "rows.csv").table.column("prediction").to_pylist()
    assert found == predictor.model.predict(rows[["a", "b", "c", "d"]].to_numpy()).tolist()
