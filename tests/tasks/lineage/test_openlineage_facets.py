"""OpenLineage facets: which bytes a run read, which version it made or served, and the energy it spent."""

from pathlib import Path

import pytest

from flows.learning.retrain import retrain
from greenlightning.errors import InputError
from tasks.core.constants import Kind, Metric, Tag
from tasks.lineage.openlineage_facets import inputs_of, outputs_of, run_of
from tasks.models import registry
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS, FIRST, add, moved, outcome
from tests.helpers.tracked_runs import tracked_run
from tests.tasks.lineage.openlineage import PUBLISHED, RUN_EVENT, Event, complaints, emit_run, facets_of, written

RUN_ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def events(prefect: None, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """The events of a training and a retraining, and at the last what it should say."""
    home = tmp_path_factory.mktemp("openlineage")
    moved(trained, home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GREENLIGHTNING_HOME", str(home))
        add("first", FIRST)
        done = outcome(retrain, dataset=DIGITS)
        info, parent = registry.version(DIGITS, 2), registry.version(DIGITS, 1)
        found = written()
    assert done.version == 2
    last = found[-1]
    last["expected"] = {"digest": info.tags[Tag.STRUCTURE_DIGEST], "batches": info.batches, "old": parent.batches}
    last["expected"] |= {"statistics": info.tags[Tag.STATISTICS_DIGEST], "spent": done.spent, "run": done.run_id}
    return found


def test_a_retraining_says_which_bytes_and_which_version_it_read_and_what_it_made(events: list[Event]) -> None:
    last = events[-1]
    expected = last["expected"]
    assert (last["eventType"], last["job"]["name"]) == ("COMPLETE", "digits.retrain")
    assert last["run"]["runId"].replace("-", "") == expected["run"]
    [new] = expected["batches"].keys() - expected["old"].keys()
    inputs = {dataset["name"]: dataset["facets"] for dataset in last["inputs"]}
    batch = inputs[f"digits/batches/{new}"]
    assert batch["version"]["datasetVersion"] == expected["batches"][new]
    assert [field["name"] for field in batch["schema"]["fields"]] == [*(f"pixel_{n}" for n in range(64)), "label"]
    assert inputs["digits/model"]["greenlightning_model"]["version"] == 1
    assert not any(old in name for name in inputs for old in expected["old"])
    [made] = last["outputs"]
    model = made["facets"]["greenlightning_model"]
    assert (made["name"], model["version"], model["structure"]) == ("digits/model", 2, expected["digest"])
    assert made["facets"]["version"]["datasetVersion"] == expected["statistics"]
    energy = last["run"]["facets"]["greenlightning_energy"]
    assert energy["source"] == expected["spent"].source
    assert energy["joules"] == pytest.approx(expected["spent"].joules, rel=1e-4)


def test_every_run_of_a_flow_starts_and_ends_once(events: list[Event]) -> None:
    ends: dict[str, list[str]] = {}
    for event in events:
        ends.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert len(ends) == 2
    assert set(map(tuple, ends.values())) == {("START", "COMPLETE")}


def test_every_event_is_what_our_schema_says(events: list[Event]) -> None:
    for event in events:
        sent = {key: value for key, value in event.items() if key != "expected"}
        assert complaints(sent, RUN_EVENT) == []


def test_the_schema_refuses_an_event_without_what_openlineage_requires(events: list[Event]) -> None:
    sent = {key: value for key, value in events[-1].items() if key not in ("expected", "producer")}
    found = complaints(sent | {"eventTime": "yesterday"}, RUN_EVENT)
    assert set(found) == {"'producer' is a required property", "'yesterday' is not a 'date-time'"}


@pytest.mark.skipif(not PUBLISHED, reason="OPENLINEAGE_SPEC names no folder spec/ of OpenLineage's repository")
@pytest.mark.usefixtures("mlflow_home")
def test_every_event_and_facet_is_what_the_published_schemas_say(events: list[Event]) -> None:
    with pytest.raises(InputError):
        emit_run(InputError("No rows", "Give some"))
    for event in (*events, *written()):
        sent = {key: value for key, value in event.items() if key != "expected"}
        assert complaints(sent, sent["schemaURL"]) == []
        for facet in facets_of(sent):
            assert complaints(facet, facet["_schemaURL"]) == []


def test_a_run_says_what_it_spent_once_it_is_over() -> None:
    assert "greenlightning_energy" not in run_of(RUN_ID).facets
    spent = {Metric.JOULES: 2.0, Metric.SECONDS: 0.5, Metric.GCO2E: 0.1}
    over = run_of(RUN_ID, tracked_run(spent, {Tag.ENERGY_SOURCE: "measured:rapl"}))
    energy = over.facets["greenlightning_energy"]
    assert (energy.joules, energy.seconds, energy.gco2e, energy.source) == (2.0, 0.5, 0.1, "measured:rapl")
    assert over.runId == "01234567-89ab-cdef-0123-456789abcdef"


def test_a_version_was_made_of_its_parent_and_of_the_rows_of_sites(history: list[str]) -> None:
    made = registry.version("digits", 2)
    parent, site = sorted(inputs_of("digits", connect().get_run(history[1]), [made]), key=lambda one: one.name)
    [new] = made.batches.keys() - registry.version("digits", 1).batches.keys()
    assert (parent.name, parent.facets["greenlightning_model"].version) == ("digits/model", 1)
    assert (site.name, site.facets["version"].datasetVersion) == (f"digits/sites/north/{new}", "1" * 32)
    assert site.inputFacets["dataQualityMetrics"].rowCount == 30


def test_the_output_of_a_rollback_is_the_serving_version_and_of_other_runs_what_they_made(
    history: list[str],
) -> None:
    [serving] = outputs_of("digits", Kind.ROLLBACK, [])
    assert serving.facets["greenlightning_model"].version == 2
    assert outputs_of("digits", Kind.RETRAIN, []) == []
    [made] = outputs_of("digits", Kind.FORGET, [registry.version("digits", 3)])
    assert (made.name, made.facets["greenlightning_model"].rows) == ("digits/model", 30)
