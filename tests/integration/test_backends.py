"""A model is trained and retrained on PostgreSQL and an object store, set up as infra/compose.yaml says."""

import json
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_digits

from tests.integration.backends import asked, greenlightning, query, stack

pytestmark = pytest.mark.slow
LISTED = (
    "import boto3, sys; s = boto3.client('s3', endpoint_url=sys.argv[1]); "
    "print('\\n'.join(o['Key'] for o in s.list_objects_v2(Bucket='mlflow').get('Contents', [])))"
)


def test_runs_are_in_postgresql_and_models_in_the_object_store(tmp_path: Path) -> None:
    home, digits = tmp_path / "home", load_digits(as_frame=True).frame.rename(columns={"target": "label"})
    home.mkdir()
    for name, rows in (("base", digits[:500]), ("monday", digits[500:700]), ("asked", digits[700:720])):
        pd.DataFrame(rows).to_csv(tmp_path / f"{name}.csv", index=False)
    with stack(tmp_path) as servers:

        def say(*words: str) -> str:
            return greenlightning(home, servers["environment"], *words, "--dataset", "postcodes")

        say("ingest", str(tmp_path / "base.csv"))
        say("train", "--max-epochs", "2")
        done = json.loads(say("learn", str(tmp_path / "monday.csv"), "--json"))
        say("predict", str(tmp_path / "asked.csv"), "--out", str(tmp_path / "answers.csv"))
        runs = query(
            servers["database"], "prefect", "SELECT count(*) FROM flow_run WHERE state_type = 'COMPLETED'"
        )
        versions = query(servers["database"], "mlflow", "SELECT count(*) FROM model_versions")
        stored = asked(LISTED, servers["objects"], **servers["keys"]).splitlines()
    assert done["state"] in ("Promoted", "Kept")
    assert (int(runs) >= 3, int(versions) >= 2) == (True, True)
    assert sum(name.endswith("statistics.safetensors") for name in stored) >= 2
    assert not (home / "mlruns" / "mlflow.db").exists()
    assert len(pd.read_csv(tmp_path / "answers.csv")) == 20
