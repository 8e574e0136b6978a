"""The certificate of a forgotten batch: exact digests before and after, and what the frozen parts keep."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Tag
from tasks.models.certificate import Certificate, certificate_of, certificates, log_certificate
from tasks.models.model_card import model_card
from tasks.tracking.runs import flow_run
from tests.helpers.small_champion import served, versioned
from tests.helpers.tracked_runs import tracked_run

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_it_proves_that_a_later_batch_is_gone_to_the_bit(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    both = tiny_model.learn(batches[1])
    parent = served(both, tmp_path / "champion", versioned(batches[0], tmp_path))
    [found] = certificates(both.forget(batches[1]), parent, [batches[1].id])
    assert (found.statistics_before, found.statistics_after) == (
        both.statistics.digest,
        tiny_model.statistics.digest,
    )
    assert (found.batches_left, found.rows_left, found.replaced_version) == ((batches[0].id,), 30, 1)
    left, digests = found.lines
    assert (
        left == f"Batch {batches[1].id} is forgotten without trace: neither structure nor recipe was made from it."
    )
    assert digests == (
        f"Statistics {both.statistics.digest[:16]} became {tiny_model.statistics.digest[:16]}, "
        "the exact sums of the 30 rows of 1 batch that are left (certificate.json)"
    )


def test_a_batch_of_the_base_is_named_with_what_it_shaped_and_in_the_card(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    both = tiny_model.learn(batches[1])
    base, holdout = versioned(batches[0], tmp_path), versioned(batches[2], tmp_path, "digits.holdout")
    parent, left = served(both, tmp_path / "champion", base), both.forget(batches[0])
    found = certificates(left, parent, [batches[0].id])
    assert found[0].made_with_batch == ("structure", "landmarks")
    line, digests = found[0].lines
    assert "the structure and the landmarks were made with it; forget --strict makes them again" in line
    tags = {Tag.PARENT_VERSION: "1", Tag.DECISION: "promoted", Tag.ENERGY_SOURCE: "measured"}
    card = model_card(
        "digits",
        left,
        holdout,
        tracked_run({"joules": 1.0, "seconds": 1.0, "gco2e": 0.1}, tags),
        "asked for",
        found,
    )
    assert f"- {line}\n- {digests}" in card


def test_it_is_kept_with_the_run(tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path) -> None:
    parent = served(tiny_model.learn(batches[1]), tmp_path / "champion", versioned(batches[0], tmp_path))
    certificate = Certificate.of(tiny_model, parent, batches[1].id)
    with flow_run("digits", Kind.FORGET) as run_id:
        log_certificate(run_id, certificate)
    assert certificate_of(run_id) == certificate


def test_a_first_version_has_none(tiny_model: GreenLightningModel) -> None:
    assert certificates(tiny_model, None, ["ab" * 8]) == []
