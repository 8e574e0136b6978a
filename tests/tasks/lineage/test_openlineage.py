"""OpenLineage: each tracked run is told, in the published form, to a file or where the user says."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from flows.learning.retrain import retrain
from greenlightning.errors import InputError
from tasks.core.constants import Kind, Tag
from tasks.lineage import openlineage_events
from tasks.lineage.openlineage_events import event_file, lineage_events
from tasks.models import registry
from tasks.tracking.runs import flow_run
from tests.helpers.digits import DIGITS, FIRST, add, outcome

SCHEMAS = Path(__file__).parents[3] / "docs" / "reference" / "openlineage"
PUBLISHED = os.environ.get("OPENLINEAGE_SPEC", "")
BASE_URL = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
Event = dict[str, Any]


@pytest.fixture(autouse=True)
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No transport was tried yet."""
    monkeypatch.setattr(openlineage_events, "unreachable", set())
    for name in (*openlineage_events.SETTINGS, "OPENLINEAGE_DISABLED"):
        monkeypatch.delenv(name, raising=False)


def written() -> list[Event]:
    return [json.loads(line) for line in event_file().read_text().splitlines()]


def tell(dataset: str = DIGITS, error: BaseException | None = None) -> str:
    """Tell of a tracked run that does nothing, or fails with ``error``; its id."""
    with flow_run(dataset, Kind.TRAIN) as run_id, lineage_events(dataset, Kind.TRAIN, run_id):
        if error:
            raise error
    return run_id


def published() -> Registry[Any]:
    """Our schemas, and the published ones (or the two of them that ours refer to, by what they require)."""
    facet = {"type": "object", "required": ["_producer", "_schemaURL"]}
    base = {"$id": BASE_URL, "$defs": {"RunFacet": facet, "DatasetFacet": facet}}
    found = {BASE_URL: base} | {
        schema["$id"]: schema
        for folder in filter(None, (str(SCHEMAS), PUBLISHED))
        for schema in (json.loads(path.read_text()) for path in Path(folder).rglob("*.json"))
        if "$id" in schema
    }
    dialect = "https://json-schema.org/draft/2020-12/schema"
    resources = [(name, Resource.from_contents({"$schema": dialect} | schema)) for name, schema in found.items()]
    return Registry().with_resources(resources)


def complaints(instance: Any, reference: str) -> list[str]:
    """What a schema, by its URL, finds wrong with an instance."""
    checker = Draft202012Validator.FORMAT_CHECKER
    validator = Draft202012Validator({"$ref": reference}, registry=published(), format_checker=checker)
    return [error.message for error in validator.iter_errors(instance)]


def facets_of(event: Event) -> Iterator[dict[str, Any]]:
    for part in (event["run"], event["job"], *event["inputs"], *event["outputs"]):
        yield from part["facets"].values()
        yield from part.get("inputFacets", {}).values()


@pytest.fixture(scope="module")
def events(prefect: None, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """What a training and a retraining told."""
    from tests.helpers.digits import moved

    home = tmp_path_factory.mktemp("told")
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
    assert energy["joules"] == pytest.approx(expected["spent"].joules)


def test_every_run_starts_and_ends_once(events: list[Event]) -> None:
    ends: dict[str, list[str]] = {}
    for event in events:
        ends.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert len(ends) == 2
    assert set(map(tuple, ends.values())) == {("START", "COMPLETE")}


def test_every_event_is_what_our_schema_says(events: list[Event]) -> None:
    for event in events:
        sent = {key: value for key, value in event.items() if key != "expected"}
        assert complaints(sent, "urn:greenlightning:openlineage:1-0-0:RunEvent") == []


def test_the_schema_refuses_an_event_without_what_openlineage_requires(events: list[Event]) -> None:
    sent = {key: value for key, value in events[-1].items() if key not in ("expected", "producer")}
    found = complaints(sent | {"eventTime": "yesterday"}, "urn:greenlightning:openlineage:1-0-0:RunEvent")
    assert set(found) == {"'producer' is a required property", "'yesterday' is not a 'date-time'"}


@pytest.mark.skipif(not PUBLISHED, reason="OPENLINEAGE_SPEC names no folder spec/ of OpenLineage's repository")
@pytest.mark.usefixtures("mlflow_home")
def test_every_event_and_facet_is_what_the_published_schemas_say(events: list[Event]) -> None:
    with pytest.raises(InputError):
        tell(error=InputError("No rows", "Give some"))
    for event in (*events, *written()):
        sent = {key: value for key, value in event.items() if key != "expected"}
        assert complaints(sent, sent["schemaURL"]) == []
        for facet in facets_of(sent):
            assert complaints(facet, facet["_schemaURL"]) == []


@pytest.mark.parametrize(
    ("error", "state"), [(InputError("No rows", "Give some"), "FAIL"), (SystemExit(), "ABORT")]
)
@pytest.mark.usefixtures("mlflow_home")
def test_a_run_that_fails_or_is_interrupted_says_so(error: BaseException, state: str) -> None:
    with pytest.raises(type(error)):
        tell(error=error)
    last = written()[-1]
    assert last["eventType"] == state
    assert last["run"]["facets"]["errorMessage"]["message"] == (str(error) or "SystemExit")
    assert complaints(last, "urn:greenlightning:openlineage:1-0-0:RunEvent") == []


@contextmanager
def marquez(status: int) -> Iterator[tuple[str, list[tuple[str, Event]]]]:
    """A server on loopback that takes events as Marquez does; its address, and what was posted."""
    got: list[tuple[str, Event]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.usefixtures("mlflow_home")
def test_events_go_to_marquez_where_its_address_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with marquez(201) as (address, got):
        monkeypatch.setenv("OPENLINEAGE_URL", address)
        run_id = tell()
    assert [(path, event["eventType"]) for path, event in got] == [
        ("/api/v1/lineage", "START"),
        ("/api/v1/lineage", "COMPLETE"),
    ]
    assert {event["run"]["runId"].replace("-", "") for _, event in got} == {run_id}
    assert not event_file().exists()


@pytest.mark.usefixtures("mlflow_home")
def test_a_marquez_that_refuses_costs_neither_the_run_nor_the_events(monkeypatch: pytest.MonkeyPatch) -> None:
    with marquez(400) as (address, _):
        monkeypatch.setenv("OPENLINEAGE_URL", address)
        tell()
    assert [event["eventType"] for event in written()] == ["START", "COMPLETE"]


@pytest.mark.usefixtures("mlflow_home")
def test_nothing_is_told_where_openlineage_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    tell()
    assert not event_file().exists()
