"""A site's file is read as the pipeline reads it: the same rows have the same name on every way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from greenlightning_flower.rows import read_rows

from greenlightning import GreenLightningClassifier
from greenlightning.errors import InputError
from greenlightning.model import GreenLightningModel
from tasks.data.ingestion import site_content


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    ages = rng.integers(20, 90, 80)
    wards = np.array(["007", "12", "A"])[rng.integers(0, 3, 80)]
    return pd.DataFrame({"age": ages, "ward": wards, "label": np.where(ages > 55, "ill", "well")})


@pytest.fixture(scope="module")
def published(frame: pd.DataFrame) -> GreenLightningModel:
    network = GreenLightningClassifier(paths="synthetic", n_landmarks=6, n_random_features=0, max_epochs=1)
    learnt = network.fit(frame.drop(columns="label"), frame["label"]).model_
    encoder = learnt.encoder
    assert encoder is not None
    labelled = replace(encoder, schema=replace(encoder.schema, label="label", labels="str"))
    return replace(learnt, paths=replace(learnt.paths, encoder=labelled))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_has_the_name_and_inputs_that_the_pipeline_gives_it(
    frame: pd.DataFrame, published: GreenLightningModel, suffix: str, tmp_path: Path
) -> None:
    file = tmp_path / f"north.{suffix}"
    changed = frame.astype({"age": object})
    changed.loc[3, "age"] = None
    changed["age"] = changed["age"].astype("Float64")
    write = changed.to_csv if suffix == "csv" else changed.to_parquet
    write(file, index=False)  # type: ignore[operator]
    assert published.encoder is not None
    batch, md5 = read_rows(file, published)
    content, name, _ = site_content(file, published.encoder.schema)
    assert (batch.id, len(md5)) == (name, 32)
    assert np.array_equal(batch.X, content.inputs(published.encoder))
    assert batch.y.tolist() == content.y.tolist()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("no.csv", "age,ward\n1,2\n", "no.csv has no label column 'label'"),
        ("broken.csv", "age,ward,label\n1,2,ill\n1,2,3,4,5\n", "broken.csv is no table in CSV or Parquet"),
        ("text.parquet", "no columns", "text.parquet is no table in CSV or Parquet"),
        ("text.npz", "no archive", "text.npz is no NPZ file with X and y"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    published: GreenLightningModel, name: str, content: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        read_rows(tmp_path / name, published)


def test_a_missing_file_is_named(published: GreenLightningModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv is no file"):
        read_rows(tmp_path / "none.csv", published)
