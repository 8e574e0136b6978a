"""The DVC stages: each reads what the one before it wrote, and the last writes scores and cost."""

import json
from pathlib import Path

import pandas as pd

from tasks.core.settings import Learning
from tasks.training import dvc_stages


def test_four_stages_lead_from_a_known_data_set_to_its_scores(tmp_path: Path) -> None:
    small = Learning(max_epochs=2, hidden_layer_sizes=(16,), paths="landmarks", n_landmarks=32)
    dvc_stages.prepare("digits", tmp_path)
    dvc_stages.structure(small, tmp_path)
    dvc_stages.linear(small, tmp_path)
    dvc_stages.evaluate(tmp_path)
    train, holdout = (pd.read_parquet(tmp_path / f"{part}.parquet") for part in ("train", "holdout"))
    assert len(train) + len(holdout) == 1797
    assert pd.read_csv(tmp_path / "settling.csv")["epoch"].tolist() == [1, 2]
    confusion = pd.read_csv(tmp_path / "confusion.csv")
    assert confusion["actual"].tolist() == holdout["label"].tolist()
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["accuracy"] == (confusion["actual"] == confusion["predicted"]).mean() > 0.7
    parts = [json.loads((tmp_path / name / "spent.json").read_text()) for name in ("structure", "model")]
    assert metrics["joules"] > sum(part["joules"] for part in parts) > 0
