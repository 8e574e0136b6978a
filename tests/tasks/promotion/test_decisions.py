"""Decisions of people: what is audited, what the reader is told, and what a pin protects."""

from pathlib import Path

import pytest

from greenlightning.errors import InputError, IntegrityError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import BATCH_TAG, FORGOTTEN_TAG, Kind, Tag
from tasks.models import registry
from tasks.models.logged_models import STATISTICS_FILE
from tasks.models.retention import files_of
from tasks.models.version_info import VersionInfo
from tasks.promotion.decisions import audit_tags, check_loadable, pin, serving_notes, unpin
from tasks.tracking.runs import flow_run
from tests.helpers.versions import register_version


def version(number: int, *batches: str, forgotten: tuple[str, ...] = ()) -> VersionInfo:
    tags = {f"{BATCH_TAG}{batch}": "" for batch in batches} | {
        f"{FORGOTTEN_TAG}{batch}": "true" for batch in forgotten
    }
    return VersionInfo("digits", number, "run", "2026-11-29", (), tags, "")


def test_the_audit_names_both_versions_and_the_reason() -> None:
    assert audit_tags(2, 1, "worse on Mondays") == {
        Tag.REASON: "worse on Mondays",
        Tag.DECISION: "serve version 1 instead of 2",
        Tag.FROM_VERSION: "2",
        Tag.TO_VERSION: "1",
    }
    first = audit_tags(None, 1, "the first")
    assert (first[Tag.DECISION], Tag.FROM_VERSION in first) == ("serve version 1 instead of none", False)


def test_a_reader_is_told_which_batches_go_and_which_forgotten_ones_return() -> None:
    earlier, later = version(1, "a", "b"), version(2, "a", "c", forgotten=("b",))
    returned, gone = serving_notes(later, earlier, held_back=True)
    assert returned.startswith("batch b was forgotten on the way to version 2, and serves again in version 1")
    command = "greenlightning retrain --dataset digits --batch c"
    assert gone == f"batch c, which version 2 had learnt, is held back until a retraining names it: {command}"
    [_, gone] = serving_notes(later, earlier, held_back=False)
    assert gone == "batch c, which version 2 had learnt, is learnt again by the next retraining"
    assert serving_notes(None, earlier, held_back=True) == ()


@pytest.fixture
def registered(mlflow_home: Path, tiny_model: GreenLightningModel, tmp_path: Path) -> VersionInfo:
    with flow_run("digits", Kind.TRAIN) as run_id:
        return registry.version("digits", register_version(tiny_model, tmp_path / "model", run_id))


def test_a_version_with_missing_files_may_not_serve(registered: VersionInfo) -> None:
    check_loadable.fn("digits", 1)
    files_of(registered).delete_artifacts(STATISTICS_FILE)
    with pytest.raises(IntegrityError, match="The files of digits version 1"):
        check_loadable.fn("digits", 1)


def test_a_pin_is_a_tag_with_its_reason_and_comes_off_again(registered: VersionInfo) -> None:
    pin.fn("digits", 1, "in the paper")
    assert registry.version("digits", 1).tags[Tag.PINNED] == "in the paper"
    unpin.fn("digits", 1)
    assert Tag.PINNED not in registry.version("digits", 1).tags
    with pytest.raises(InputError, match="digits version 1 is not pinned"):
        unpin.fn("digits", 1)
