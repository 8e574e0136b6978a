"""A training shows its schema: as a table on its page, and as a file of its run in MLflow."""

import json
from typing import Any
from uuid import UUID, uuid4

import pandas as pd
import pytest
import yaml

from greenlightning.tables import TableSchema, infer_schema
from tasks.core.constants import Kind
from tasks.orchestration import schema_artifact
from tasks.orchestration.schema_artifact import FILE, publish_schema
from tasks.tracking.client import artifact_uri
from tasks.tracking.runs import flow_run


class Page:
    """A flow run that keeps its artifacts."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, Any]] = []

    def create(self, kind: str, key: str, data: Any, description: str) -> UUID:
        self.made.append((kind, key, data))
        return uuid4()


def test_the_schema_is_a_table_of_the_page_and_a_file_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.artifacts import load_text

    page = Page()
    monkeypatch.setattr(schema_artifact.RunArtifacts, "current", lambda: page)
    frame = pd.DataFrame({"city": ["Rome", "Oslo"] * 5, "x": range(10), "label": ["a", "b"] * 5})
    schema = infer_schema(frame)
    with flow_run("shop", Kind.TRAIN) as run_id:
        publish_schema("shop", schema, run_id)
    [(kind, key, rows)] = page.made
    assert (kind, key) == ("table", "schema-shop")
    assert rows[0] == {"column": "city", "kind": "categorical", "why": "text with 2 different values: Oslo, Rome"}
    assert rows[-1] == {"column": "label", "kind": "label, classification", "why": "the labels are text"}
    json.dumps(rows)
    assert TableSchema.from_dict(yaml.safe_load(load_text(artifact_uri(run_id, FILE)))) == schema
