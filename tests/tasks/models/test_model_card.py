"""The model card of a version."""

import re
from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Tag
from tasks.data.batch_index import BatchRef
from tasks.models.model_card import SHOWN_BATCHES, model_card, model_description
from tests.helpers.tracked_runs import tracked_run

HOLDOUT = BatchRef.model_validate(
    {
        "dataset": "digits",
        "id": "ab" * 8,
        "md5": "0" * 32,
        "rows": 1200,
        "landed_at": "2026-01-01",
        "source": "a.csv",
        "expectations": "",
        "classes": (0, 1),
    }
)
METRICS = {"accuracy": 0.93, "champion_accuracy": 0.9, "seconds": 1.5, "joules": 2.25, "gco2e": 0.1}
TAGS = {Tag.PARENT_VERSION: "1", Tag.DECISION: "promoted", Tag.ENERGY_SOURCE: "estimated:cpu-time*tdp"}

pytestmark = pytest.mark.usefixtures("home")


def card(model: GreenLightningModel, reason: str = "promoted: better", **about: tuple[str, ...]) -> str:
    """The card with single blanks."""
    text = model_card("digits", model, HOLDOUT, tracked_run(METRICS, TAGS), reason, **about)
    return re.sub(r"(?:&emsp;|[^\S\n])+", " ", text)


def test_the_first_line_begins_with_what_tells_versions_apart(tiny_model: GreenLightningModel) -> None:
    assert card(tiny_model).splitlines()[0] == "accuracy 0.93, 2.25 J: retrain on version 1, 30 rows in 1 batch"


def test_the_card_has_scores_data_structure_and_energy(
    tiny_model: GreenLightningModel, batches: list[Batch]
) -> None:
    found = card(tiny_model)
    assert "Promoted: Better." in found
    assert "| accuracy | 0.9300 | 0.9000 |" in found
    assert "Measured on the holdout `abababababababab`: 1,200 rows" in found
    assert f"| `{batches[0].id}` | 30 | unknown | structure and landmarks, statistics |" in found
    assert f"| structure | `{tiny_model.structure.digest[:12]}` |" in found
    assert "| gates | 6-5, taken as given |" in found
    assert "| this run | 2.25 | 6.25e-07 | 0.1 | 1.5 | estimated from processor time |" in found
    assert "| avoided" not in found


def test_the_card_of_a_run_that_cost_more_than_training_anew_says_so(tiny_model: GreenLightningModel) -> None:
    costs = {"seconds_avoided": -0.5, "joules_avoided": -0.2, "gco2e_avoided": -0.1}
    tags = TAGS | {Tag.ENERGY_AVOIDED_SOURCE: "beside-it"}
    text = model_card("digits", tiny_model, HOLDOUT, tracked_run(METRICS | costs, tags), "promoted: better")
    row = "| more than training from scratch, measured | 0.2 | 5.56e-08 | 0.1 | 0.5 | beside-it |"
    assert row in re.sub(r"(?:&emsp;|[^\S\n])+", " ", text)


def test_health_is_the_colour_of_the_tag_and_the_scores_say_when_they_were_measured(
    tiny_model: GreenLightningModel,
) -> None:
    facts = {Tag.HEALTH: "amber", Tag.HEALTH_REASON: "amber: new patterns", Tag.SCORED_AT: "2026-11-29 18:24 UTC"}
    run = tracked_run(METRICS | {"saturation_rate": 0.002, "fresh_accuracy": 0.9}, TAGS | facts)
    text = re.sub(r"(?:&emsp;|[^\S\n])+", " ", model_card("digits", tiny_model, HOLDOUT, run, "promoted: better"))
    assert "| health | amber: new patterns |" in text
    assert "| saturation | 0.20% of the new values exceed a frozen scale |" in text
    assert "That was on 2026-11-29 18:24 UTC, when the rows held back for the decision were learnt too;" in text


def test_sites_are_named_and_what_users_wrote_is_text(
    tiny_model: GreenLightningModel, batches: list[Batch]
) -> None:
    found = card(tiny_model.learn(batches[1], md5="1" * 32, site="a|<b>"), "promoted: [x](http://y)")
    assert "| 30 | site a\\|&lt;b&gt; | statistics |" in found
    assert "\\[x\\](http://y)." in found


def test_of_many_batches_the_earlier_ones_are_counted(tiny_model: GreenLightningModel, home: Path) -> None:
    model = tiny_model
    for number in range(SHOWN_BATCHES):
        rows = Batch([[float(number), 0.0, 0.0, 1.0]], [0])
        model = model.learn(rows)
    found = card(model)
    assert "| 1 earlier |" in found
    assert len(re.findall(r"^\| `[0-9a-f]{16}` \|", found, re.M)) == SHOWN_BATCHES


def test_the_description_of_a_model_names_its_aliases() -> None:
    assert "| `champion`&emsp; | the version that `models:/digits@champion` loads |" in model_description("digits")


def test_the_description_of_a_model_begins_with_what_serves_now() -> None:
    text = re.sub(
        r"(?:&emsp;|[^\S\n])+", " ", model_description("digits", {"serves": "version 2", "why": "better | so"})
    )
    assert text.splitlines()[2:4] == ["| serves | version 2 |", "| why | better \\| so |"]
