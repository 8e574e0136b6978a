"""Publishing: a version is registered whole, and the champion changes last, or not at all."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import url2pathname

import pytest
from mlflow.entities import Run

from greenlightning.data.batch import Batch
from greenlightning.errors import IntegrityError
from greenlightning.evaluation.comparison import Decision
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Alias, Kind, Metric, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.core.faults import Fault
from tasks.energy.from_scratch import NetworkRate
from tasks.models import champion, registry
from tasks.models.version_expectations import expectations_of
from tasks.promotion.candidate import Candidate
from tasks.promotion.publishing import complete_publication, kept_out, publish
from tasks.tracking.client import connect
from tasks.tracking.run_params import log_model_params
from tasks.tracking.runs import flow_run
from tasks.training.evaluation import EvaluationResult
from tasks.training.structure import TrainingResult
from tests.helpers.small_champion import served, versioned

pytestmark = [pytest.mark.usefixtures("mlflow_home"), pytest.mark.slow]
SPENT = EnergyCost(0.5, 2.0, 0.1, "measured:rapl")


@pytest.fixture
def candidate(tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path) -> Candidate:
    """The second batch learnt on version 1; its run is open until it is published."""
    parent = served(tiny_model, tmp_path / "champion", versioned(batches[0], tmp_path))
    parent = replace(parent, tags=parent.tags | NetworkRate(SPENT, "classification").tags)
    tiny_model.learn(batches[1]).save(tmp_path / "model")
    return Candidate(
        dataset="digits",
        run_id="",
        parent=parent,
        trained=TrainingResult(tmp_path / "model", {batches[1].id: 30}, 60, SPENT),
        evaluated=EvaluationResult({"accuracy": 0.9}, SPENT),
        decision=Decision(True, "promoted: better"),
        holdout=versioned(batches[2], tmp_path, "digits.holdout"),
        expectations=expectations_of(parent),
    )


def published(candidate: Candidate, **changes: Any) -> int | None:
    with flow_run("digits", Kind.RETRAIN) as run_id:
        return publish.fn(replace(candidate, run_id=run_id, **changes))


def test_a_promoted_candidate_serves_with_its_lineage_card_and_energy(
    candidate: Candidate, batches: list[Batch]
) -> None:
    assert published(candidate) == 2
    serving = registry.version("digits", Alias.CHAMPION)
    assert (serving.version, serving.parent, serving.tags[Tag.REASON]) == (2, 1, "promoted: better")
    assert set(serving.batches) == {batches[0].id, batches[1].id}
    assert registry.version("digits", Alias.PREVIOUS).version == 1
    run = connect().get_run(serving.run_id)
    assert (run.data.metrics[Metric.JOULES], run.data.metrics[Metric.ROWS_LEARNT]) == (4.0, 30)
    assert run.data.tags[Tag.ENERGY_SOURCE] == "measured:rapl"
    stored = {file.path for file in connect().list_artifacts(serving.run_id)}
    assert {"expectations.json", "energy.svg"} <= stored
    assert serving.description


def test_a_rejected_candidate_becomes_challenger_and_its_batch_is_kept_out(
    candidate: Candidate, batches: list[Batch]
) -> None:
    assert published(candidate, decision=Decision(False, "champion kept: worse")) == 2
    serving = registry.version("digits", Alias.CHAMPION)
    challenger = registry.version("digits", Alias.CHALLENGER)
    assert (serving.version, challenger.version) == (1, 2)
    assert challenger.tags[Tag.DECISION] == "kept as challenger"
    assert kept_out(serving) == {batches[1].id}


def test_where_another_run_was_first_nothing_is_registered(candidate: Candidate) -> None:
    assert published(candidate) == 2
    assert published(candidate) is None
    assert registry.version("digits", Alias.CHAMPION).version == 2
    assert [info.version for info in registry.versions("digits")] == [2, 1]


def test_a_corrupt_model_is_never_registered(candidate: Candidate) -> None:
    (candidate.trained.folder / "statistics.safetensors").write_bytes(b"torn")
    with pytest.raises(IntegrityError):
        published(candidate)
    assert [info.version for info in registry.versions("digits")] == [1]


BEFORE = [
    Fault.REFERENCE_INHERITED,
    Fault.FILES_LOGGED,
    Fault.MODEL_LOGGED,
    Fault.REGISTERED,
    Fault.PROMOTION_DATED,
    Fault.PREVIOUS_SET,
]
AFTER = [Fault.CHAMPION_SET, Fault.PROMOTION_RECORDED, Fault.LINEAGE_LOGGED, Fault.PARAMS_LOGGED]


def killed(candidate: Candidate, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish, and die at the fault point."""

    def die(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("tasks.core.faults.strike", die)
        patch.setenv("GREENLIGHTNING_FAULT", fault)
        published(candidate)


@pytest.mark.parametrize("fault", BEFORE)
def test_a_kill_before_the_alias_moves_leaves_the_old_champion_and_the_next_run_publishes(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    killed(candidate, fault, monkeypatch)
    serving = registry.version("digits", Alias.CHAMPION)
    assert (serving.version, registry.load("digits").statistics.n) == (1, 30)
    complete_publication(serving)
    number = published(candidate)
    assert registry.version("digits", Alias.CHAMPION).version == number
    assert registry.load("digits").statistics == GreenLightningModel.load(candidate.trained.folder).statistics


@pytest.mark.parametrize("fault", AFTER)
def test_a_kill_after_the_alias_moved_leaves_the_new_champion_and_the_next_run_does_the_rest(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    killed(candidate, fault, monkeypatch)
    serving = registry.version("digits", Alias.CHAMPION)
    assert (serving.version, registry.load("digits").statistics.n) == (2, 60)
    complete_publication(serving)
    run = connect().get_run(serving.run_id)
    assert (run.data.tags[Tag.VERSION], run.data.params["rows"]) == ("2", "60")
    assert "lineage.html" in {file.path for file in connect().list_artifacts(serving.run_id)}
    assert published(candidate) is None


def test_a_run_that_is_still_publishing_is_waited_for_and_its_parameters_are_logged_once(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow refuses the second of two runs that log the same parameters at once."""
    asked, turn = Event(), champion.publication_turn
    logged: list[int] = []
    completed: list[Future[None]] = []

    def log_while_another_completes(run: Run, model: GreenLightningModel, number: int) -> None:
        logged.append(number)
        if len(logged) == 1:
            asked.clear()
            completed.append(pool.submit(complete_publication, registry.version("digits", Alias.CHAMPION)))
            assert asked.wait(30)
        log_model_params(run, model, number)

    def asked_for(dataset: str) -> AbstractContextManager[None]:
        asked.set()
        return turn(dataset)

    monkeypatch.setattr("tasks.promotion.publishing.log_model_params", log_while_another_completes)
    monkeypatch.setattr(champion, "publication_turn", asked_for)
    with ThreadPoolExecutor(1) as pool:
        assert published(candidate) == 2
        completed[0].result()
    assert logged == [2]


def test_what_a_version_keeps_beside_its_model_is_sealed(candidate: Candidate) -> None:
    """One changed bound of the expectations would open the door to an inverted batch."""
    assert published(candidate) == 2
    serving = registry.version("digits", Alias.CHAMPION)
    where = url2pathname(connect().get_run(serving.run_id).info.artifact_uri.removeprefix("file://"))
    stored = Path(where) / "expectations.json"
    whole = stored.read_text()
    assert expectations_of(serving).features
    stored.write_text(whole.replace("30", "31", 1))
    with pytest.raises(IntegrityError, match="expectations of digits version 2 are missing or corrupt"):
        expectations_of(serving)
