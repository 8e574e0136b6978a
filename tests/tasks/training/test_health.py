"""Structure health: the reference belongs to a structure, and a batch is compared with it alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlightning.data.batch import Batch
from greenlightning.health.drift import InputDrift
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric, Tag
from tasks.data.batch_files import BatchContent
from tasks.data.holdout import Learnable
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tasks.training.health import (
    BatchHealth,
    assess_batches,
    assess_landed,
    drift_note,
    health_reference_of,
    health_reference_tag,
    inherit_health_reference,
    save_health_reference,
)
from tests.helpers.small_champion import landed, served, versioned

NOTHING = BatchContent(pd.DataFrame(), np.empty(0))


def test_only_what_is_not_green_is_noted() -> None:
    assert BatchHealth(verdict="green", reason="green: all is well").notes == ()
    red = BatchHealth(verdict="red", reason="red: new patterns", remedy="train", drift="input drift: x0")
    assert red.notes == ("structure health red: new patterns; train", "input drift: x0")
    assert (red.is_red, red.is_off) == (True, True)
    drifted = BatchHealth(verdict="green", reason="green", drift="input drift: x0")
    assert (drifted.is_red, drifted.is_off, drifted.notes) == (False, True, ("input drift: x0",))


def test_a_date_that_only_grows_is_named_with_its_remedy() -> None:
    moved = InputDrift(np.array([5.6, 0.3, 0.0]), np.array([0.0, 0.0, 1.0]))
    note = drift_note(moved, ["day elapsed", "rain", "city=Oslo"], "trips", NOTHING)
    assert note == (
        "input drift: 2 of 3 encoded columns moved, most day elapsed (PSI 5.60), rain (PSI 0.30); "
        "if 'day' only says when a row happened, declare that for the next train: "
        "greenlightning schema --dataset trips --time day"
    )
    still = InputDrift(np.zeros(3), np.ones(3))
    assert drift_note(still, ["day elapsed", "rain", "city=Oslo"], "trips", NOTHING) == ""


def test_a_running_number_that_is_learnt_is_named_with_its_remedy() -> None:
    moved = InputDrift(np.array([5.6, 0.3]), np.zeros(2))
    weeks = np.concatenate([np.arange(500, 530), np.arange(900, 930)]).astype(float)
    content = BatchContent(pd.DataFrame({"customer": weeks, "price": weeks % 7}), np.arange(60) % 2)
    note = drift_note(moved, ["customer", "price"], "trips", content)
    assert note.count("only names a row") == 1
    assert note.endswith(
        "; if 'customer' only names a row, declare that for the next train: "
        "greenlightning schema --dataset trips --id customer"
    )


@pytest.fixture
def champion(
    mlflow_home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> VersionInfo:
    """Version 1 with a health reference of its own, as a first training leaves it."""
    info = served(tiny_model, tmp_path / "model", versioned(batches[0], tmp_path))
    holdout = Learnable(versioned(batches[2], tmp_path, "digits.holdout"))
    assert save_health_reference(info.run_id, tmp_path, batches[0], holdout).seconds > 0
    return info


def test_a_reference_is_inherited_under_the_same_structure_alone(champion: VersionInfo) -> None:
    first = health_reference_of(champion)
    assert first is not None
    for structure, kept in ((champion.tags[Tag.STRUCTURE_DIGEST], True), ("0" * 64, False)):
        with flow_run("digits", Kind.RETRAIN) as run_id:
            inherit_health_reference(champion, run_id, [structure])
        assert [file.path for file in connect().list_artifacts(run_id)] == ["health_reference"] * kept


def test_a_run_that_made_a_reference_keeps_its_own(
    champion: VersionInfo, batches: list[Batch], tmp_path: Path
) -> None:
    holdout = Learnable(versioned(batches[2], tmp_path, "digits.holdout"))
    with flow_run("digits", Kind.TRAIN) as run_id:
        save_health_reference(run_id, tmp_path, batches[1], holdout)
        own = health_reference_tag(run_id)
        inherit_health_reference(champion, run_id, champion.tags[Tag.STRUCTURE_DIGEST])
    assert health_reference_tag(run_id) == own != health_reference_tag(champion.run_id)


def test_a_batch_is_assessed_alike_as_it_lands_and_as_it_is_learnt(
    champion: VersionInfo, batches: list[Batch], tmp_path: Path
) -> None:
    at_landing = assess_landed.fn(champion, landed(batches[1], tmp_path))
    with flow_run("digits", Kind.RETRAIN) as run_id:
        at_learning = assess_batches.fn(champion, [versioned(batches[1], tmp_path)], run_id)
    assert (at_landing.verdict, at_landing.reason) == (at_learning.verdict, at_learning.reason)
    run = connect().get_run(run_id)
    assert run.data.tags[Tag.HEALTH] == at_learning.verdict
    assert Metric.INPUT_DRIFT in run.data.metrics


def test_without_a_reference_health_is_unknown(
    mlflow_home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    bare = served(tiny_model, tmp_path / "model", versioned(batches[0], tmp_path))
    found = assess_landed.fn(bare, landed(batches[1], tmp_path))
    assert found.verdict == "unknown"
    assert found.notes[0].endswith("greenlightning train --dataset digits makes one")
