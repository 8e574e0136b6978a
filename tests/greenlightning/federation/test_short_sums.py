"""Sums of few rows travel in their short form: fewer bytes, the same digest, and nothing is allocated on trust."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.data.files import read_tensors, stored_tensors, write_tensors
from greenlightning.errors import IntegrityError, MismatchError
from greenlightning.federation import SigningKey, contribute, publish, read_contribution, read_publication
from greenlightning.federation.messages import ABOUT, SIGNATURE, sign_message
from greenlightning.model import GreenLightningModel
from greenlightning.paths import SyntheticLandmarks
from tests.helpers.small import blobs, random_structure

NORTH, SUMS = SigningKey.generate(), "statistics.safetensors"
LANDMARKS = 90


@pytest.fixture
def published(tmp_path: Path) -> GreenLightningModel:
    X, y = blobs(300)
    paths = SyntheticLandmarks.build(random_structure(4, (30, 20)), X, y, n_landmarks=LANDMARKS)
    publish(GreenLightningModel.empty(paths, alpha=1.0), tmp_path / "publication", SigningKey.generate())
    return read_publication(tmp_path / "publication")


def sent(published: GreenLightningModel, folder: Path, rows: int) -> Path:
    contribute(published, Batch(*blobs(rows, seed=1)), folder, NORTH, site="north")
    return folder


def signed_again(folder: Path, change: dict[str, Any], about: dict[str, Any] | None = None) -> Path:
    """The same message with other tensors, signed as soundly as the first: by a site that is hostile."""
    message = json.loads((folder / ABOUT).read_text())
    for name in (ABOUT, SIGNATURE):
        (folder / name).unlink()
    write_tensors(
        folder / SUMS, {k: v for k, v in (read_tensors(folder / SUMS) | change).items() if v is not None}
    )
    sign_message(folder, "contribution", message["about"] | (about or {}), NORTH)
    return folder


@pytest.mark.parametrize(("rows", "short"), [(21, True), (300, False)])
def test_what_arrives_is_what_was_summed(
    published: GreenLightningModel, tmp_path: Path, rows: int, short: bool
) -> None:
    folder = sent(published, tmp_path / "north", rows)
    names = {name.partition("|")[0] for name in stored_tensors(folder / SUMS)}
    assert ("G.entries" in names, "G" in names) == (short, not short)
    assert read_contribution(folder, published).statistics == published.collect(*blobs(rows, seed=1))


def test_sums_of_a_fifth_as_many_rows_as_features_take_less_than_half_of_the_bytes(
    published: GreenLightningModel, tmp_path: Path
) -> None:
    few, many = (sent(published, tmp_path / f"{rows}", rows) / SUMS for rows in (20, 300))
    assert few.stat().st_size < many.stat().st_size / 2


def test_another_number_of_features_is_refused_before_any_matrix_is_made(
    published: GreenLightningModel, tmp_path: Path
) -> None:
    """Half a million feature sums are small; a matrix of as many columns would take two terabytes."""
    folder = sent(published, tmp_path / "north", 21)
    signed_again(folder, {"feature_sums": np.zeros(500_000, dtype=np.int64)})
    with pytest.raises(IntegrityError, match="sums of 500,000 features, not of 90"):
        read_contribution(folder, published)


@pytest.mark.parametrize(
    "change",
    [
        {"G.features": np.zeros(21, dtype=np.int64)},
        {"G.features": np.arange(21) + 80},
        {"G.features": np.arange(21) / 2},
        {"G.entries": np.ones(7, dtype=np.int64)},
        {"G.entries": None},
        {"B": np.zeros((90, 4), dtype=np.int64)},
        {"B": np.full((90, 3), 0.5)},
        {"target_sums": np.zeros(4, dtype=np.int64)},
        {"target_squares": np.zeros((3, 1), dtype=np.int64)},
        {"feature_sums": np.zeros((90, 1), dtype=np.int64)},
        {"class_grams": np.zeros((2, 4095), dtype=np.int64)},
        {"more": np.zeros(3, dtype=np.int64)},
    ],
    ids=lambda change: "-".join(f"{name}" for name in change),
)
def test_sums_of_another_form_are_refused_in_one_line(
    published: GreenLightningModel, tmp_path: Path, change: dict[str, Any]
) -> None:
    folder = signed_again(sent(published, tmp_path / "north", 21), change)
    with pytest.raises(IntegrityError, match=r"north is corrupt|north holds statistics") as found:
        read_contribution(folder, published)
    assert found.value.remedy == "Ask the sender to send it again"


def test_a_recipe_that_the_message_names_wrongly_is_refused(
    published: GreenLightningModel, tmp_path: Path
) -> None:
    folder = signed_again(sent(published, tmp_path / "north", 21), {}, {"recipe": "0" * 64})
    with pytest.raises(MismatchError, match="summed under recipe 000000000000, not"):
        read_contribution(folder, published)
