"""The column schema of a training: a table on the page of the flow run, and a file of the MLflow run."""

import yaml

from greenlightning.tables import TableSchema
from tasks.orchestration.artifacts import RunArtifacts, artifact_key
from tasks.tracking.client import connect

FILE = "schema.yaml"


def publish_schema(dataset: str, schema: TableSchema, run_id: str) -> None:
    """Log the schema with the MLflow run, and show it on the flow run's page where there is one."""
    text = yaml.safe_dump(schema.to_dict(), sort_keys=False, allow_unicode=True)
    connect().log_text(run_id, text, FILE)
    if page := RunArtifacts.current():
        description = f"Column schema of {dataset}, frozen with the structure"
        page.create("table", artifact_key("schema", dataset), schema.describe(), description)
