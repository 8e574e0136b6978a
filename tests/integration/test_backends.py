"""A model is trained and retrained on PostgreSQL and an object store, set up as infra/compose.yaml says."""

import json
import re
import shlex
from pathlib import Path
from shutil import rmtree

import pandas as pd
import pytest
import yaml
from sklearn.datasets import load_digits

from tests.integration.backends import ROOT, asked, greenlightning, query, stack, typed

pytestmark = pytest.mark.slow
PAGE = (ROOT / "docs" / "how-to" / "postgresql-and-s3.md").read_text()
DVC_COMMANDS = [
    shlex.split(line) for line in re.findall(r"--workdir /workspace worker-cpu (dvc .*)$", PAGE, re.MULTILINE)
]
LISTED = (
    "import boto3, sys; s = boto3.client('s3'); "
    "print('\\n'.join(o['Key'] for o in s.list_objects_v2(Bucket=sys.argv[1]).get('Contents', [])))"
)


def test_runs_are_in_postgresql_and_models_and_data_in_the_object_store(tmp_path: Path) -> None:
    home, digits = tmp_path / "home", load_digits(as_frame=True).frame.rename(columns={"target": "label"})
    home.mkdir()
    for name, rows in (("base", digits[:500]), ("monday", digits[500:700]), ("asked", digits[700:720])):
        pd.DataFrame(rows).to_csv(tmp_path / f"{name}.csv", index=False)
    with stack(tmp_path) as servers:
        environment = servers["environment"]

        def say(*words: str) -> str:
            return greenlightning(home, environment, *words, "--dataset", "postcodes")

        def stored(bucket: str) -> list[str]:
            return asked(LISTED, bucket, **environment).splitlines()

        say("ingest", str(tmp_path / "base.csv"))
        for command in DVC_COMMANDS:
            typed(home, environment, *command)
        base = stored("dvc")
        rmtree(home / ".dvc" / "cache")
        rmtree(home / ".dvc" / "store")
        for file in (home / "data" / "batches").rglob("*.parquet"):
            file.unlink()
        say("train", "--max-epochs", "2")
        done = json.loads(say("learn", str(tmp_path / "monday.csv"), "--json"))
        say("predict", str(tmp_path / "asked.csv"), "--out", str(tmp_path / "answers.csv"))
        runs = query(
            servers["database"], "prefect", "SELECT count(*) FROM flow_run WHERE state_type = 'COMPLETED'"
        )
        versions = query(servers["database"], "mlflow", "SELECT count(*) FROM model_versions")
        models, data = stored("mlflow"), stored("dvc")
    assert done["state"] in ("Promoted", "Kept")
    assert (int(runs) >= 3, int(versions) >= 2) == (True, True)
    assert sum(name.endswith("statistics.safetensors") for name in models) >= 2
    assert not (home / "mlruns" / "mlflow.db").exists()
    assert set(base) < set(data)
    md5s = [yaml.safe_load(path.read_text())["outs"][0]["md5"] for path in home.rglob("*.parquet.dvc")]
    assert {f"files/md5/{md5[:2]}/{md5[2:]}" for md5 in md5s} == set(data)
    assert len(pd.read_csv(tmp_path / "answers.csv")) == 20
