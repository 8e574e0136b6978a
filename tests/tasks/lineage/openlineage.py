"""OpenLineage in the tests: a run that emits events, the file they are written to, and the schemas they have."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tasks.core.constants import Kind
from tasks.lineage.openlineage_events import event_file, lineage_events
from tasks.tracking.runs import flow_run

SCHEMAS = Path(__file__).parents[3] / "docs" / "reference" / "openlineage"
PUBLISHED = os.environ.get("OPENLINEAGE_SPEC", "")
BASE_URL = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
RUN_EVENT = "urn:greenlightning:openlineage:1-0-0:RunEvent"
Event = dict[str, Any]


def written() -> list[Event]:
    """The events in the workspace's file."""
    return [json.loads(line) for line in event_file().read_text().splitlines()]


def emit_run(error: BaseException | None = None) -> str:
    """Emit the events of a tracked run that does nothing, or fails with ``error``; its id."""
    with flow_run("digits", Kind.TRAIN) as run_id, lineage_events("digits", Kind.TRAIN, run_id):
        if error:
            raise error
    return run_id


def published() -> Registry[Any]:
    """Our schemas, and the published ones (or what the two that ours refer to require)."""
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
    """All facets of an event."""
    for part in (event["run"], event["job"], *event["inputs"], *event["outputs"]):
        yield from part["facets"].values()
        yield from part.get("inputFacets", {}).values()
