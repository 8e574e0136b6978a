"""Learning a file in one run: the same version as ingest and retrain, and one event or none for each batch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.engine import admission
from flows.inputs.retrain_request import RetrainRequest
from flows.learning import retrain_dataset
from flows.learning.ingest import ingest
from flows.learning.learn import learn
from flows.learning.retrain import retrain
from tasks.core.constants import Alias, Tag
from tasks.data.batch_index import batches
from tasks.models import registry, version_expectations
from tasks.validation.expectations import Expectations
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    SECOND,
    X,
    champion_number,
    drop,
    frame_file,
    moved,
    outcome,
    source,
    y,
)

pytestmark = pytest.mark.usefixtures("prefect")
SMALL = slice(0, 120)


BATCH = "greenlightning.batch."


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """The events about batches that runs emit: name, served, drifted."""
    sent: list[tuple[str, str, str]] = []

    def emit(event: str, resource: dict[str, str], **_: Any) -> None:
        if event.startswith(BATCH):
            served, drifted = resource["greenlightning.served"], resource["greenlightning.drifted"]
            sent.append((event.removeprefix(BATCH), served, drifted))

    monkeypatch.setattr("prefect.events.emit_event", emit)
    return sent


def statistics() -> str:
    """The digest of the champion's statistics."""
    return str(registry.version(DIGITS, Alias.CHAMPION).tags[Tag.STATISTICS_DIGEST])


def test_a_file_becomes_the_version_that_ingest_and_retrain_make_of_it(
    champion: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = outcome(learn, path=source("first", FIRST), dataset=DIGITS)
    assert (one.state, one.version) == ("Promoted", 2)
    assert list(one.learnt.values()) == [200] and "is versioned" in one.notes[0]
    in_one_run = statistics()
    apart = tmp_path / "apart"
    apart.mkdir()
    moved(trained, apart)
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(apart))
    outcome(ingest, path=source("first", FIRST), dataset=DIGITS)
    assert outcome(retrain, dataset=DIGITS).promoted
    assert statistics() == in_one_run


@pytest.mark.usefixtures("champion")
def test_several_files_and_what_waits_are_learnt_together() -> None:
    waiting = drop("waiting", FIRST)
    found = outcome(learn, path=source("second", SECOND), paths=(source("same", SECOND),), dataset=DIGITS)
    assert found.promoted and waiting.id in found.learnt and len(found.learnt) == 2


@pytest.mark.usefixtures("champion")
def test_a_file_that_the_champion_knows_changes_nothing() -> None:
    outcome(learn, path=source("first", FIRST), dataset=DIGITS)
    again = outcome(learn, path=source("again", FIRST), dataset=DIGITS)
    assert again.state == "Versioned" and again.reason.endswith("and the champion has learnt them")
    assert champion_number() == 2


@pytest.mark.usefixtures("champion")
def test_a_broken_file_is_quarantined_and_the_champion_stays() -> None:
    broken = frame_file("broken", X[FIRST] / 255, y[FIRST])
    held = outcome(learn, path=broken, dataset=DIGITS)
    assert held.state == "Quarantined" and [one.source for one in held.quarantined] == ["broken.parquet"]
    assert champion_number() == 1


def test_the_first_file_of_a_dataset_trains_its_first_version(home: Path) -> None:
    first = outcome(learn, path=source("base", SMALL), dataset="numbers")
    assert (first.state, first.version) == ("Promoted", 1)
    assert next(iter(first.learnt.values())) < 120


def test_a_first_file_that_is_broken_trains_nothing(home: Path) -> None:
    empty = frame_file("same", np.zeros((40, 64)), y[:40])
    held = outcome(learn, path=empty, dataset="numbers")
    assert held.state == "Quarantined" and not batches("numbers")


@pytest.mark.usefixtures("champion")
def test_a_run_that_learns_what_it_brings_in_asks_for_no_other(events: list[tuple[str, str, str]]) -> None:
    outcome(learn, path=source("first", FIRST), dataset=DIGITS)
    assert events == [("landed", "false", "false")]
    events.clear()
    drop("second", SECOND)
    outcome(retrain, dataset=DIGITS)
    assert events == [("landed", "false", "false")]


@pytest.mark.usefixtures("champion")
def test_a_batch_that_is_only_brought_in_asks_for_one_run(events: list[tuple[str, str, str]]) -> None:
    outcome(ingest, path=source("first", FIRST), dataset=DIGITS)
    assert events == [("landed", "true", "true"), ("drifted", "true", "true")]


@pytest.mark.usefixtures("champion")
def test_one_run_reads_the_expectations_of_the_champion_once_and_those_of_another_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = list[int]()
    real = version_expectations.expectations_of

    def counted(version: registry.VersionInfo) -> Expectations:
        reads.append(version.version)
        return real(version)

    for module in (admission, retrain_dataset):
        monkeypatch.setattr(module, "expectations_of", counted)
    assert outcome(learn, path=source("first", FIRST), dataset=DIGITS).state == "Promoted"
    assert reads == [1]
    door = admission.Admission.to(DIGITS, allow_new_labels=False, quarantine_moved="never")
    assert outcome(learn, path=source("second", SECOND), dataset=DIGITS).state == "Promoted"
    assert retrain_dataset.retrain_dataset(DIGITS, RetrainRequest(), door).state == "Nothing to learn"
    assert reads == [1, 2, 2, 3]
